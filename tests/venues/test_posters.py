import re
import time
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from checkin.venues import posters
from checkin.venues.posters import Poster, PosterLabels, code_png, code_svg, poster_pdf

URL = "https://khaibao.example.vn/v/K7QF3M2P9XD"
MADE_AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
MARGIN_MM = {"left": 15.9, "right": 15.9, "top": 5.9, "bottom": 7.9}

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
    "line breaks and NUL": "Quán\r\n\n\0\x1b[31m\tbên\u2028đường\u0085",
    "decomposed": unicodedata.normalize("NFD", "Ẩm thực Phở Huế – Đường Nguyễn Thị Minh Khai"),
    "piled accents": "Z" + "\u0301\u0323" * 200 + "alo",
    "another script": "上海饭店 호텔 Гостиница",
    "nothing": "",
    "spaces": " \u3000\t ",
}


def text_of(pdf: bytes, page: int = 0) -> str:
    text: str = pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_range()
    return text.replace("\r\n", "\n")


def drawn(pdf: bytes, dpi: int = 200, page: int = 0) -> np.ndarray[Any, Any]:
    """True where the page has ink."""
    image = pypdfium2.PdfDocument(pdf)[page].render(scale=dpi / 72).to_pil().convert("L")
    return np.asarray(image) < 128


def decoded(ink: np.ndarray[Any, Any]) -> list[str]:
    image = Image.fromarray(np.where(ink, 0, 255).astype("uint8"))
    return [found.text for found in zxingcpp.read_barcodes(image)]


