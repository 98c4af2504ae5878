"""The table tent: an A4 sheet with the poster on two faces, folded into a prism that stands on its own.

From the top of the sheet: the base, the back face upside down, the front face, a strip to glue under the base.
"""

from checkin.posters.lettering import MM_PER_PT, Box, Fitted, sizes
from checkin.posters.paper import Code, Dashes, Face
from checkin.posters.poster import Poster

WIDTH, FACE_HEIGHT, BASE, STRIP = 210.0, 110.0, 57.0, 20.0
SYMBOL_MM = 76.0
# A symbol of 76 mm has at most 9.3 mm of quiet zone.
_SYMBOL_LEFT, _SYMBOL_TOP = 17.0, 14.0
_LEFT, _COLUMN = 106.0, 92.0


def tent(poster: Poster) -> Face:
    """The sheet of a table tent."""
    sheet, face, labels = Face(WIDTH, 297), _face(poster), poster.labels
    fold = Box(150, 5, 1, sizes(9, 6))
    sheet.line(WIDTH / 2, BASE / 2 - 2, labels.fold, fold)
    sheet.place(face, 0, BASE, turn=180)
    sheet.place(face, 0, BASE + FACE_HEIGHT)
    sheet.line(WIDTH / 2, 297 - STRIP / 2 - 4, labels.glue, fold)
    for y in (BASE, BASE + FACE_HEIGHT, BASE + 2 * FACE_HEIGHT):
        sheet.marks.append(Dashes(0, y, WIDTH, y))
    return sheet


def _face(poster: Poster) -> Face:
    face, labels = Face(WIDTH, FACE_HEIGHT), poster.labels
    face.marks.append(Code(_SYMBOL_LEFT, _SYMBOL_TOP, SYMBOL_MM, poster.url))
    if poster.trial:
        face.reversed_text(_SYMBOL_LEFT, 100.5, SYMBOL_MM, 5.5, f"{labels.trial} – {labels.trial_note}", sizes(9, 6))

    top = face.line(_LEFT, 8.5, labels.title, Box(_COLUMN, 9, 1, sizes(18, 10), "B"), at=0)
    top = face.line(_LEFT, top - 0.2, labels.second, Box(_COLUMN, 5, 1, sizes(10.5, 7)), at=0) + 2.2
    face.bar(_LEFT, top, _COLUMN, 0.35)
    top += 1.6
    # The name has what is left above the lines that never move.
    where = Box(_COLUMN, 9, 2, sizes(10, 8))
    fitted_where = where.fit(*poster.where)
    name = Box(_COLUMN, 66.5 - top - 0.8 - _height(fitted_where, where), 4, sizes(22, 9), "B")
    fitted = name.fit(poster.name, poster.tail)
    spare = name.height - _height(fitted, name)
    top = face.fitted(_LEFT, top + spare / 3, fitted, name, at=0)
    face.fitted(_LEFT, top + 0.8, fitted_where, where, at=0)

    face.spaced(_LEFT, 76.0, poster.shown_code, 17, at=0)
    face.line(_LEFT, 77.3, poster.shown_url, Box(_COLUMN, 5, 1, sizes(10, 6)), at=0)
    face.line(_LEFT, 84.6, labels.help, Box(_COLUMN, 5, 1, sizes(10, 7), "B"), at=0)
    face.bar(_LEFT, 90.8, _COLUMN, 0.35)
    small = Box(_COLUMN, 4, 1, sizes(8, 6))
    for line, text in enumerate((*labels.warning, f"{poster.issuer} · {poster.issued}")):
        face.line(_LEFT, 91.9 + 3.7 * line, text, small, at=0)
    return face


def _height(fitted: Fitted, box: Box) -> float:
    return len(fitted.lines) * fitted.size * box.leading * MM_PER_PT
