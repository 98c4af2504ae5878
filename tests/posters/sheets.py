"""Posters for tests, and what is read back from their PDF by a library that knows nothing of how they were made."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pypdfium2
import zxingcpp
from PIL import Image

from checkin.posters.layouts import alone
from checkin.posters.pdf import poster_pdf
from checkin.posters.poster import Poster

URL = "https://khaibao.example.vn/v/K7QF3M2P9XD"
MADE_AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SHOP = Poster(
    venue_name="Siêu thị Bạch Đằng",
    zone_name="Cửa chính",
    address="Số 12, đường Trần Phú",
    commune="Phường Hồng Gai",
    code="K7QF3M2P9XD",
    url=URL,
    issued_on="22/11/2026",
    cdc_name="CDC Quảng Ninh",
    hotline="0203 3 656 263",
    trial=False,
)
LONG_NAME = (
    "Công ty trách nhiệm hữu hạn một thành viên thương mại và dịch vụ tổng hợp xuất nhập khẩu thuỷ hải sản "
    "Đông Bắc, chi nhánh phường Hồng Gai, tỉnh Quảng Ninh, kho lạnh trung chuyển số mười hai, tầng hai."
)
NASTY_NAMES = {
    "200 characters": (LONG_NAME + " và ba" * 10)[:200],
    "10,000 characters": LONG_NAME * 50,
    "one long word": "Ấ" * 300,
    "one wide word": "W" * 10_000,
    "emoji": "🍜 Phở 24 👩‍👩‍👧 😷",
    "direction marks": "\u202eQuán \u200fbên phải\u202c \u2067x\u2069",
    "right to left": "مطعم هالونغ شاي",
    "line breaks and NUL": "Quán\r\n\n\0\x1b[31m\tbên\u2028đường\u0085",
    "decomposed": unicodedata.normalize("NFD", "Ẩm thực Phở Huế – Đường Nguyễn Thị Minh Khai"),
    "piled accents": "Z" + "\u0301\u0323" * 200 + "alo",
    "another script": "上海饭店 호텔 Гостиница",
    "nothing": "",
    "spaces": " \u3000\t ",
}
# Measured with a ruler on the design, not taken from the product: page, and left, top and width of each symbol in mm.
PAGES = {"a4": (210, 297), "a5": (148, 210), "tent": (210, 297), "sticker": (80, 80), "sheet": (210, 297)}
SYMBOLS = {
    "a4": [(30, 76.5, 150)],
    "a5": [(21.14, 54.26, 105.71)],
    "tent": [(17, 181, 76), (117, 77, 76)],
    "sticker": [(19, 24.0, 42)],
    "sheet": [(21 + x + 19, 20.5 + y + 24.0, 42) for y in (0, 88, 176) for x in (0, 88)],
}
# Nothing but lines to cut or fold along comes nearer to the edge, in mm.
MARGINS = {"a4": 5.9, "a5": 4.0, "tent": 7.5, "sticker": 2.4, "sheet": 20.0}
FORMS = tuple(PAGES)


def pdf_of(poster: Poster, form: str = "a4") -> bytes:
    """The PDF of one poster, on each place of its page."""
    return poster_pdf(alone(poster, form), form, made_at=MADE_AT)


def text_of(pdf: bytes, page: int = 0) -> str:
    """What can be marked and copied on a page."""
    text: str = pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_range()
    return text.replace("\r\n", "\n")


def words_of(pdf: bytes) -> str:
    """The text of the first page without its line ends."""
    return " ".join(text_of(pdf).split())


def letters_of(pdf: bytes) -> list[tuple[str, float, float, float, float]]:
    """Every letter on the first page with its left, top, right and bottom in mm from the left top corner."""
    page = pypdfium2.PdfDocument(pdf)[0]
    text, (_, height) = page.get_textpage(), page.get_size()
    mm, found = 72 / 25.4, []
    for place, letter in enumerate(text.get_text_range()):
        if not letter.isspace():
            left, bottom, right, top = text.get_charbox(place)
            found.append((letter, left / mm, (height - top) / mm, right / mm, (height - bottom) / mm))
    return found


def drawn(pdf: bytes, dpi: int = 200, page: int = 0) -> np.ndarray[Any, Any]:
    """True where the page has ink."""
    image = pypdfium2.PdfDocument(pdf)[page].render(scale=dpi / 72).to_pil().convert("L")
    return np.asarray(image) < 128


def decoded(ink: np.ndarray[Any, Any]) -> list[str]:
    """What the codes on a drawn page say."""
    image = Image.fromarray(np.where(ink, 0, 255).astype("uint8"))
    return [found.text for found in zxingcpp.read_barcodes(image)]


def assert_nothing_is_out_of_place(pdf: bytes, form: str, modules: int = 33) -> None:
    """No letter leaves the page or its margins, or comes into the quiet zone of a symbol."""
    width, height = PAGES[form]
    margin, slack = MARGINS[form], 0.05
    for letter, left, top, right, bottom in letters_of(pdf):
        where = f"{letter!r} at {left:.1f}, {top:.1f}"
        assert left >= margin - slack and right <= width - margin + slack, where
        assert top >= margin - slack and bottom <= height - margin + slack, where
        for x, y, side in SYMBOLS[form]:
            quiet = 4 * side / modules - slack
            beside = right <= x - quiet or left >= x + side + quiet
            above = bottom <= y - quiet or top >= y + side + quiet
            assert beside or above, f"{where} is too near to the code"


def assert_quiet_zones_are_white(ink: np.ndarray[Any, Any], form: str, dpi: int, modules: int = 33) -> None:
    """Around each symbol nothing is drawn, and it begins where it should."""
    mm = dpi / 25.4
    for x, y, side in SYMBOLS[form]:
        quiet = 4 * side / modules
        left, top, right, bottom = x * mm, y * mm, (x + side) * mm, (y + side) * mm
        around = ink[
            int(top - quiet * mm) + 1 : int(bottom + quiet * mm), int(left - quiet * mm) + 1 : int(right + quiet * mm)
        ].copy()
        inner = round(quiet * mm) - 2
        assert around[inner : inner + 5].any() and around[:, inner : inner + 5].any(), "no code where it should be"
        around[inner:-inner, inner:-inner] = False
        assert not around.any(), "ink in the quiet zone"
