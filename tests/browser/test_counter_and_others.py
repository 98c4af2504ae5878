"""The counter in Chromium, and what owner, station and visitor see of it: joined, ended, typed for others, known today."""

import io

import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from checkin.accounts.models import Account
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.desk.models import DeskLink
from checkin.venues.models import CLOSED, Venue
from checkin.visits.models import Visit
from tests import cast, factories
from tests.browser.desks import join, open_shop, visits
from tests.browser.test_chain import sign_in
from tests.browser.test_desk import open_desk, scan
from tests.browser.test_public_pages import fill_in, send
from tests.oracles.typing import keys
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
HELP, DECLARED = "MỜI SANG BÀN RIÊNG", "ĐÃ KHAI BÁO"


@pytest.fixture
def shop(product):
    return open_shop(product)


def code_of(product, shop):
    """The code on the venue's wall."""
    with inside(product.world.app()):
        return factories.code_of(db.session(), shop)


def signed_in(product, page):
    """Bình on this page."""
    sign_in(page, product.public, cast.OWNER)
    page.wait_for_url("**/venues/")
    return page


def test_an_owner_joins_a_device_by_its_code_reads_its_numbers_and_ends_it(product, shop, open_page):
    owner, tablet, visitor = open_page(), open_page(width=1024), open_page()
    links = f"{product.public}/venues/{shop.id}/desk"
    signed_in(product, owner).goto(links)
    owner.fill("[name=name]", "Bảo vệ cổng 1")
    owner.click("button:text('Tạo liên kết')")
    picture = Image.open(io.BytesIO(owner.locator("img.qr").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    tablet.goto(found.text)
    assert tablet.inner_text("h1") == shop.name and "Bảo vệ cổng 1" in tablet.inner_text("main")
    tablet.click("button:has-text('Nối máy này')")
    tablet.wait_for_selector("[data-ready]", state="attached")
    owner.goto(links)
    assert "Đang nối" in owner.inner_text("main .rows")
    # One comes over the counter, one over the poster; neither name is on the owner's pages.
    scan(tablet, cast.CCCD)
    expect(tablet.locator(".answer .whose")).to_have_text("Nguyễn T. Á. T.")
    visitor.goto(f"{product.public}/v/{code_of(product, shop)}")
    fill_in(visitor, "Trần Văn Hưng")
    send(visitor)
    expect(tablet.locator("[data-live] .who")).to_have_text(["Trần V. H.", "Nguyễn T. Á. T."], timeout=20_000)
    owner.goto(f"{product.public}/venues/{shop.id}/numbers")
    figures = dict(zip(*(owner.locator(f".kpi {part}").all_inner_texts() for part in ("span", "b")), strict=True))
    assert figures["lượt vào hôm nay"] == "2" and figures["đang ở trong (ước đoán)"] == "≈ 2"
    assert figures["ghi tại quầy"] == figures["tự quét áp phích"] == "1"
    assert "Nguyễn T." not in owner.content() and "Hưng" not in owner.content()
    owner.goto(links)
    owner.click("button:has-text('Ngắt máy')")
    owner.wait_for_load_state()
    expect(tablet.locator("h1")).to_have_text("Máy này đã bị ngắt", timeout=20_000)
    with inside(product.world.app()):
        (link,) = db.session.scalars(sa.select(DeskLink))
    assert link.revoked_at is not None and link.device_kind
    assert len(visits(product)) == 2


def test_who_is_typed_in_at_the_counter_with_a_cough_is_on_the_list_of_the_station_where_they_live(
    product, shop, accounts, open_page
):
    guard, beside, station = open_page(), open_page(), open_page(width=1280)
    open_desk(product, guard, join(product, shop))
    open_desk(product, beside, join(product, shop, "Quầy 2"))
    guard.click("text=Khai hộ")
    guard.wait_for_selector("[data-ready]", state="attached")
    guard.fill("[name=full_name]", "Phạm Quang Đức")
    guard.fill("[name=birth_year]", "1950")
    guard.check("[name=gender][value=male]")
    guard.select_option("[name=commune]", label="Phường Hà Tu")
    for question in ("symptoms", "contact_sick", "travel"):
        guard.check(f"[name={question}][value={'yes' if question == 'symptoms' else 'no'}]")
    guard.check("[name=symptom][value=cough]")
    guard.check("[name=consent]")
    guard.click("text=Gửi tờ khai")
    expect(guard.locator(".answer .word")).to_have_text(HELP)
    assert guard.input_value("[name=full_name]") == ""  # ready for the next one
    # The queue, and the other guard, learn that somebody came.
    expect(beside.locator("[data-live] .who")).to_have_text(["Phạm Q. Đ."], timeout=20_000)
    assert HELP not in beside.content() and "ho" not in beside.inner_text("[data-live] .last").split()
    with inside(product.world.app()):
        (declared,) = db.session.scalars(sa.select(Declaration))
        (visit,) = db.session.scalars(sa.select(Visit))
        assert (visit.channel, visit.venue_id, declared.commune_id) == ("counter", shop.id, factories.HA_TU)
    sign_in(station, product.staff, cast.COMMUNE)
    station.wait_for_url("**/station/")
    listed = station.inner_text("main table")
    assert "Phạm Quang Đức" in listed and shop.name in listed


@pytest.mark.parametrize(
    ("answers", "here", "word"),
    [
        pytest.param((), False, DECLARED, marks=pytest.mark.wide),
        (("symptoms",), False, DECLARED),
        pytest.param(("symptoms",), True, HELP, marks=pytest.mark.wide),
    ],
    ids=["well elsewhere", "unwell elsewhere", "unwell here"],
)
def test_who_declared_today_is_known_by_a_card_that_telex_mangled_ten_times_over_and_a_yes_is_told_here_alone(
    product, shop, open_page, answers, here, word
):
    app = product.world.app()
    with inside(app):
        cafe = factories.venue(db.session(), vault_of(app), "Cà phê Hòn Gai", kind="food")
        factories.commit()
        address = f"{product.public}/v/{factories.code_of(db.session(), shop if here else cafe)}"
    phone, counter, owner = open_page(), open_page(width=1280), open_page()
    phone.goto(address)
    fill_in(phone, yes=answers)
    phone.locator("summary").filter(has=phone.locator("xpath=..//input[@name='id_number']")).first.click()
    phone.fill("[name=id_number]", "022185001234")
    if answers:
        phone.check("[name=symptom][value=fever]")
    send(phone)
    open_desk(product, counter, join(product, shop))
    name = "Nguyễn Thị Ánh Tuyết"
    typed = cast.CCCD.replace(name, " ".join(keys(part, "telex", True) for part in name.split()))
    for _ in range(10):
        scan(counter, typed)
        expect(counter.locator(".answer .word")).to_have_text(word)
    assert counter.locator(".asked").count() == 0 and "sốt" not in counter.inner_text("main")
    expect(counter.locator("[data-live] .who")).to_have_text(["Nguyễn T. Á. T."], timeout=20_000)
    rows = visits(product)
    # The café's and one here; or the one that the own phone began.
    assert len(rows) == (1 if here else 2) and len({person for _, person, _ in rows}) == 1
    signed_in(product, owner).goto(f"{product.public}/venues/{shop.id}/numbers")
    assert owner.inner_text(".kpi b >> nth=1") == "1"


@pytest.mark.wide
def test_a_venue_that_was_handed_over_ends_its_counters_and_a_closed_one_takes_nobody(product, shop, open_page):
    app = product.world.app()
    with inside(app):
        chi = factories.account(db.session(), vault_of(app), "owner", cast.OUTSIDER).id
        factories.commit()
    owner, other, tablet = open_page(), open_page(), open_page(width=1280)
    open_desk(product, tablet, join(product, shop))
    page_of = f"{product.public}/venues/{shop.id}"
    signed_in(product, owner).goto(f"{page_of}/handover")
    owner.click("main form button")
    link = owner.inner_text(".url")
    sign_in(other, product.public, cast.OUTSIDER)
    other.wait_for_url("**/venues/**")
    other.goto(link)
    other.click("text=Tôi nhận địa điểm này")
    other.wait_for_url(page_of)
    expect(tablet.locator("h1")).to_have_text("Máy này đã bị ngắt", timeout=20_000)
    with inside(app):
        moved = db.session.get_one(Venue, shop.id)
        assert moved.owner_id == chi
        db.session.expunge(moved)
    # The new owner's own device, and then the venue is closed.
    open_desk(product, tablet, join(product, moved, "Quầy cô Chi"))
    other.click("text=Đóng cửa hẳn")
    other.click("form[action$='/close'] button")
    other.wait_for_selector("form[action$='/reopen']")
    scan(tablet, cast.CCCD)
    # Whichever comes first: the answer to the scan, or the tablet's own look at what it is joined to.
    tablet.wait_for_selector(".answer.refused, h2:has-text('Địa điểm đã đóng')")
    assert visits(product) == []
    with inside(app):
        assert db.session.get_one(Venue, shop.id).state == CLOSED
        assert db.session.scalar(sa.select(sa.func.count()).where(Account.role == "owner")) == 2
