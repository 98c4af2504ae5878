"""Every form of a poster, read back from its PDF: the words, the letters, the code, and where each stands."""

import re
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.posters import lettering, symbols
from checkin.posters.layouts import pages
from checkin.posters.pdf import poster_pdf
from checkin.posters.picture import page_svg
from checkin.posters.words import ENGLISH, VIETNAMESE
from tests.posters.sheets import (
    FORMS,
    LONG_NAME,
    MADE_AT,
    NASTY_NAMES,
    PAGES,
    SHOP,
    SYMBOLS,
    URL,
    assert_nothing_is_out_of_place,
    assert_quiet_zones_are_white,
    decoded,
    drawn,
    pdf_of,
    text_of,
    words_of,
)

# A5 is drawn as A4 and a sheet as its stickers: what must hold for every form is tried on them among the long proofs.
EACH = [pytest.param(form, marks=pytest.mark.long if form in ("a5", "sheet") else ()) for form in FORMS]
BUS = replace(SHOP, venue_name="Xe khách Hạ Long – Móng Cái", zone_name=None, plate="14B-012.34")


def test_the_a4_sheet_has_every_word_in_composed_vietnamese_letters() -> None:
    text = text_of(pdf_of(SHOP))
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


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("labels", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_every_form_says_whose_it_is_what_it_is_and_since_when(form: str, labels: Any) -> None:
    words = words_of(pdf_of(replace(SHOP, labels=labels), form))
    for text in (
        labels.title, "Siêu thị Bạch Đằng", "Cửa chính", "Phường Hồng Gai", "K7QF-3M2P-9XD", URL[8:], labels.help,
        *labels.warning, "CDC Quảng Ninh · 0203 3 656 263", f"{labels.issued} 22/11/2026",
    ):  # fmt: skip
        assert text in words, text
    if form not in ("sticker", "sheet"):
        assert labels.second in words


def test_the_words_of_both_languages_are_written_in_full() -> None:
    for field in VIETNAMESE.__dataclass_fields__:
        vietnamese, english = getattr(VIETNAMESE, field), getattr(ENGLISH, field)
        assert (
            vietnamese
            and english
            and vietnamese != english
            and len(vietnamese) == len(english)
            or isinstance(vietnamese, str)
        )


@pytest.mark.parametrize("form", EACH)
def test_a_vehicle_shows_its_plate(form: str) -> None:
    words = words_of(pdf_of(BUS, form))
    assert "14B-012.34" in words and "Xe khách Hạ Long" in words
    assert_nothing_is_out_of_place(pdf_of(BUS, form), form)


def test_on_a_sticker_the_plate_is_larger_than_anything_else() -> None:
    page = pypdfium2.PdfDocument(pdf_of(BUS, "sticker"))[0]
    text = page.get_textpage()
    place = text.get_text_range().index("14B")
    height = lambda at: text.get_charbox(at)[3] - text.get_charbox(at)[1]  # noqa: E731
    digits = [at for at, letter in enumerate(text.get_text_range()) if letter.isdigit()]
    assert height(place) == pytest.approx(max(height(at) for at in digits), rel=0.05)
    assert height(place) > 10


@pytest.mark.parametrize("form", EACH)
@pytest.mark.parametrize("trial", [False, True])
def test_every_letter_stands_out_from_what_is_behind_it(form: str, trial: bool) -> None:
    pdf = pdf_of(replace(SHOP, trial=trial), form)
    ink, scale, textpage = drawn(pdf), 200 / 72, pypdfium2.PdfDocument(pdf)[0].get_textpage()
    for place, letter in enumerate(textpage.get_text_range()):
        if letter.isspace() or not letter.isalnum():
            continue
        left, bottom, right, top = (edge * scale for edge in textpage.get_charbox(place))
        height = len(ink)
        around = ink[int(height - top) - 2 : int(height - bottom) + 3, int(left) - 2 : int(right) + 3]
        assert around.any(), letter
        assert not around.all(), letter


@pytest.mark.parametrize("form", FORMS)
def test_it_embeds_both_weights_of_its_letters_and_no_others(form: str) -> None:
    pdf = pdf_of(SHOP, form)
    assert pdf.count(b"/FontFile2") == 2
    assert set(re.findall(rb"/BaseFont /(?:\w+\+)?([\w-]+)", pdf)) <= {
        b"BeVietnamPro-Regular", b"BeVietnamPro-Bold", b"Helvetica",
    }  # fmt: skip
    used = {
        item.get_font().get_base_name().split("+")[-1]
        for item in pypdfium2.PdfDocument(pdf)[0].get_objects()
        if item.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT
    }
    assert used <= {"BeVietnamPro-Regular", "BeVietnamPro-Bold"}
    assert len(pdf) < 60_000


def test_it_is_black_and_white() -> None:
    for form in FORMS:
        image = np.asarray(pypdfium2.PdfDocument(pdf_of(SHOP, form))[0].render(scale=1).to_pil().convert("RGB"))
        assert (image == image[:, :, :1]).all(), form


def test_its_properties_name_the_venue_the_date_and_the_language() -> None:
    pdf = pdf_of(SHOP)
    properties = pypdfium2.PdfDocument(pdf).get_metadata_dict()
    assert properties["Title"] == "QUÉT MÃ – KHAI BÁO Y TẾ: Siêu thị Bạch Đằng – Cửa chính"
    assert properties["CreationDate"] == "D:20261122010000Z"
    assert re.search(rb"/Lang \(vi\)", pdf)
    assert re.search(rb"/Lang \(en\)", pdf_of(replace(SHOP, labels=ENGLISH)))


@pytest.mark.parametrize("form", FORMS)
def test_the_page_has_its_size_and_each_symbol_its_place_and_leads_to_the_address(form: str) -> None:
    pdf = pdf_of(SHOP, form)
    width, height = (side / 72 * 25.4 for side in pypdfium2.PdfDocument(pdf)[0].get_size())
    assert (width, height) == pytest.approx(PAGES[form], abs=0.1)
    ink = drawn(pdf)
    assert_quiet_zones_are_white(ink, form, 200)
    assert decoded(ink) == [URL] * len(SYMBOLS[form])


def test_the_symbol_is_15_cm_wide_in_the_middle_of_an_a4_page() -> None:
    ink, mm = drawn(pdf_of(SHOP)), 200 / 25.4
    columns = np.flatnonzero(ink[round(100 * mm) : round(200 * mm)].any(axis=0))
    assert (columns[-1] + 1 - columns[0]) / mm == pytest.approx(150, abs=0.5)
    assert (columns[-1] + 1 + columns[0]) / 2 / mm == pytest.approx(105, abs=0.3)


@pytest.mark.parametrize("form", EACH)
@pytest.mark.parametrize(
    ("url", "modules"),
    [
        ("https://a.vn/v/K7QF3M2P9XD", 33),
        ("https://khaibaoyte.trungtamkiemsoatbenhtat.quangninh.gov.vn/v/K7QF3M2P9XD", 41),
    ],
)
def test_the_quiet_zone_is_white_whatever_the_length_of_the_address(form: str, url: str, modules: int) -> None:
    pdf = pdf_of(replace(SHOP, url=url, trial=True, venue_name=LONG_NAME), form)
    assert_quiet_zones_are_white(drawn(pdf, 150), form, 150, modules)
    assert_nothing_is_out_of_place(pdf, form, modules)


def test_no_seam_runs_through_a_dark_area_of_the_symbol() -> None:
    image = pypdfium2.PdfDocument(pdf_of(SHOP))[0].render(scale=137 / 72).to_pil().convert("L")
    grey, mm, module = np.asarray(image), 137 / 25.4, 150 / 33
    # The heart of a finder pattern: three by three modules, drawn as three runs.
    heart = grey[
        round((76.5 + 2.2 * module) * mm) : round((76.5 + 4.8 * module) * mm),
        round((30 + 2.2 * module) * mm) : round((30 + 4.8 * module) * mm),
    ]
    assert heart.max() == 0


@pytest.mark.parametrize("form", EACH)
@pytest.mark.parametrize("name", NASTY_NAMES.values(), ids=NASTY_NAMES.keys())
def test_no_name_leaves_the_page_or_comes_near_the_symbol(name: str, form: str) -> None:
    for poster in (
        replace(SHOP, venue_name=name, address=name, zone_name=name[:100], trial=True),
        replace(BUS, venue_name=name, address=name, plate=name[:20]),
    ):
        assert_nothing_is_out_of_place(pdf_of(poster, form), form)


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NASTY_NAMES.values(), ids=NASTY_NAMES.keys())
def test_nor_is_there_ink_in_the_quiet_zone_and_the_code_is_read(name: str, form: str) -> None:
    ink = drawn(pdf_of(replace(SHOP, venue_name=name, address=name), form))
    assert_quiet_zones_are_white(ink, form, 200)
    assert decoded(ink) == [URL] * len(SYMBOLS[form])


