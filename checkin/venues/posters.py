"""The sheet on the wall and its QR code, as PDF, SVG and PNG. Every word comes in with the poster."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from math import ceil
from typing import Literal

from fpdf import FPDF
from fpdf.drawing import PaintedPath
from fpdf.enums import PathPaintRule
from PIL import Image
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

from checkin.venues import codes
from checkin.venues.lettering import FAMILY, MM_PER_PT, Box, Fitted, Weight, add_fonts, printable, text_width

QUIET_MODULES = 4  # ISO/IEC 18004: four modules of white on every side
SYMBOL_MM = 150.0

# From 33 modules up the quiet zone, widest where modules are largest, is at most 18.2 mm: the layout
# counts on that.
_SMALLEST_VERSION = 4


@dataclass(frozen=True)
class PosterLabels:
    """The words that every poster shares: Vietnamese on the wall, whatever language the owner reads."""

    title: str = "QUÉT MÃ – KHAI BÁO Y TẾ"
    english: str = "Scan to check in · no app needed"
    steps: tuple[str, ...] = ("Mở máy ảnh, quét mã", "Khai báo", "Cho nhân viên xem kết quả")
    help: str = "Không có điện thoại? Nhân viên sẽ khai giúp."
    warning: tuple[str, str] = (
        "Tên trên điện thoại phải là tên trên tờ này.",
        "Khác tên hoặc khác địa chỉ web: xin dừng lại và báo nhân viên.",
    )
    issued: str = "Cấp ngày"
    nameless: str = "Địa điểm"
    trial: str = "BẢN THỬ"
    trial_note: str = "không dán ở nơi có khách"


@dataclass(frozen=True)
class Poster:
    """What one poster says: `code` bare or grouped, `url` its whole address, `issued_on` ready to print."""

    venue_name: str
    zone_name: str | None
    address: str
    commune: str
    code: str
    url: str
    issued_on: str
    cdc_name: str
    hotline: str
    trial: bool
    labels: PosterLabels = PosterLabels()


def code_svg(url: str) -> bytes:
    """The QR code as an SVG file: one black path on white, one unit a module, with its quiet zone.

    Raises ValueError if the address does not fit into a QR code.
    """
    modules = _modules(url)
    side = len(modules) + 2 * QUIET_MODULES
    path = "".join(f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h{w}v1h-{w}z" for x, y, w in _runs(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" '
        f'shape-rendering="crispEdges"><title>{escape(url)}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path}"/></svg>'
    ).encode()


def code_png(url: str, size_px: int = 1000) -> bytes:
    """The QR code as a PNG file in black and white, quiet zone included, `size_px` wide or a little more.

    All modules have the same whole number of pixels. Raises ValueError for a size outside 1,000 to 10,000
    or an address that does not fit into a QR code.
    """
    if not 1000 <= size_px <= 10_000:
        raise ValueError("a code is drawn 1,000 to 10,000 pixels wide")
    modules = _modules(url)
    side = len(modules) + 2 * QUIET_MODULES
    small = Image.new("1", (side, side), 1)
    for x, y, width in _runs(modules):
        left, top = x + QUIET_MODULES, y + QUIET_MODULES
        small.paste(0, (left, top, left + width, top + 1))
    edge = side * ceil(size_px / side)
    file = BytesIO()
    small.resize((edge, edge), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def poster_pdf(posters: Iterable[Poster], form: str = "a4", made_at: datetime | None = None) -> bytes:
    """One PDF, a page for each poster, the letters embedded, the symbol exactly 150 mm wide on A4.

    `made_at` becomes the date in the file's properties, by default the moment of the call. Raises
    ValueError for no poster at all, an unknown form, a code that has not eleven characters, or an address
    too long for a QR code.
    """
    if form not in _FORMS:
        raise ValueError(f"no such form of a poster: {form}")
    size, draw = _FORMS[form]
    pdf = FPDF(unit="mm", format=size)
    add_fonts(pdf)
    pdf.set_auto_page_break(False)
    pdf.set_lang("vi")
    title, pages = "", 0
    for poster in posters:
        pdf.add_page()
        draw(_Pen(pdf), poster)
        name, zone = _name(poster)
        title, pages = title or f"{printable(poster.labels.title)}: {name}{zone}", pages + 1
    if not pages:
        raise ValueError("there is no poster to print")
    pdf.set_title(title if pages == 1 else f"{title} (+{pages - 1})")
    if made_at is not None:
        pdf.set_creation_date(made_at)
    return bytes(pdf.output())


def _modules(url: str) -> list[list[bool]]:
    symbol = QRCode(version=_SMALLEST_VERSION, error_correction=ERROR_CORRECT_Q, border=0)
    symbol.add_data(url)
    try:
        symbol.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise ValueError("the address does not fit into a QR code") from error
    return [[bool(module) for module in row] for row in symbol.get_matrix()]


def _runs(modules: list[list[bool]]) -> list[tuple[int, int, int]]:
    """The dark modules as x, y, width, neighbours in a row in one piece."""
    runs = []
    for y, row in enumerate(modules):
        start = 0
        for x in range(len(row) + 1):
            if x < len(row) and row[x]:
                continue
            if x > start:
                runs.append((start, y, x - start))
            start = x + 1
    return runs


def _name(poster: Poster) -> tuple[str, str]:
    """The name and, behind it, the zone. A name the font cannot show at all gives way to the code."""
    name = printable(poster.venue_name) or f"{printable(poster.labels.nameless)} {codes.display(poster.code)}"
    zone = printable(poster.zone_name or "")
    return name, f" – {zone}" if zone else ""


def _sizes(largest: float, smallest: float) -> Sequence[float]:
    return [largest - step / 2 for step in range(int((largest - smallest) * 2) + 1)]


class _Pen:
    """Black and white marks on the current page, in mm."""

    def __init__(self, pdf: FPDF) -> None:
        self.pdf = pdf

    def text(self, x: float, baseline: float, text: str, size: float, weight: Weight = "", at: float = 0.5) -> None:
        """One line; `at` is the share of it that stands left of x: 0, 0.5 or 1."""
        self.pdf.set_font(FAMILY, weight, size)
        self.pdf.text(x - at * text_width(text, weight, size), baseline, text)

    def fitted(self, x: float, top: float, fitted: Fitted, box: Box, at: float = 0.5) -> float:
        """Lines under one another from `top`; gives back where they end."""
        for line in fitted.lines:
            # 0.94 of the size above the baseline holds the two marks of an Ấ.
            self.text(x, top + 0.94 * fitted.size * MM_PER_PT, line, fitted.size, box.weight, at)
            top += fitted.size * box.leading * MM_PER_PT
        return top

    def reversed_text(self, x: float, y: float, width: float, height: float, text: str, size: float) -> None:
        """White letters in a black bar."""
        self.pdf.set_fill_color(0)
        self.pdf.rect(x, y, width, height, style="F")
        self.pdf.set_text_color(255)
        self.text(x + width / 2, y + height / 2 + 0.34 * size * MM_PER_PT, text, size, "B")
        self.pdf.set_text_color(0)

    def symbol(self, left: float, top: float, width: float, url: str) -> None:
        """The symbol without its quiet zone, as one path: between pieces of one path no seam shows."""
        modules = _modules(url)
        module = width / len(modules)
        path = PaintedPath()
        path.style.paint_rule = PathPaintRule.FILL_NONZERO
        path.style.fill_color = "#000000"
        for x, y, run in _runs(modules):
            path.rectangle(left + x * module, top + y * module, run * module, module)
        with self.pdf.drawing_context() as drawing:
            drawing.add_item(path, clone=False)

    def spaced(self, centre: float, baseline: float, text: str, size: float) -> None:
        """One bold line with a tenth of the size between its letters, to be read out letter by letter."""
        gap = 0.1 * size * MM_PER_PT
        self.pdf.set_char_spacing(gap / MM_PER_PT)
        self.text(centre - gap * (len(text) - 1) / 2, baseline, text, size, "B")
        self.pdf.set_char_spacing(0)


# A4, in mm. What stands below the symbol never moves; the header shares the room above its quiet zone.
_LEFT, _RIGHT, _CENTRE, _WIDTH = 16.0, 194.0, 105.0, 178.0
_SYMBOL_TOP = 76.5
_HEADER_END = 57.8
_NAME_GAP = 0.7
_ADDRESS = Box(_WIDTH, 7, 1, _sizes(14, 11.5), leading=1.25)
_LONG_ADDRESS = Box(_WIDTH, 10, 2, _sizes(12, 10.5))


def _draw_a4(pen: _Pen, poster: Poster) -> None:
    labels = poster.labels
    top = 10.0
    if poster.trial:
        note = f"{printable(labels.trial)} – {printable(labels.trial_note)}"
        bar = Box(_WIDTH - 8, 8, 1, _sizes(15, 8), "B").fit(note)
        pen.reversed_text(_LEFT, 6.0, _WIDTH, 7.5, bar.lines[0], bar.size)
        top = 16.5
    _draw_header(pen, poster, top)
    pen.symbol(_CENTRE - SYMBOL_MM / 2, _SYMBOL_TOP, SYMBOL_MM, poster.url)

    pen.spaced(_CENTRE, 251.6, codes.display(poster.code), 22)
    if poster.trial:
        for x in (_LEFT, _RIGHT - 32):
            stamp = Box(28, 8, 1, _sizes(15, 8), "B").fit(printable(labels.trial))
            pen.reversed_text(x, 245.4, 32, 7.6, stamp.lines[0], stamp.size)
    address = Box(_WIDTH, 6, 1, _sizes(13, 7))
    pen.fitted(_CENTRE, 253.2, address.fit(printable(poster.url.split("://", 1)[-1])), address)
    _draw_steps(pen, [printable(step) for step in labels.steps], 265.6)
    help_box = Box(_WIDTH, 6, 1, _sizes(13, 8), "B")
    pen.fitted(_CENTRE, 271.4, help_box.fit(printable(labels.help)), help_box)

    pen.pdf.set_fill_color(0)
    pen.pdf.rect(_LEFT, 279.4, _WIDTH, 0.4, style="F")
    left, right = Box(112, 5, 1, _sizes(9.5, 6.5)), Box(62, 5, 1, _sizes(9.5, 6.5))
    issuer = (f"{poster.cdc_name} · {poster.hotline}", f"{labels.issued} {poster.issued_on} · A4")
    for line, (warning, issued) in enumerate(zip(labels.warning, issuer, strict=True)):
        pen.fitted(_LEFT, 280.9 + 4.2 * line, left.fit(printable(warning)), left, at=0)
        pen.fitted(_RIGHT, 280.9 + 4.2 * line, right.fit(printable(issued)), right, at=1)


def _draw_header(pen: _Pen, poster: Poster, top: float) -> None:
    title_box, english_box = Box(_WIDTH, 12, 1, _sizes(28, 14), "B"), Box(_WIDTH, 7, 1, _sizes(15, 9))
    top = pen.fitted(_CENTRE, top, title_box.fit(printable(poster.labels.title)), title_box)
    top = 1.6 + pen.fitted(_CENTRE, top - 0.6, english_box.fit(printable(poster.labels.english)), english_box)

    street, commune = printable(poster.address), printable(poster.commune)
    street, commune = (street, f", {commune}") if street and commune else (street or commune, "")
    address_box = _ADDRESS
    address = address_box.fit(street, commune)
    if address.cut:
        address_box = _LONG_ADDRESS
        address = address_box.fit(street, commune)
    address_height = len(address.lines) * address.size * address_box.leading * MM_PER_PT

    name_box = Box(_WIDTH, _HEADER_END - top - _NAME_GAP - address_height, 3, _sizes(28, 12), "B")
    name = name_box.fit(*_name(poster))
    spare = name_box.height - len(name.lines) * name.size * name_box.leading * MM_PER_PT
    top = pen.fitted(_CENTRE, top + spare / 2, name, name_box)
    pen.fitted(_CENTRE, top + _NAME_GAP, address, address_box)


def _draw_steps(pen: _Pen, steps: Sequence[str], middle: float) -> None:
    radius, gap, between = 4.0, 2.0, 8.0
    room = _WIDTH - len(steps) * (2 * radius + gap) - (len(steps) - 1) * between
    size = next((s for s in _sizes(13, 8) if sum(text_width(t, "", s) for t in steps) <= room), 0.0)
    if not size:
        size = 8
        steps = [Box(room / len(steps), 8, 1, [size]).fit(step).lines[0] for step in steps]
    x = _CENTRE - (_WIDTH - room + sum(text_width(step, "", size) for step in steps)) / 2
    for number, step in enumerate(steps, 1):
        pen.pdf.set_fill_color(0)
        pen.pdf.circle(x + radius, middle, radius, style="F")
        pen.pdf.set_text_color(255)
        pen.text(x + radius, middle + 1.6, str(number), 13, "B")
        pen.pdf.set_text_color(0)
        pen.text(x + 2 * radius + gap, middle + 0.35 * size * MM_PER_PT, step, size, at=0)
        x += 2 * radius + gap + text_width(step, "", size) + between


# Further forms (A5, sticker, table stand) are one more line and one more drawing function.
_FORMS: dict[str, tuple[Literal["A4"], Callable[[_Pen, Poster], None]]] = {"a4": ("A4", _draw_a4)}