def symbol_edges(ink: np.ndarray[Any, Any], dpi: int = 200) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the symbol in mm: the ink around the middle without a white gap."""
    mm = dpi / 25.4
    band = ink[round(100 * mm) : round(200 * mm)]
    columns = np.flatnonzero(band.any(axis=0))
    left, right = columns[0], columns[-1] + 1
    rows = ink[:, left:right].any(axis=1)
    middle = round(150 * mm)
    gaps = np.flatnonzero(~rows)
    top, bottom = gaps[gaps < middle][-1] + 1, gaps[gaps > middle][0]
    return left / mm, top / mm, right / mm, bottom / mm


def assert_within_margins(ink: np.ndarray[Any, Any], dpi: int) -> None:
    mm = dpi / 25.4
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    slack = 1  # a pixel of the edge
    assert columns[0] + slack >= MARGIN_MM["left"] * mm
    assert columns[-1] - slack <= (210 - MARGIN_MM["right"]) * mm
    assert rows[0] + slack >= MARGIN_MM["top"] * mm
    assert rows[-1] - slack <= (297 - MARGIN_MM["bottom"]) * mm


def assert_quiet_zone_is_white(ink: np.ndarray[Any, Any], dpi: int, modules: int = 33) -> None:
    mm = dpi / 25.4
    left, top, right, bottom = (edge * mm for edge in symbol_edges(ink, dpi))
    quiet = posters.QUIET_MODULES * posters.SYMBOL_MM / modules * mm
    around = ink[int(top - quiet) + 1 : int(bottom + quiet), int(left - quiet) + 1 : int(right + quiet)].copy()
    inner = int(quiet) - 1
    around[inner:-inner, inner:-inner] = False
    assert not around.any()


def test_it_prints_every_word_in_composed_vietnamese_letters() -> None:
    text = text_of(poster_pdf([SHOP]))
    assert text == unicodedata.normalize("NFC", text)
    assert text.splitlines() == [
        "QUÉT MÃ – KHAI BÁO Y TẾ",
        "Scan to check in · no app needed",
        "Siêu thị Bạch Đằng – Cửa chính",
        "Số 12, đường Trần Phú, Phường Hồng Gai",
        "K7QF-3M2P-9XD",
        "khaibao.example.vn/v/K7QF3M2P9XD",
        "1 Mở máy ảnh, quét mã 2 Khai báo 3 Cho nhân viên xem kết quả",
        "Không có điện thoại? Nhân viên sẽ khai giúp.",
        "Tên trên điện thoại phải là tên trên tờ này. CDC Quảng Ninh · 0203 3 656 263",
        "Khác tên hoặc khác địa chỉ web: xin dừng lại và báo nhân viên. Cấp ngày 22/11/2026 · A4",
    ]


@pytest.mark.parametrize("trial", [False, True])
def test_every_letter_stands_out_from_what_is_behind_it(trial: bool) -> None:
    pdf = poster_pdf([replace(SHOP, trial=trial)])
    ink, scale, textpage = drawn(pdf), 200 / 72, pypdfium2.PdfDocument(pdf)[0].get_textpage()
    for place, letter in enumerate(textpage.get_text_range()):
        if letter.isspace():
            continue
        left, bottom, right, top = (edge * scale for edge in textpage.get_charbox(place))
        height = len(ink)
        around = ink[int(height - top) - 2 : int(height - bottom) + 3, int(left) - 2 : int(right) + 3]
        assert around.any(), letter
        assert not around.all(), letter


def test_a_decomposed_name_is_printed_composed() -> None:
    name = "Ẩm thực Phở Huế"
    pdf = poster_pdf([replace(SHOP, venue_name=unicodedata.normalize("NFD", name), zone_name=None)])
    assert name in text_of(pdf).splitlines()


def test_its_words_can_be_given() -> None:
    labels = PosterLabels(title="MÃ MỚI", steps=("Một", "Hai"), help="Hỏi bảo vệ.")
    text = text_of(poster_pdf([replace(SHOP, labels=labels)]))
    assert "MÃ MỚI" in text and "1 Một 2 Hai" in text and "Hỏi bảo vệ." in text
    assert "QUÉT MÃ" not in text


def test_steps_too_long_for_the_row_stay_on_the_page() -> None:
    labels = PosterLabels(steps=("Mở máy ảnh của điện thoại rồi hướng vào mã vuông này",) * 4)
    assert_within_margins(drawn(poster_pdf([replace(SHOP, labels=labels)]), 72), 72)


def test_it_embeds_both_weights_of_its_letters_and_nothing_else() -> None:
    pdf = poster_pdf([SHOP])
    assert pdf.count(b"/FontFile2") == 2
    assert set(re.findall(rb"/BaseFont /(?:\w+\+)?(\w+)", pdf)) == {b"BeVietnamPro", b"BeVietnamProBold"}
    assert len(pdf) < 60_000


def test_its_properties_name_the_venue_and_the_language() -> None:
    pdf = poster_pdf([SHOP], made_at=MADE_AT)
    properties = pypdfium2.PdfDocument(pdf).get_metadata_dict()
    assert properties["Title"] == "QUÉT MÃ – KHAI BÁO Y TẾ: Siêu thị Bạch Đằng – Cửa chính"
    assert properties["CreationDate"] == "D:20261122010000Z"
    assert re.search(rb"/Lang \(vi\)", pdf)


@pytest.mark.parametrize("dpi", [72, 113, 200])
def test_the_printed_code_leads_to_the_address(dpi: int) -> None:
    assert decoded(drawn(poster_pdf([SHOP]), dpi)) == [URL]


def test_the_symbol_is_15_cm_wide_and_high_in_the_middle_of_an_a4_page() -> None:
    pdf = poster_pdf([SHOP])
    assert pypdfium2.PdfDocument(pdf)[0].get_size() == pytest.approx((595.28, 841.89), abs=0.1)
    left, top, right, bottom = symbol_edges(drawn(pdf))
    assert right - left == pytest.approx(150, abs=0.5)
    assert bottom - top == pytest.approx(150, abs=0.5)
    assert (left + right) / 2 == pytest.approx(105, abs=0.3)


@pytest.mark.parametrize(
    ("url", "modules"),
    [
        ("https://a.vn/v/K7QF3M2P9XD", 33),
        (URL, 33),
        ("https://khaibaoyte.trungtamkiemsoatbenhtat.quangninh.gov.vn/v/K7QF3M2P9XD", 41),
    ],
)
def test_the_quiet_zone_is_white_whatever_the_length_of_the_address(url: str, modules: int) -> None:
    ink = drawn(poster_pdf([replace(SHOP, url=url, trial=True, venue_name=LONG_NAME)]))
    assert decoded(ink) == [url]
    assert_quiet_zone_is_white(ink, 200, modules)
    assert_within_margins(ink, 200)


def test_no_seam_runs_through_a_dark_area_of_the_symbol() -> None:
    image = pypdfium2.PdfDocument(poster_pdf([SHOP]))[0].render(scale=137 / 72).to_pil().convert("L")
    grey = np.asarray(image)
    mm = 137 / 25.4
    left, top, _, _ = symbol_edges(grey < 128, 137)
    module = 150 / 33
    # The heart of a finder pattern: three by three modules, drawn as three runs.
    heart = grey[
        round((top + 2.2 * module) * mm) : round((top + 4.8 * module) * mm),
        round((left + 2.2 * module) * mm) : round((left + 4.8 * module) * mm),
    ]
    assert heart.max() == 0


@pytest.mark.parametrize("trial", [False, True])
@pytest.mark.parametrize("name", NASTY_NAMES.values(), ids=NASTY_NAMES.keys())
def test_no_name_leaves_the_page_or_comes_near_the_symbol(name: str, trial: bool) -> None:
    poster = replace(SHOP, venue_name=name, address=name, trial=trial)
    ink = drawn(poster_pdf([poster]))
    assert_within_margins(ink, 200)
    assert_quiet_zone_is_white(ink, 200)
    assert decoded(ink) == [URL]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300), st.none() | st.text(max_size=120), st.text(max_size=200), st.booleans())
def test_any_text_at_all_makes_a_poster(name: str, zone: str | None, address: str, trial: bool) -> None:
    poster = replace(SHOP, venue_name=name, zone_name=zone, address=address, commune=address, trial=trial)
    ink = drawn(poster_pdf([poster]), 72)
    assert_within_margins(ink, 72)
    assert_quiet_zone_is_white(ink, 72)


@pytest.mark.parametrize("field", ["commune", "issued_on", "cdc_name", "hotline", "zone_name"])
def test_no_other_field_leaves_the_page_either(field: str) -> None:
    overlong: dict[str, Any] = {field: "Trạm kiểm dịch " * 40}
    poster = replace(SHOP, **overlong)
    ink = drawn(poster_pdf([poster]), 100)
    assert_within_margins(ink, 100)
    assert_quiet_zone_is_white(ink, 100)


def test_a_name_too_long_ends_in_an_ellipsis_within_three_lines() -> None:
    lines = text_of(poster_pdf([replace(SHOP, venue_name=LONG_NAME * 3, zone_name=None)])).splitlines()
    name = lines[2 : lines.index("Số 12, đường Trần Phú, Phường Hồng Gai")]
    assert len(name) == 3 and name[-1].endswith("…")


def test_a_name_of_200_characters_is_printed_whole() -> None:
    assert len(LONG_NAME) == 200
    text = text_of(poster_pdf([replace(SHOP, venue_name=LONG_NAME, zone_name=None)]))
    assert LONG_NAME in text.replace("\n", " ")


def test_the_zone_and_the_commune_stay_when_name_and_address_are_cut() -> None:
    # They tell which door the sheet belongs to, and that it was not carried here from elsewhere.
    overlong = replace(SHOP, venue_name=LONG_NAME * 3, address=LONG_NAME * 3)
    text = text_of(poster_pdf([overlong])).replace("\n", " ")
    assert "… – Cửa chính" in text
    assert "…, Phường Hồng Gai" in text


def test_a_name_the_letters_cannot_show_gives_way_to_the_code() -> None:
    text = text_of(poster_pdf([replace(SHOP, venue_name="上海饭店", zone_name=None)]))
    assert "Địa điểm K7QF-3M2P-9XD" in text.splitlines()


def test_a_trial_poster_says_so_above_and_below_the_symbol_and_a_real_one_does_not() -> None:
    real, trial = poster_pdf([SHOP]), poster_pdf([replace(SHOP, trial=True)])
    assert text_of(trial).count("BẢN THỬ") == 3
    assert "BẢN THỬ" not in text_of(real)
    area = np.s_[round(60 * 200 / 25.4) : round(244 * 200 / 25.4)]
    assert (drawn(real)[area] == drawn(trial)[area]).all()


def test_two_downloads_of_a_poster_are_the_same() -> None:
    first, second = poster_pdf([SHOP], made_at=MADE_AT), poster_pdf([SHOP], made_at=MADE_AT)
    assert first == second
    assert (drawn(poster_pdf([SHOP])) == drawn(first)).all()


def test_every_poster_has_a_page_of_its_own() -> None:
    other = replace(SHOP, venue_name="Bến tàu Tuần Châu", zone_name=None, url=URL.replace("K7QF", "M2PK"))
    pdf = poster_pdf(poster for poster in (SHOP, other))
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    assert "Bến tàu Tuần Châu" in text_of(pdf, 1) and "Bến tàu Tuần Châu" not in text_of(pdf, 0)
    assert decoded(drawn(pdf, 100, 0)) == [URL] and decoded(drawn(pdf, 100, 1)) == [other.url]


def test_one_poster_takes_well_under_a_second() -> None:
    poster_pdf([SHOP])
    started = time.perf_counter()
    poster_pdf([SHOP])
    assert time.perf_counter() - started < 0.8


def test_it_rejects_an_unknown_form_no_poster_and_a_code_of_another_length() -> None:
    with pytest.raises(ValueError, match="form"):
        poster_pdf([SHOP], form="a3")
    with pytest.raises(ValueError, match="no poster"):
        poster_pdf([])
    with pytest.raises(ValueError, match="eleven"):
        poster_pdf([replace(SHOP, code="K7QF")])


@pytest.mark.parametrize("draw", [code_svg, code_png, lambda url: poster_pdf([replace(SHOP, url=url)])])
def test_it_rejects_an_address_too_long_for_a_code(draw: Any) -> None:
    with pytest.raises(ValueError, match="fit"):
        draw("https://a.vn/" + "x" * 10_000)


def svg_image(svg: bytes, scale: int = 8) -> Image.Image:
    """The picture the file describes, drawn from its own path."""
    root = ElementTree.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    (path,) = root.findall("{http://www.w3.org/2000/svg}path")
    image = Image.new("L", (side, side), 255)
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path.attrib["d"]):
        assert width == back
        image.paste(0, (int(x), int(y), int(x) + int(width), int(y) + 1))
    assert not re.sub(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", "", path.attrib["d"])
    return image.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def test_the_svg_leads_to_the_address_and_has_four_modules_of_white() -> None:
    svg = code_svg(URL)
    image = svg_image(svg)
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [URL]
    dark = np.asarray(image) < 128
    assert (np.flatnonzero(dark.any(axis=0))[[0, -1]] == [32, 41 * 8 - 33]).all()
    assert (np.flatnonzero(dark.any(axis=1))[[0, -1]] == [32, 41 * 8 - 33]).all()
    assert b"style" not in svg
    assert b"script" not in svg
    assert code_svg(URL) == svg


def test_the_svg_escapes_what_an_address_may_hold() -> None:
    url = "https://a.vn/?a=1&b=<script>\"'"
    root = ElementTree.fromstring(code_svg(url))
    assert root.findtext("{http://www.w3.org/2000/svg}title") == url


@pytest.mark.parametrize("size", [1000, 1001, 2480])
def test_the_png_leads_to_the_address_in_even_modules(size: int) -> None:
    image = Image.open(BytesIO(code_png(URL, size)))
    assert image.format == "PNG" and image.width == image.height and size <= image.width < size + 41
    assert image.width % 41 == 0
    assert [found.text for found in zxingcpp.read_barcodes(image.convert("L"))] == [URL]
    quiet = 4 * image.width // 41
    dark = ~np.asarray(image)
    assert np.flatnonzero(dark.any(axis=0))[0] == np.flatnonzero(dark.any(axis=1))[0] == quiet


@pytest.mark.parametrize("size", [-1, 0, 999, 10_001])
def test_it_rejects_a_png_too_small_to_print_or_too_large_to_hold(size: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        code_png(URL, size)


def test_svg_png_and_pdf_hold_the_same_symbol() -> None:
    from_svg = np.asarray(svg_image(code_svg(URL), 1)) < 128
    png = Image.open(BytesIO(code_png(URL)))
    from_png = ~np.asarray(png.resize((41, 41), Image.Resampling.NEAREST))
    ink, mm, module = drawn(poster_pdf([SHOP])), 200 / 25.4, 150 / 33
    left, top, _, _ = symbol_edges(ink)
    middles = [(place + 0.5) * module for place in range(33)]
    from_pdf = np.array([[ink[round((top + y) * mm), round((left + x) * mm)] for x in middles] for y in middles])
    assert (from_svg == from_png).all()
    assert (from_svg[4:-4, 4:-4] == from_pdf).all()
