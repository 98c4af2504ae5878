"""Posters in Chromium, on two processes with two roles: chosen, printed, scanned; all at once, by owner and station."""

import io
import zipfile

import pypdfium2
import pytest
import zxingcpp

from checkin.db import db
from checkin.posters import bundles
from checkin.venues import service as venues
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.conftest import NOW
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
RULES = "['wcag2a','wcag2aa','wcag21aa','wcag22aa','best-practice']"


@pytest.fixture
def town(product, accounts):
    """Bình has a market with twelve stalls in the station's commune; the station and the administrator are there."""
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        market = factories.venue(session, vault, "Chợ Hà Tu", owner=owner, commune_id=factories.HA_TU, kind="market")
        for number in range(12):
            venues.add_zone(session, now=NOW, actor=owner.actor, venue=market, name=f"Quầy {number + 1}")
        factories.commit()
        return factories.code_of(session, market)


def codes_in(pdf):
    """The addresses on every page of a PDF."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        found += [code.text for code in zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())]
    return found


def clean(page, axe, what):
    page.evaluate(axe)
    found = page.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")
    assert [(rule["id"], rule["nodes"][0]["html"][:150]) for rule in found["violations"]] == [], what
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, what


@pytest.mark.parametrize(("width", "locale"), [(360, "vi-VN"), pytest.param(1280, "en-GB", marks=pytest.mark.wide)])
def test_an_owner_looks_at_the_forms_prints_one_and_a_visitor_scans_it(product, town, open_page, axe, width, locale):
    owner = open_page(width=width, locale=locale)
    sign_in(owner, product.public, cast.OWNER)
    owner.goto(f"{product.public}/venues/codes/{town}/poster")
    for picture in owner.locator(".preview img").all():
        picture.scroll_into_view_if_needed()
        picture.evaluate("image => image.decode()")
        assert picture.evaluate("image => image.naturalWidth") > 0
    clean(owner, axe, "the forms")
    owner.locator(".either a").nth(1).click()
    owner.wait_for_url("**in=en")
    link = owner.get_attribute("a.btn[href*='poster-sticker.pdf']", "href")
    (address,) = codes_in(owner.request.get(f"{product.public}{link}").body())
    visitor = open_page()
    assert visitor.goto(address).status == 200
    assert visitor.inner_text("h1") == "Chợ Hà Tu"


@pytest.mark.wide
@pytest.mark.parametrize(
    "javascript",
    [pytest.param(True, id="with JavaScript"), pytest.param(False, id="without", marks=pytest.mark.wide)],
)
def test_all_posters_of_an_owner_come_from_a_page_that_follows_the_work(product, town, open_page, axe, javascript):
    owner = open_page(javascript=javascript)
    sign_in(owner, product.public, cast.OWNER)
    owner.goto(f"{product.public}/venues/posters/")
    if javascript:
        clean(owner, axe, "the form")
    owner.select_option("[name=form]", "sheet")
    owner.click("main form button")
    owner.locator("[data-state=done]").wait_for(timeout=60_000)
    if javascript:
        clean(owner, axe, "the files")
    link = owner.get_attribute("a[href$='/1.pdf']", "href")
    found = codes_in(owner.request.get(f"{product.public}{link}").body())
    assert len(set(found)) == 13 and f"{product.public}/v/{town}" in found
    # Who comes back finds them.
    owner.goto(f"{product.public}/venues/posters/")
    assert link.rsplit("/", 1)[0] in owner.content()


@pytest.mark.wide
def test_a_code_that_the_owner_replaced_is_neither_printed_by_the_station_nor_taken_at_the_door(
    product, town, open_page
):
    owner, station, visitor = open_page(), open_page(width=1280, height=800), open_page()
    sign_in(owner, product.public, cast.OWNER)
    owner.goto(f"{product.public}/venues/codes/{town}/poster")
    owner.go_back()
    owner.goto(f"{product.public}/venues/")
    owner.click("a.cover")
    owner.locator("summary").first.click()
    owner.locator(f"form[action$='{town}/reissue'] button").click()
    owner.get_by_text("Đã cấp mã mới").wait_for()
    visitor.goto(f"{product.public}/v/{town}")
    visitor.get_by_role("heading", name="Mã này đã bị thu hồi").wait_for()

    sign_in(station, product.staff, cast.COMMUNE)
    station.goto(f"{product.staff}/posters/")
    station.select_option("[name=form]", "a5")
    station.click("main form button")
    station.locator("[data-state=done]").wait_for(timeout=60_000)
    link = station.get_attribute("a[href$='/1.pdf']", "href")
    found = {address.rsplit("/", 1)[1] for address in codes_in(station.request.get(f"{product.staff}{link}").body())}
    assert len(found) == 13 and town not in found


@pytest.mark.wide
def test_the_administrator_gets_a_zip_and_sees_no_venue_on_any_page(product, town, open_page, axe):
    admin = open_page(width=1280, height=800, locale="en-GB")
    sign_in(admin, product.staff, cast.ADMIN)
    admin.goto(f"{product.staff}/posters/")
    clean(admin, axe, "the form")
    app = product.world.app()
    with inside(app):
        factories.venue(db.session(), vault_of(app), "Quán ở Hồng Gai")
        factories.commit()
    admin.click("main form button")
    admin.locator("[data-state=done]").wait_for(timeout=60_000)
    clean(admin, axe, "the files")
    assert "Chợ Hà Tu" not in admin.content()
    link = admin.get_attribute("a[href$='posters.zip']", "href")
    packed = zipfile.ZipFile(io.BytesIO(admin.request.get(f"{product.staff}{link}").body()))
    assert packed.testzip() is None and len(packed.namelist()) == 2
    assert all(bundles.slug(name.removesuffix(".pdf")) == name.removesuffix(".pdf") for name in packed.namelist())
