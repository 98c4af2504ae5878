"""The sticker of 8 cm: for a door, a counter, the back of a seat; on its own, or six on an A4 sheet to cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from checkin.posters.lettering import DASH, MM_PER_PT, Box, Weight, sizes
from checkin.posters.paper import Code, Dashes, Face
from checkin.posters.poster import Poster

SIDE = 80.0
SYMBOL_MM = 42.0
# A symbol of 42 mm has at most 5.1 mm of quiet zone: on each side 13.9 mm are left for lines that run upwards.
_LEFT, _CENTRE, _WIDTH = 4.0, 40.0, 72.0
_SYMBOL_TOP = 24.0
_HEADER_END = 18.9
_STRIP_LENGTH, _STRIP = 42.0, 9.2

ACROSS, DOWN = 2, 3
PER_SHEET = ACROSS * DOWN
_GAP = 8.0


def sticker(poster: Poster) -> Face:
    """One sticker."""
    face, labels = Face(SIDE, SIDE), poster.labels
    top = 3.6
    if poster.trial:
        face.reversed_text(_LEFT, 3.0, _WIDTH, 3.6, f"{labels.trial} – {labels.trial_note}", sizes(7, 5))
        top = 6.8
    else:
        top = face.line(_CENTRE, top - 0.6, labels.title, Box(_WIDTH, 4.6, 1, sizes(9, 6), "B"))
    place = Box(_WIDTH, 3.2, 1, sizes(7, 6))
    if poster.plate_text:
        plate = Box(_WIDTH, 8, 1, sizes(19, 9), "B", leading=1.15)
        top = face.line(_CENTRE, top, poster.plate_text, plate)
        _centred(face, top, Box(_WIDTH, _HEADER_END - top, 1, sizes(9, 6), "B"), poster.name, _zone(poster))
    else:
        _centred(face, top, Box(_WIDTH, _HEADER_END - 3.1 - top, 2, sizes(12, 6), "B"), poster.name, poster.tail)
        face.fitted(_CENTRE, _HEADER_END - 3.1, place.fit(*poster.where), place)
    face.marks.append(Code((SIDE - SYMBOL_MM) / 2, _SYMBOL_TOP, SYMBOL_MM, poster.url))
    middle = _SYMBOL_TOP + (SYMBOL_MM - _STRIP_LENGTH) / 2
    left = _strip(_Line(labels.help, 2, "B"), _Line(poster.issuer, 1), _Line(poster.issued, 1))
    right = _strip(_Line(labels.warning[0], 2, "B"), _Line(labels.warning[1], 2))
    face.place(left, 4.0, middle, turn=270)
    face.place(right, SIDE - 4.0 - _STRIP, middle, turn=90)
    face.spaced(_CENTRE, 73.8, poster.shown_code, 9.5)
    face.line(_CENTRE, 74.6, poster.shown_url, Box(_WIDTH, 2.8, 1, sizes(6.5, 4.5)))
    return face


def sheet(posters: Sequence[Poster]) -> Face:
    """An A4 sheet of up to six stickers, with marks to cut along."""
    face, drawn = Face(210, 297), {poster: sticker(poster) for poster in posters}
    left = (210 - ACROSS * SIDE - (ACROSS - 1) * _GAP) / 2
    top = (297 - DOWN * SIDE - (DOWN - 1) * _GAP) / 2
    for number, poster in enumerate(posters):
        x = left + number % ACROSS * (SIDE + _GAP)
        y = top + number // ACROSS * (SIDE + _GAP)
        face.place(drawn[poster], x, y)
        for edge in (0, SIDE):
            face.marks += [Dashes(x, y + edge, x + SIDE, y + edge), Dashes(x + edge, y, x + edge, y + SIDE)]
    return face


def _centred(face: Face, top: float, box: Box, text: str, tail: str = "", x: float = _CENTRE) -> None:
    fitted = box.fit(text, tail)
    spare = box.height - len(fitted.lines) * fitted.size * box.leading * MM_PER_PT
    face.fitted(x, top + max(spare, 0) / 2, fitted, box)


def _zone(poster: Poster) -> str:
    return poster.tail.replace(f"{DASH}{poster.plate_text}", "", 1)


@dataclass(frozen=True)
class _Line:
    """A text along a side of the symbol, and how many lines it may take."""

    text: str
    lines: int
    weight: Weight = ""


def _strip(*lines: _Line) -> Face:
    face, row = Face(_STRIP_LENGTH, _STRIP), _STRIP / sum(line.lines for line in lines)
    top = 0.0
    for line in lines:
        box = Box(_STRIP_LENGTH, line.lines * row, line.lines, sizes(6.5, 4.5), line.weight, leading=1.1)
        _centred(face, top, box, line.text, x=_STRIP_LENGTH / 2)
        top += line.lines * row
    return face
