"""The officer alone at night and the second person in the morning, in Chromium; the log's pages with much in them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit import service as audit
from checkin.audit import watching
from checkin.audit.models import AuditEntry
from checkin.db import db
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

AN = ("an@cdc", "mật khẩu dài của chị An")
LONG = "Nguyễn Hoàng Thị Phương Thảo Quỳnh Anh, phòng chống bệnh truyền nhiễm, kiêm nhiệm trực đêm"
SIZES = [(360, "vi-VN"), pytest.param(1280, "vi-VN", marks=pytest.mark.wide)]


@pytest.fixture
def market(product, accounts):
    """A market with a visitor within the hour, a case, and An of the CDC beside Hạnh."""
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", AN)
        where = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, where, at=clock.now() - timedelta(minutes=30))
        factories.case(session)
        factories.commit()


def ask_wide(page, address):
    now = clock.to_local(clock.now())
    page.goto(f"{address}/lookup/")
    page.select_option("[name=kind]", "market")
    page.select_option("[name=commune]", factories.HONG_GAI)
    page.fill("[name=start]", (now - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"))
    page.fill("[name=end]", now.strftime("%Y-%m-%dT%H:%M"))
    page.select_option("[name=case]", "F0-0001")
    page.fill("[name=reason]", "Chùm ca ở các chợ trong phường")
    page.locator("form.ask").get_by_role("button", name="Tra cứu", exact=True).click()
    page.get_by_role("heading", name="Danh sách này cần người thứ hai").wait_for()


def fits(page, axe, shot=None):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21aa','wcag22aa','best-practice']})")
    assert [(rule["id"], rule["nodes"][0]["html"][:150]) for rule in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    if shot:
        page.screenshot(path=shot, full_page=True)


@pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="with JavaScript"), pytest.param(False, id="without", marks=pytest.mark.wide)]
)
def test_the_officer_alone_at_night_goes_on_at_once_and_the_second_person_refuses_in_the_morning(
    product, market, open_page, axe, tmp_path, javascript
):
    night = open_page(width=1280, javascript=javascript)
    sign_in(night, product.staff, cast.CDC)
    night.wait_for_url("**/lookup/")
    ask_wide(night, product.staff)
    if javascript:
        fits(night, axe, tmp_path / "choose.png")
    night.get_by_role("button", name="Làm ngay, duyệt sau").click()
    night.get_by_text("Lý do").first.wait_for()
    night.fill("[name=reason]", "Một mình trong ca trực, F0 vừa báo")
    night.get_by_role("button", name="Làm ngay, duyệt sau").click()
    night.get_by_role("heading", name="Chợ").first.wait_for()
    night.get_by_text("Nguyễn Thị Ánh Tuyết").first.wait_for()
    listed = night.url

    morning = open_page(javascript=javascript)
    sign_in(morning, product.staff, AN)
    morning.get_by_role("link", name="Duyệt đang chờ: 1").click()
    if javascript:
        fits(morning, axe, tmp_path / "list.png")
    morning.get_by_role("link", name="PD-000001").click()
    if javascript:
        fits(morning, axe, tmp_path / "decide.png")
    morning.get_by_role("button", name="Từ chối").click()
    morning.fill("[name=note]", "Chỉ cần Chợ Hạ Long 1, không cần cả phường")
    morning.get_by_role("button", name="Từ chối").click()
    morning.get_by_role("heading", name="an@cdc đã từ chối").wait_for()
    night.goto(listed)
    night.get_by_text("Chỉ cần Chợ Hạ Long 1, không cần cả phường").wait_for()


@pytest.mark.wide
@pytest.mark.parametrize(
    "javascript", [pytest.param(True, id="with JavaScript"), pytest.param(False, id="without", marks=pytest.mark.wide)]
)
def test_who_waits_sees_by_itself_when_the_second_person_approved(
    product, market, open_page, axe, tmp_path, javascript
):
    asks, approves = (open_page(width=width, javascript=javascript) for width in (360, 1280))
    sign_in(asks, product.staff, cast.CDC)
    asks.wait_for_url("**/lookup/")
    ask_wide(asks, product.staff)
    asks.fill("[name=reason]", "Ba ca cùng đi nhiều chợ trong phường")
    asks.get_by_role("button", name="Xin người thứ hai duyệt").click()
    asks.get_by_role("heading", name="Đang chờ người thứ hai duyệt").wait_for()
    if javascript:
        fits(asks, axe, tmp_path / "waiting.png")
    sign_in(approves, product.staff, AN)
    approves.wait_for_url("**/lookup/")
    approves.goto(asks.url)
    approves.get_by_role("button", name="Duyệt", exact=True).click()
    approves.get_by_role("heading", name="an@cdc đã duyệt").wait_for()
    if not javascript:
        asks.reload()
    asks.get_by_role("link", name="Mở TC-000001").click()
    asks.get_by_text("Nguyễn Thị Ánh Tuyết").first.wait_for()


@pytest.fixture
def full_log(product, accounts):
    """A log with every kind of line, long names in it, and findings of several kinds."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session = db.session()
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc")).one()
        officer.display_name = LONG[:80]
        actor = officer.actor
        for number in range(90):
            at = now - timedelta(hours=30, minutes=-number)
            common = {"actor": actor, "subject": f"TC-{number % 7:06d}", "case_number": "F0-0001"}
            common["reason"] = "Truy vết người tiếp xúc ở các chợ, nhà hàng và xe khách" * (1 + number % 3)
            audit.record(session, now=at, action=f"lookup.{('place', 'person', 'read')[number % 3]}", **common)
            audit.record(session, now=at, action="lookup.shown", rows=47, detail={"opens": 3 * number + 1}, **common)
            detail = {"why": ("role", "object", "purpose")[number % 3], "times": 2 ** (number % 4)}
            audit.record(
                session, now=at, actor=actor, action="refused", subject="/lookup/<uuid:lookup_id>", detail=detail
            )
        for _ in range(12):
            audit.record(session, now=now, action="lookup.export.csv", rows=4000, actor=actor, subject="TC-000001")
            audit.record(
                session, now=now, action="lookup.sent.csv", rows=3500, actor=actor, subject="TC-000001",
                detail={"opens": 3, "whole": False, "of": 4000},
            )  # fmt: skip
        watching.look(session, now=now)
        factories.commit()


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.parametrize(("width", "locale"), SIZES)
def test_the_logs_pages_are_whole_with_much_in_them(product, full_log, open_page, axe, tmp_path, width, locale):
    page = open_page(width=width, height=800, locale=locale)
    sign_in(page, product.staff, cast.ADMIN)
    page.get_by_role("link", name="Xem việc bất thường").wait_for()
    fits(page, axe, tmp_path / f"landing-{width}.png")
    for name, path in {
        "log": "/audit/", "refused": "/audit/?refused=y&who=Nguy", "none": "/audit/?who=không-ai", "bad": "/audit/?first=x",
        "unusual": "/audit/unusual", "approvals": "/approvals/",
    }.items():  # fmt: skip
        assert page.goto(f"{product.staff}{path}").status == 200
        fits(page, axe, tmp_path / f"{name}-{width}.png")
    page.goto(f"{product.staff}/audit/unusual")
    before = page.get_by_role("heading", name="Chưa xem").inner_text()
    page.locator(".finding input[type=text]").first.fill("Đã hỏi: chùm ca ở chợ đêm")
    page.get_by_role("button", name="Đã xem").first.click()
    page.get_by_text("Đã hỏi: chùm ca ở chợ đêm").wait_for()
    assert page.get_by_role("heading", name="Chưa xem").inner_text() != before
    fits(page, axe, tmp_path / f"seen-{width}.png")
    page.locator(".finding .subject a").first.click()
    page.get_by_role("heading", name="Các dòng của một việc bất thường").wait_for()
    fits(page, axe, tmp_path / f"evidence-{width}.png")
    with inside(product.world.app()):
        assert db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq.desc())).first() == "audit.seen"
