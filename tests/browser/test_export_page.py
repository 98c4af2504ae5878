"""The page of a workbook in Chromium: it follows the work with and without JavaScript, and nothing is cut off."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.exposure.models import DONE, FAILED, RUNNING, WAITING, Export
from checkin.exposure.service import Bound, PlaceAsked, ask_export, ask_place, keep_export
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

STATES = {
    "waiting": {},
    "running": {"state": RUNNING, "done": 12_000, "total": 100_000},
    "done": {"state": DONE, "size": 6_751_494, "total": 100_000},
    "failed": {"state": FAILED, "problem": "died"},
    "too many": {"state": FAILED, "problem": "too_many"},
    "gone": {"state": DONE, "size": 12_000},
}


@pytest.fixture
def officer(product):
    app = product.world.app()
    with inside(app):
        account = factories.account(db.session(), vault_of(app), "cdc", cast.CDC)
        factories.commit()
        return account.actor


def asked_for(product, actor):
    """The number of a workbook that waits."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = factories.venue(session, vault, "Chợ Hạ Long 1, khu hải sản và hàng khô", kind="market")
        lookup = ask_place(
            session, now=now, actor=actor, bound=Bound(case=factories.case(session), signal=None, reason="Chùm ca ở chợ"),
            asked=PlaceAsked(start=now - timedelta(hours=3), end=now, venue_id=market.id),
        )  # fmt: skip
        asked = ask_export(session, now=now, actor=actor, lookup=lookup, form="xlsx", locale="vi", total=100_000)
        found = asked.id
        factories.commit()
    return found


def change(product, export_id, **values):
    with inside(product.world.app()):
        db.session.execute(sa.update(Export).where(Export.id == export_id).values(**values))
        db.session.commit()


def set_state(product, export_id, name):
    now = clock.now()
    gone = {"done": timedelta(hours=1), "gone": timedelta()}.get(name)
    change(
        product, export_id, **{"state": WAITING, "problem": None, "beat_at": now, "asked_at": now, **STATES[name]},
        gone_at=None if gone is None else now + gone,
    )  # fmt: skip


@pytest.mark.wide
@pytest.mark.parametrize(("width", "locale"), [(360, "vi-VN"), pytest.param(1280, "en-GB", marks=pytest.mark.wide)])
def test_every_state_of_the_page_has_no_barrier_and_is_not_cut_off(
    product, officer, open_page, axe, width, locale, tmp_path
):
    export_id = asked_for(product, officer)
    page = open_page(width=width, height=800, locale=locale)
    sign_in(page, product.staff, cast.CDC)
    for name in STATES:
        set_state(product, export_id, name)
        assert page.goto(f"{product.staff}/lookup/exports/{export_id}").status == 200
        page.evaluate(axe)
        found = page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21aa','wcag22aa','best-practice']})"
        )
        assert [(rule["id"], rule["nodes"][0]["html"][:150]) for rule in found["violations"]] == [], name
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    "javascript",
    [pytest.param(True, id="with JavaScript"), pytest.param(False, id="without", marks=pytest.mark.wide)],
)
def test_the_page_follows_the_work_by_itself_until_the_file_is_there(product, officer, open_page, javascript):
    export_id = asked_for(product, officer)
    page = open_page(javascript=javascript)
    sign_in(page, product.staff, cast.CDC)
    page.goto(f"{product.staff}/lookup/exports/{export_id}")
    page.get_by_role("heading", name="Đang chờ đến lượt").wait_for()
    set_state(product, export_id, "running")
    page.get_by_text("12.000 / 100.000 người").wait_for()
    change(product, export_id, done=50_000)
    page.get_by_text("50.000 / 100.000 người").wait_for()
    with inside(product.world.app()):
        keep_export(
            db.session(),
            vault_of(product.world.app()),
            now=clock.now(),
            export_id=export_id,
            body=b"PK" * 9000,
            total=9,
        )
        db.session.commit()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Tải TC-000001.xlsx về máy").click()
    assert caught.value.suggested_filename == "TC-000001.xlsx"
    assert caught.value.path().read_bytes() == b"PK" * 9000
    if javascript:
        assert page.locator("[data-said]").text_content() == "Tệp đã xong"
