"""Lists on paper: a table with its head on every sheet, everybody on it, nothing cut and no button."""

import re

import pypdfium2
import pytest

from tests import cast
from tests.browser.test_chain import sign_in
from tests.browser.test_staff_pages import pages

__all__ = ["pages"]

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
MARGIN = 12 / 25.4 * 72


def sheets(page, path):
    """What stands on each sheet of the page as it is printed at A4, on one line; nothing of it beyond the margins."""
    page.pdf(path=path, format="A4")
    found = []
    document = pypdfium2.PdfDocument(path)
    for sheet in document:
        text, (width, height) = sheet.get_textpage(), sheet.get_size()
        assert width < height
        for number in range(text.count_rects()):
            left, _, right, _ = text.get_rect(number)
            assert left >= MARGIN - 1 and right <= width - MARGIN + 1, text.get_text_bounded(left, 0, right, height)
        found.append(" ".join(text.get_text_bounded().split()))
    document.close()
    return found


@pytest.mark.parametrize(
    ("locale", "head"), [("vi-VN", "Họ tên, lưu ý"), pytest.param("en-GB", "Name, notes", marks=pytest.mark.wide)]
)
def test_the_list_of_a_place_is_printed_as_a_table_whose_head_stands_on_every_sheet(
    product, pages, open_page, tmp_path, locale, head
):
    page = open_page(width=1280, locale=locale)
    sign_in(page, product.staff, cast.CDC)
    page.wait_for_url("**/lookup/")
    page.goto(f"{product.staff}{pages[cast.CDC][2]}")
    shown = re.findall(r"Người Thứ \d+", " ".join(page.locator("tbody th").all_inner_texts()))
    button = page.locator("tbody button").first.inner_text().split("\n")[0]
    printed = sheets(page, tmp_path / "place.pdf")
    listed = [text for text in printed if "Người Thứ" in text.partition(head)[2]]
    assert len(shown) in (49, 50) and len(listed) > 1
    # From the first row on the head stands once on each sheet, and each row once.
    assert [text.count(head) for text in listed] == [1] * len(listed)
    assert all("Người Thứ" not in text for text in printed[printed.index(listed[-1]) + 1 :])
    rows = [text.partition(head)[2] for text in listed]  # without the picture above them
    assert [one for text in rows for one in re.findall(r"Người Thứ \d+", text)] == shown
    assert button not in " ".join(printed)


def test_lists_of_cases_and_of_whom_they_met_are_printed_as_tables_too(product, pages, open_page, tmp_path):
    page = open_page(width=1280)
    sign_in(page, product.staff, cast.CDC)
    page.wait_for_url("**/lookup/")
    for number, (path, head) in enumerate(
        [
            ("/cases/", "Số ca"),
            (pages[cast.CDC][5], "Họ tên"),
            ("/cases/F0-0001/contacts", "Họ tên"),
        ]
    ):
        page.goto(f"{product.staff}{path}")
        if page.locator(".tbl").count():
            printed = sheets(page, tmp_path / f"{number}.pdf")
            assert any(head in text for text in printed), path
            # What stands in a field is printed without the field.
            assert path != "/cases/" or printed[0].count("Xác định") == 2
