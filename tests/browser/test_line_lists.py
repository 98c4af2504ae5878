"""Line lists in Chromium: from the page of a case and from that of all cases to the file on the officer's disk."""

import csv
import io
import json

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.contacts import service as contacts
from checkin.contacts.words import details_of
from checkin.db import db
from checkin.ids import new_id
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]


@pytest.fixture
def listed(product, accounts):
    """A case with somebody to call."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session = db.session()
        case = factories.case(session)
        details = details_of(name="=Trần Văn Hưng", phone="0904 118 226", birth_year=1971, home="Tổ 5", met=[])
        people = [contacts.Given(new_id(now), factories.HA_TU, now.date(), details, "22")]
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc")).first()
        how = {"now": now, "actor": officer.actor, "case": case, "rules": factories.rules(app)}
        contacts.assign(session, vault_of(app), people=people, **how)
        factories.commit()


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.wide)])
def test_one_click_takes_the_list_from_either_page(product, listed, open_page, clean, scripts):
    officer = open_page(width=1280, height=900, javascript=scripts)
    sign_in(officer, product.staff, cast.CDC)
    officer.goto(f"{product.staff}/cases/F0-0001/contacts")
    officer.click("summary:has-text('Xuất danh sách thành tệp')")
    if scripts:
        clean(officer, "the form of a list")
    officer.select_option("[name=form]", "csv")
    officer.fill("[name=reason]", "Giao ban sáng")
    with officer.expect_download() as download:
        officer.click("button:text-is('Xuất tệp')")
    assert download.value.suggested_filename.startswith("TC-")
    heads, line, last = csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"), newline=""))
    assert line[heads.index("Họ và tên")] == "'=Trần Văn Hưng" and "Giao ban sáng" in last[1]

    officer.goto(f"{product.staff}/cases/")
    officer.click("summary:has-text('Xuất danh sách thành tệp')")
    officer.select_option("[name=list]", "call")
    officer.select_option("[name=form]", "json")
    officer.select_option("[name=columns]", "godata")
    officer.fill("[name=reason]", "Giao ban sáng")
    with officer.expect_download() as download:
        officer.click("button:text-is('Xuất tệp')")
    (one,) = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert one["First Name"] == "=Trần Văn Hưng" and one["Related person"] == "F0-0001"
    assert download.value.suggested_filename.endswith("-godata-1.json")
