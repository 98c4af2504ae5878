"""Posters as PDF: letters embedded, the code as one path, black on white."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from threading import Lock
from typing import NamedTuple

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from checkin.posters.layouts import layout, pages
from checkin.posters.lettering import FAMILY, MM_PER_PT, Weight, font_file
from checkin.posters.paper import DASH_MM, THIN_MM, Bar, Code, Dashes, Disc, Face, Placed, Polygon, Text
from checkin.posters.poster import Poster
from checkin.posters.symbols import symbol

PT_PER_MM = 1 / MM_PER_PT
_registering = Lock()


def poster_pdf(posters: Iterable[Poster], form: str = "a4", *, made_at: datetime) -> bytes:
    """One PDF of posters in a form, on as many pages as they need; `made_at` is the date in its properties.

    The symbol is exactly 150 mm wide on A4. The same posters and date give the same bytes. Raises ValueError for no
    poster at all, an unknown form, a code that has not eleven characters, or an address too long for a QR code.
    """
    counted = _Counted(posters)

    def about() -> About:
        if counted.first is None:
            raise ValueError("there is no poster to print")
        labels = counted.first.labels
        title = f"{labels.title}: {counted.first.name}{counted.first.tail}"
        more = "" if counted.first == counted.last else f" (+{counted.number - 1})"
        return About(f"{title}{more}", counted.first.cdc_name, labels.lang)

    layout(form)
    return document(pages(counted, form), about, made_at=made_at)


class About(NamedTuple):
    """What a document says of itself in its properties."""

    title: str
    author: str
    lang: str


def document(faces: Iterable[Face], about: Callable[[], About], *, made_at: datetime) -> bytes:
    """One PDF of pages, each of its own size; `about` is asked once all of them are drawn."""
    _fonts()
    file = BytesIO()
    canvas = Canvas(file, pageCompression=1, invariant=1)
    for page in faces:
        canvas.setPageSize((page.width * PT_PER_MM, page.height * PT_PER_MM))
        # Down from the left top corner, in mm, as the layouts count.
        canvas.transform(PT_PER_MM, 0, 0, -PT_PER_MM, 0, page.height * PT_PER_MM)
        _draw(canvas, page)
        canvas.showPage()
    properties = about()
    canvas.setTitle(properties.title)
    canvas.setAuthor(properties.author)
    canvas.setSubject("")
    canvas.setCreator("checkin")
    canvas.setCatalogEntry("Lang", properties.lang)
    moment = made_at.astimezone(UTC)
    canvas.setDateFormatter(lambda *_: f"{moment:D:%Y%m%d%H%M%SZ}")
    canvas.save()
    return file.getvalue()


class _Counted:
    """Hands posters on, and remembers the first, the last and their number."""

    def __init__(self, posters: Iterable[Poster]) -> None:
        self.posters = posters
        self.first: Poster | None = None
        self.last: Poster | None = None
        self.number = 0

    def __iter__(self) -> Iterator[Poster]:
        for poster in self.posters:
            self.first, self.last = self.first or poster, poster
            self.number += 1
            yield poster


def _fonts() -> None:
    # One thread at a time, and once: a font that came again would not know what another thread's document holds of it.
    with _registering:
        # Bytes as they are: written as letters they would take a quarter more.
        rl_config.useA85 = 0
        for weight in ("", "B"):
            if _font_name(weight) not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(_font_name(weight), str(font_file(weight))))


def _font_name(weight: Weight) -> str:
    return FAMILY + weight


def _draw(canvas: Canvas, face: Face) -> None:
    for mark in face.marks:
        match mark:
            case Text():
                _text(canvas, mark)
            case Bar(x, y, width, height):
                canvas.rect(x, y, width, height, stroke=0, fill=1)
            case Disc(x, y, radius):
                canvas.circle(x, y, radius, stroke=0, fill=1)
            case Polygon():
                _polygon(canvas, mark)
            case Dashes(x1, y1, x2, y2):
                canvas.setLineWidth(THIN_MM)
                canvas.setDash(DASH_MM, DASH_MM)
                canvas.line(x1, y1, x2, y2)
            case Code():
                _code(canvas, mark)
            case Placed():
                canvas.saveState()
                canvas.transform(*mark.matrix)
                _draw(canvas, mark.face)
                canvas.restoreState()


def _text(canvas: Canvas, mark: Text) -> None:
    line = canvas.beginText()
    # Upright again: the page counts downwards.
    line.setTextTransform(1, 0, 0, -1, mark.x, mark.baseline)
    line.setFont(_font_name(mark.weight), mark.size * MM_PER_PT)
    line.setFillGray(1 if mark.white else 0)
    line.setCharSpace(mark.gap * MM_PER_PT)
    line.textOut(mark.text)
    canvas.drawText(line)
    canvas.setFillGray(0)


def _polygon(canvas: Canvas, mark: Polygon) -> None:
    path = canvas.beginPath()
    path.moveTo(*mark.points[0])
    for point in mark.points[1:]:
        path.lineTo(*point)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _code(canvas: Canvas, mark: Code) -> None:
    """The symbol as one path: between pieces of one path no seam shows."""
    code = symbol(mark.url)
    module = mark.width / code.side
    path = canvas.beginPath()
    for x, y, width in code.runs:
        path.rect(mark.x + x * module, mark.y + y * module, width * module, module)
    canvas.drawPath(path, stroke=0, fill=1)
