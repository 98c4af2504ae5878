"""The card on paper, measured: nothing leaves it, nothing is cut, and its code is read from the pixels."""

import unicodedata
from datetime import UTC, datetime

import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.personcards import face
from checkin.personcards.codes import new_code
from checkin.personcards.face import HEIGHT, NAME, SHEET, SYMBOL_MM, WALLET, WIDTH, Paper, cards_pdf
from checkin.posters.lettering import MM_PER_PT, printable, text_width
from checkin.posters.paper import Code, Text
from checkin.posters.symbols import QUIET_MODULES, symbol
from tests.personcards.conftest import page_of, text_of
from tests.posters.phone import PHOTO, opencv, seen, zxing

CODE, LOST = "K7QF3M2P9XD", "K7QF3M2P9XD"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
NFD = unicodedata.normalize("NFD", "Nguyễn Thị Ánh Tuyết")
NAMES = [
    "Lê A", "Nguyễn Thị Ánh Tuyết", NFD, "W" * 100, "Ư" * 100, " ".join(["Quỳnh"] * 16), ("Ẫ" * 9 + " ") * 10,
    "i" * 100, "Trần 😀 Văn 👨‍👩‍👧 Hưng", "عبد الرحمن", "王小明", "Nguyễn \u202e ăV", "O'Brien-Smith, Jr.",
]  # fmt: skip


def paper(
    name: str = "Nguyễn Thị Ánh Tuyết", code: str = CODE, host: str = "https://khaibao.quangninh.gov.vn"
) -> Paper:
    return Paper(name, code, LOST, f"{host}/c/{code}", "CDC Quảng Ninh · 0203 3 825 449", trial=False)


def reach(marks):
    """(left, top, right, bottom) of every line of text of a face."""
    for mark in marks:
        if isinstance(mark, Text):
            size = mark.size * MM_PER_PT
            width = text_width(mark.text, mark.weight, mark.size) + mark.gap * MM_PER_PT * max(0, len(mark.text) - 1)
            yield mark.x, mark.baseline - 0.94 * size, mark.x + width, mark.baseline + 0.26 * size


@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaves_the_card_nor_runs_into_the_code(name):
    for drawn, height in ((face.card(paper(name)), HEIGHT), (face.strip(paper(name)), face.STRIP)):
        quiet = SYMBOL_MM / symbol(paper().url).side * QUIET_MODULES
        for left, top, right, bottom in reach(drawn.marks):
            assert left >= 2 and top >= 0.9 and right <= WIDTH - 1.5 and bottom <= height - 0.1, (
                name,
                left,
                top,
                right,
            )
            for mark in drawn.marks:
                if isinstance(mark, Code):
                    apart = (
                        right <= mark.x - quiet
                        or left >= mark.x + mark.width + quiet
                        or bottom <= mark.y - quiet
                        or top >= mark.y + mark.width + quiet
                    )
                    assert apart, (name, left, top, right, bottom)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=100))
@settings(max_examples=60)
def test_no_name_is_cut(name):
    fitted = NAME.fit(printable(name))
    assert not fitted.cut and "".join("".join(fitted.lines).split()) == "".join(printable(name).split())
    assert all(text_width(line, "B", fitted.size) <= NAME.width + 1e-6 for line in fitted.lines)
    assert len(fitted.lines) * fitted.size * NAME.leading * MM_PER_PT <= NAME.height + 0.1


@pytest.mark.parametrize("name", NAMES)
def test_no_odd_name_is_cut(name):
    fitted = NAME.fit(printable(name))
    assert not fitted.cut and "".join("".join(fitted.lines).split()) == "".join(printable(name).split())


def test_a_common_name_is_large():
    assert NAME.fit("Nguyễn Thị Ánh Tuyết").size >= 13


def test_a_name_that_the_font_lacks_is_left_to_the_hand():
    assert "Tên / Name:" in [mark.text for mark in face.card(paper("王小明")).marks if isinstance(mark, Text)]