@pytest.mark.long
@settings(max_examples=15, deadline=None)
@given(
    st.text(max_size=300), st.none() | st.text(max_size=120), st.none() | st.text(max_size=20), st.text(max_size=200),
    st.booleans(), st.sampled_from(FORMS),
)  # fmt: skip
def test_any_text_at_all_makes_a_poster(
    name: str, zone: str | None, plate: str | None, address: str, trial: bool, form: str
) -> None:
    poster = replace(SHOP, venue_name=name, zone_name=zone, plate=plate, address=address, commune=address, trial=trial)
    assert_nothing_is_out_of_place(pdf_of(poster, form), form)


@pytest.mark.parametrize("form", EACH)
@pytest.mark.parametrize("field", ["commune", "issued_on", "cdc_name", "hotline", "zone_name", "plate"])
def test_no_other_field_leaves_the_page_either(field: str, form: str) -> None:
    overlong: dict[str, Any] = {field: "Trạm kiểm dịch " * 40}
    assert_nothing_is_out_of_place(pdf_of(replace(SHOP, **overlong), form), form)


def test_a_name_too_long_ends_in_an_ellipsis_within_three_lines() -> None:
    lines = text_of(pdf_of(replace(SHOP, venue_name=LONG_NAME * 3, zone_name=None))).splitlines()
    name = lines[2 : lines.index("Số 12, đường Trần Phú, Phường Hồng Gai")]
    assert len(name) == 3 and name[-1].endswith("…")


