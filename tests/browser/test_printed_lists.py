"""Lists on paper: a table with its head on every sheet, everybody on it, nothing cut and no button."""

import re

import pypdfium2
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.cases import queries as cases
from checkin.contacts import service as contacts
from checkin.contacts.words import details_of
from checkin.db import db
from checkin.ids import new_id
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.browser.test_staff_pages import pages
from tests.worlds import inside, vault_of

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


@pytest.fixture
def given(product, pages):
    """The names of those of F0-0001 who were given to be called."""
    app, now, names = product.world.app(), clock.now(), [f"Trần Thị Gọi {number}" for number in range(10, 50)]
    with inside(app):
        session = db.session()
        told = [details_of(name=name, phone="0904 118 226", birth_year=1971, home="Tổ 5", met=[]) for name in names]
        people = [contacts.Given(new_id(now), factories.HA_TU, now.date(), details, "22") for details in told]
        officer, case = session.scalars(sa.select(Account).where(Account.role == "cdc")).one(), "F0-0001"
        how = {"now": now, "actor": officer.actor, "rules": factories.rules(app, now)}
        contacts.assign(session, vault_of(app), people=people, case=cases.by_number(session, case), **how)
        factories.commit()
    return names


@pytest.mark.wide
def test_lists_of_cases_and_of_whom_they_met_are_printed_as_tables_too(product, pages, given, open_page, tmp_path):
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
        assert page.locator(".tbl").count(), path
        printed = sheets(page, tmp_path / f"{number}.pdf")
        assert any(head in text for text in printed), path
        # What stands in a field is printed without the field.
        assert path != "/cases/" or printed[0].count("Xác định") == 2
    listed = [text for text in printed if "Trần Thị Gọi" in text]
    assert len(listed) > 1 and [text.count("Họ tên") for text in listed] == [1] * len(listed)
    assert sorted(re.findall(r"Trần Thị Gọi \d+", " ".join(listed))) == given