@pytest.mark.parametrize(
    "host", ["http://localhost:8000", "https://khaibao.quangninh.gov.vn", "https://a" + "b" * 60 + ".vn"]
)
def test_the_symbol_is_wide_enough_and_has_its_quiet_zone(host):
    drawn = face.card(paper(host=host))
    (code,) = (mark for mark in drawn.marks if isinstance(mark, Code))
    quiet = QUIET_MODULES * code.width / symbol(code.url).side
    assert code.width >= 28 and min(code.x, code.y, WIDTH - code.x - code.width, HEIGHT - code.y - code.width) >= quiet


@pytest.mark.parametrize("form", [WALLET, SHEET])
def test_the_code_is_read_from_the_pixels(form):
    codes = [new_code() for _ in range(8)]
    pdf = cards_pdf([paper(name, code) for name, code in zip(NAMES, codes, strict=False)], form, made_at=NOW)
    wanted = {paper(code=code).url for code in codes}
    assert zxing(page_of(pdf)) == (wanted if form == SHEET else {paper(code=codes[0]).url})


@pytest.mark.long
def test_pages_have_their_true_size_and_as_many_as_needed():
    def sizes(form, count):
        document = pypdfium2.PdfDocument(cards_pdf([paper()] * count, form, made_at=NOW))
        return [tuple(round(side * MM_PER_PT, 1) for side in page.get_size()) for page in document]

    assert sizes(WALLET, 1) == [(85.6, 54.0)] * 2
    assert sizes(SHEET, 1) == sizes(SHEET, 8) == [(210.0, 297.0)]
    assert len(sizes(SHEET, 9)) == 2 and len(sizes(SHEET, 200)) == 25


@pytest.mark.long
def test_the_cutting_lines_are_the_edges_of_a_bank_card():
    page = page_of(cards_pdf([paper()], SHEET, made_at=NOW), scale=8)
    dark = page < 128
    # Dashes are as long as the gaps between them, along 68 of 297 mm.
    across = np.flatnonzero(dark.sum(axis=0) > 0.09 * page.shape[0])
    assert abs((across[-1] - across[0]) * MM_PER_PT / 8 - WIDTH) < 0.5


def test_the_card_says_no_year_and_no_number_and_the_strip_alone_the_code_to_cancel_it():
    pdf = cards_pdf(
        [Paper("Lê A", "22222222222", "33333333333", "https://x.vn/c/22222222222", "CDC", trial=True)],
        WALLET,
        made_at=NOW,
    )
    front, behind = (page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    assert "3333-3333-333" in behind and "3333" not in front and "2222-2222-222" in front and "2222" not in behind
    assert "BẢN THỬ" in front and "Lê A" in text_of(pdf) and b"L\xc3\xaa A" not in pdf[-2000:]
    assert "Lê" not in str(pypdfium2.PdfDocument(pdf).get_metadata_dict())


def test_nothing_to_print_is_refused():
    for papers, form in (([], SHEET), ([paper()], "a3")):
        with pytest.raises(ValueError, match="no such card"):
            cards_pdf(papers, form, made_at=NOW)


@pytest.mark.parametrize("reader", [zxing, opencv])
def test_the_counters_camera_reads_the_card_at_arms_length(reader):
    assert reader(seen(cards_pdf([paper()], WALLET, made_at=NOW), 0.3)) == {paper().url}


@pytest.mark.long
@pytest.mark.parametrize("reader", [zxing, opencv])
@pytest.mark.parametrize(("metres", "across"), [(0.3, 1280), (0.6, 1920), (1.0, PHOTO)])
def test_a_phone_reads_it_from_the_distance_that_is_promised(reader, metres, across):
    pdf = cards_pdf([paper()], WALLET, made_at=NOW)
    for seed, (tilt, turn) in enumerate([(25, 7), (0, 0), (25, -15)]):
        assert reader(seen(pdf, metres, across=across, tilt=tilt, turn=turn, seed=seed)) == {paper().url}