@pytest.mark.parametrize("form", ["a4", "a5", "tent"])
def test_a_name_of_200_characters_is_printed_whole(form: str) -> None:
    assert len(LONG_NAME) == 200
    assert LONG_NAME in words_of(pdf_of(replace(SHOP, venue_name=LONG_NAME, zone_name=None), form))


@pytest.mark.parametrize("form", EACH)
def test_the_zone_and_the_commune_stay_when_name_and_address_are_cut(form: str) -> None:
    # They tell which door the sheet belongs to, and that it was not carried here from elsewhere.
    words = words_of(pdf_of(replace(SHOP, venue_name=LONG_NAME * 3, address=LONG_NAME * 3), form))
    assert "… – Cửa chính" in words
    assert "…, Phường Hồng Gai" in words


@pytest.mark.parametrize("form", EACH)
def test_a_name_the_letters_cannot_show_gives_way_to_the_code(form: str) -> None:
    assert "Địa điểm K7QF-3M2P-9XD" in words_of(pdf_of(replace(SHOP, venue_name="上海饭店", zone_name=None), form))


@pytest.mark.parametrize("form", EACH)
@pytest.mark.parametrize("labels", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_a_trial_poster_says_so_and_a_real_one_does_not(form: str, labels: Any) -> None:
    real, trial = (replace(SHOP, labels=labels, trial=on) for on in (False, True))
    assert f"{labels.trial} – {labels.trial_note}" in words_of(pdf_of(trial, form))
    assert labels.trial not in words_of(pdf_of(real, form))


@pytest.mark.parametrize("form", EACH)
def test_two_downloads_of_a_poster_are_the_same(form: str) -> None:
    assert pdf_of(SHOP, form) == pdf_of(SHOP, form)


def test_every_poster_has_a_page_of_its_own() -> None:
    other = replace(SHOP, venue_name="Bến tàu Tuần Châu", zone_name=None, url=URL.replace("K7QF", "M2PK"))
    pdf = poster_pdf((poster for poster in (SHOP, other)), made_at=MADE_AT)
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    assert "Bến tàu Tuần Châu" in text_of(pdf, 1) and "Bến tàu Tuần Châu" not in text_of(pdf, 0)
    assert decoded(drawn(pdf, 100, 0)) == [URL] and decoded(drawn(pdf, 100, 1)) == [other.url]


def test_a_sheet_of_many_takes_six_different_ones_and_the_rest_on_the_next_page() -> None:
    urls = [URL.replace("K7QF", f"K7Q{letter}") for letter in "ABCDEFGH"]
    pdf = poster_pdf((replace(SHOP, url=url) for url in urls), "sheet", made_at=MADE_AT)
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    assert sorted(decoded(drawn(pdf, page=0))) == urls[:6] and sorted(decoded(drawn(pdf, page=1))) == urls[6:]


def test_one_poster_takes_well_under_a_second() -> None:
    pdf_of(SHOP)
    started = time.perf_counter()
    pdf_of(SHOP)
    assert time.perf_counter() - started < 0.8


def test_it_rejects_an_unknown_form_no_poster_and_a_code_of_another_length() -> None:
    with pytest.raises(ValueError, match="form"):
        poster_pdf([SHOP], form="a3", made_at=MADE_AT)
    with pytest.raises(ValueError, match="no poster"):
        poster_pdf([], made_at=MADE_AT)
    with pytest.raises(ValueError, match="eleven"):
        pdf_of(replace(SHOP, code="K7QF"))
    with pytest.raises(ValueError, match="fit"):
        pdf_of(replace(SHOP, url="https://a.vn/" + "x" * 10_000))


@pytest.mark.parametrize("form", FORMS)
def test_the_preview_is_a_plain_picture_of_the_whole_page(form: str) -> None:
    page = next(pages([SHOP] * 6, form))
    svg = page_svg(page, "Quán <b>&\"'")
    root = ElementTree.fromstring(svg)
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "Quán <b>&\"'"
    assert [float(side) for side in root.attrib["viewBox"].split()[2:]] == list(PAGES[form])
    assert not re.search(rb"style|script|href=\"[^#]|<text|font", svg)
    names = set(re.findall(rb' id="(\w+)"', svg))
    assert set(re.findall(rb'x:href="#(\w+)"', svg)) == names


@pytest.mark.long
def test_many_threads_at_once_make_what_one_makes() -> None:
    forms = FORMS * 2
    wanted = [pdf_of(SHOP, form) for form in forms]
    pictures = [page_svg(next(pages([SHOP] * 6, form)), "x") for form in forms]
    for _ in range(2):
        # As in a process that has just begun: the fonts are not read yet.
        for cached in (lettering._font, lettering._advances, lettering.outline, symbols.symbol, symbols._masks):
            cached.cache_clear()
        with ThreadPoolExecutor(8) as threads:
            made = threads.map(lambda form: (pdf_of(SHOP, form), page_svg(next(pages([SHOP] * 6, form)), "x")), forms)
            assert list(made) == list(zip(wanted, pictures, strict=True))
