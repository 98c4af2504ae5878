"""The sheet for the wall: A4 with a symbol of 15 cm, and A5, the same sheet at half its area."""

from collections.abc import Sequence

from checkin.posters.lettering import MM_PER_PT, Box, printable, sizes, text_width
from checkin.posters.paper import Code, Disc, Face
from checkin.posters.poster import Poster

SYMBOL_MM = 150.0
A5_SCALE = 148 / 210

# In mm. What stands below the symbol never moves; the header shares the room above its quiet zone.
_LEFT, _RIGHT, _CENTRE, _WIDTH = 16.0, 194.0, 105.0, 178.0
_SYMBOL_TOP = 76.5
_HEADER_END = 57.8
_NAME_GAP = 0.7
_ADDRESS = Box(_WIDTH, 7, 1, sizes(14, 11.5), leading=1.25)
_LONG_ADDRESS = Box(_WIDTH, 10, 2, sizes(12, 10.5))


def a4(poster: Poster) -> Face:
    """The A4 sheet of a poster."""
    return _sheet(poster, "A4")


def a5(poster: Poster) -> Face:
    """The A5 sheet of a poster; its symbol is 10.6 cm wide."""
    face = Face(148, 210)
    face.place(_sheet(poster, "A5"), 0, (210 - 297 * A5_SCALE) / 2, scale=A5_SCALE)
    return face


def _sheet(poster: Poster, form: str) -> Face:
    face, labels = Face(210, 297), poster.labels
    top = 10.0
    if poster.trial:
        face.reversed_text(_LEFT, 6.0, _WIDTH, 7.5, f"{labels.trial} – {labels.trial_note}", sizes(15, 8))
        top = 16.5
    _header(face, poster, top)
    face.marks.append(Code(_CENTRE - SYMBOL_MM / 2, _SYMBOL_TOP, SYMBOL_MM, poster.url))

    face.spaced(_CENTRE, 251.6, poster.shown_code, 22)
    if poster.trial:
        for x in (_LEFT, _RIGHT - 32):
            face.reversed_text(x, 245.4, 32, 7.6, labels.trial, sizes(15, 8))
    face.line(_CENTRE, 253.2, poster.shown_url, Box(_WIDTH, 6, 1, sizes(13, 7)))
    _steps(face, [printable(step) for step in labels.steps], 265.6)
    face.line(_CENTRE, 271.4, labels.help, Box(_WIDTH, 6, 1, sizes(13, 8), "B"))

    face.bar(_LEFT, 279.4, _WIDTH, 0.4)
    left, right = Box(112, 5, 1, sizes(9.5, 6.5)), Box(62, 5, 1, sizes(9.5, 6.5))
    for line, (warning, issued) in enumerate(
        zip(labels.warning, (poster.issuer, f"{poster.issued} · {form}"), strict=True)
    ):
        face.line(_LEFT, 280.9 + 4.2 * line, warning, left, at=0)
        face.line(_RIGHT, 280.9 + 4.2 * line, issued, right, at=1)
    return face


def _header(face: Face, poster: Poster, top: float) -> None:
    top = face.line(_CENTRE, top, poster.labels.title, Box(_WIDTH, 12, 1, sizes(28, 14), "B"))
    top = 1.6 + face.line(_CENTRE, top - 0.6, poster.labels.second, Box(_WIDTH, 7, 1, sizes(15, 9)))

    address_box = _ADDRESS
    address = address_box.fit(*poster.where)
    if address.cut:
        address_box = _LONG_ADDRESS
        address = address_box.fit(*poster.where)
    address_height = len(address.lines) * address.size * address_box.leading * MM_PER_PT

    name_box = Box(_WIDTH, _HEADER_END - top - _NAME_GAP - address_height, 3, sizes(28, 12), "B")
    name = name_box.fit(poster.name, poster.tail)
    spare = name_box.height - len(name.lines) * name.size * name_box.leading * MM_PER_PT
    top = face.fitted(_CENTRE, top + spare / 2, name, name_box)
    face.fitted(_CENTRE, top + _NAME_GAP, address, address_box)


def _steps(face: Face, steps: Sequence[str], middle: float) -> None:
    radius, gap, between = 4.0, 2.0, 8.0
    room = _WIDTH - len(steps) * (2 * radius + gap) - (len(steps) - 1) * between
    size = next((s for s in sizes(13, 8) if sum(text_width(t, "", s) for t in steps) <= room), 0.0)
    if not size:
        size = 8
        steps = [Box(room / len(steps), 8, 1, [size]).fit(step).lines[0] for step in steps]
    x = _CENTRE - (_WIDTH - room + sum(text_width(step, "", size) for step in steps)) / 2
    for number, step in enumerate(steps, 1):
        face.marks.append(Disc(x + radius, middle, radius))
        face.text(x + radius, middle + 1.6, str(number), 13, "B", white=True)
        face.text(x + 2 * radius + gap, middle + 0.35 * size * MM_PER_PT, step, size, at=0)
        x += 2 * radius + gap + text_width(step, "", size) + between
