"""A notice as a picture to send on and as a sheet for the wall, black on white; the severity is a shape and a word."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from checkin.notices.models import INFORM, STAY_HOME, TEST, WATCH
from checkin.posters.lettering import Box, sizes
from checkin.posters.paper import Bar, Code, Disc, Face, Mark, Polygon
from checkin.posters.pdf import About, document
from checkin.posters.picture import page_svg
from checkin.posters.raster import page_png

# Four to five, as timelines show a picture; in mm. On A4 it stands as it is, in the middle.
WIDTH, HEIGHT, PIXELS = 192.0, 240.0, 1080
_A4 = (210.0, 297.0)
_LEFT, _ROOM = 12.0, 168.0
_CODE, _BOTTOM = 52.0, 228.0
_BESIDE = _LEFT + _CODE + 10


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What stands on it, in one language; `over` is said where it holds no more, `trial` where it is only tried out."""

    language: str
    title: str
    severity: str
    severity_name: str
    place: str
    commune: str
    when: str
    advice: str
    words: str
    hint: str
    url: str
    number: str
    until: str
    issuer: str
    over: str
    trial: str
    made_at: datetime


@lru_cache(maxsize=64)
def drawn(sheet: Sheet, form: str) -> bytes:
    """The file of a form: png, svg or pdf. Kept for those who come next. Raises ValueError for another form."""
    face = _face(sheet)
    if form == "png":
        return page_png(face, PIXELS)
    if form == "svg":
        return page_svg(face, f"{sheet.title} {sheet.number}")
    if form != "pdf":
        raise ValueError("no such form")
    page = Face(*_A4)
    page.place(face, (_A4[0] - WIDTH) / 2, (_A4[1] - HEIGHT) / 2)
    about = About(f"{sheet.title} {sheet.number}: {sheet.place}", sheet.issuer, sheet.language)
    return document([page], lambda: about, made_at=sheet.made_at)


def _face(sheet: Sheet) -> Face:
    face = Face(WIDTH, HEIGHT)
    title = " – ".join(filter(None, (sheet.title, sheet.over or sheet.trial)))
    face.reversed_text(0, 0, WIDTH, 21, title, sizes(29, 14))
    _shape(face, sheet.severity, _LEFT + 5.5, 33)
    face.line(_LEFT + 15, 27, sheet.severity_name, Box(_ROOM - 15, 12, 1, sizes(28, 16), "B"), at=0)
    top = face.line(_LEFT, 44, sheet.place, Box(_ROOM, 32, 2, sizes(38, 14), "B", 1.15), at=0)
    top = face.line(_LEFT, top, sheet.commune, Box(_ROOM, 9, 1, sizes(19, 10)), at=0)
    top = face.line(_LEFT, top + 3, sheet.when, Box(_ROOM, 18, 2, sizes(20, 12), "B"), at=0)
    face.bar(_LEFT, top + 3, _ROOM, 0.5)
    top = face.line(_LEFT, top + 6, sheet.advice, Box(_ROOM, 30, 3, sizes(21, 12), "B", 1.25), at=0)
    room = _BOTTOM - _CODE - 5 - (top + 2)
    face.line(_LEFT, top + 2, sheet.words, Box(_ROOM, room, 9, sizes(17, 9), leading=1.3), at=0)

    face.marks.append(Code(_LEFT, _BOTTOM - _CODE, _CODE, sheet.url))
    side, top = WIDTH - 12 - _BESIDE, _BOTTOM - _CODE - 1
    shown = sheet.url.split("://", 1)[-1]
    top = face.line(_BESIDE, top, shown, Box(side, 9, 1, sizes(16, 8), "B"), at=0)
    top = face.line(_BESIDE, top + 1, sheet.hint, Box(side, 22, 3, sizes(13, 9), leading=1.25), at=0)
    top = face.line(_BESIDE, top + 2, sheet.until, Box(side, 7, 1, sizes(13, 9), "B"), at=0)
    face.line(_BESIDE, top + 1, sheet.issuer, Box(side, 12, 2, sizes(12, 8)), at=0)
    return face


def _shape(face: Face, severity: str, x: float, y: float) -> None:
    """The shapes of the page: ● ▲ ◆ ■, which the font does not have."""
    half = 5.0
    shapes: dict[str, Mark] = {
        INFORM: Disc(x, y, half),
        WATCH: Polygon(((x, y - half), (x + half, y + half), (x - half, y + half))),
        TEST: Polygon(((x, y - half), (x + half, y), (x, y + half), (x - half, y))),
        STAY_HOME: Bar(x - half, y - half, 2 * half, 2 * half),
    }
    face.marks.append(shapes[severity])
