"""An owner finds their place in the register, and the commune says on its own machine that it is theirs."""

import pytest
from playwright.sync_api import expect

from checkin.db import db
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.browser.test_public_pages import TOO_WIDE
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]
# Entries of the bar that stand on another line, leave the page, or lie over what stands before them.
OUT_OF_LINE = """() => {
  const lines = [".bar .name, .bar .end, .bar .who, .bar form", ".bar .nav a"];
  return lines.flatMap((line) => {
  const parts = Array.from(document.querySelectorAll(line));
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const middle = (box) => (box.top + box.bottom) / 2;
  return parts.filter((part, at) => Math.abs(middle(boxes[at]) - middle(boxes[0])) > 4 || boxes[at].right > innerWidth
    || at && boxes[at].left < boxes[at - 1].right - 1 || part.scrollWidth > part.clientWidth + 1 && !part.matches(".who"))
    .map((part) => part.textContent.trim());
  });
}"""
LONG = "Nhà nghỉ, nhà hàng và dịch vụ du lịch sinh thái cộng đồng " + "Hạ Long " * 12


@pytest.mark.wide
def test_a_place_of_the_register_gets_its_owner_over_the_page_of_the_commune(product, accounts, open_page, axe):
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        for who in (cast.OWNER, cast.OUTSIDER):
            factories.account(session, vault, "owner", who)
        venue = factories.venue(session, vault, LONG, kind="hotel", commune_id=factories.HA_TU)
        claim = f"{product.public}/venues/{venue.id}/claim"
        session.commit()

    def looks_well(page):
        page.evaluate(axe + ";0")
        assert page.evaluate("async () => (await axe.run()).violations.map(v => v.id)") == []
        assert page.evaluate(TOO_WIDE) == []

    binh = open_page()
    sign_in(binh, product.public, cast.OWNER)
    binh.goto(f"{product.public}/venues/new")
    binh.fill("[name=name]", LONG[:60])
    binh.select_option("[name=kind]", "hotel")
    binh.fill("#commune-search", "ha tu")
    binh.press("#commune-search", "ArrowDown")
    binh.press("#commune-search", "Enter")
    binh.fill("[name=address]", "Số 12, đường Trần Phú")
    binh.fill("[name=phone]", "0203 3825 499")
    binh.click("main form button:not([type]):not(.sr)")
    binh.click("text=Đây là cơ sở của tôi: nhận nơi này")
    looks_well(binh)
    binh.fill("[name=name]", "Phạm Văn Bình")
    binh.fill("[name=note]", "Tên tôi trên giấy phép kinh doanh")
    binh.click("main form button:not([type])")
    expect(binh.locator("h2", has_text="Đang chờ trạm y tế xác nhận")).to_be_visible()
    looks_well(binh)
    chi = open_page(width=1280)
    sign_in(chi, product.public, cast.OUTSIDER)
    chi.goto(claim)
    chi.fill("[name=name]", "Lê Thị Chi")
    chi.click("main form button:not([type])")

    station = open_page(width=1280)
    sign_in(station, product.staff, cast.COMMUNE)
    station.click("nav >> text=Nhận cơ sở")
    expect(station.locator("main .list > li")).to_have_count(2)
    expect(station.locator("main")).to_contain_text("Nhiều người cùng hỏi nơi này")
    looks_well(station)
    for language in ("en", "vi"):
        assert station.locator(".bar .nav a").count() == 9
        assert station.evaluate(OUT_OF_LINE) == []
        station.click(".bar .langs a")
        expect(station.locator("html")).to_have_attribute("lang", language)
    admin = open_page(width=1280)
    sign_in(admin, product.staff, cast.ADMIN)
    expect(admin.locator(".bar .nav")).to_be_visible()
    assert admin.evaluate(OUT_OF_LINE) == []
    station.locator("li", has_text="Phạm Văn Bình").locator("text=Xác nhận là chủ").click()
    expect(station.locator(".empty")).to_contain_text("Không có ai đang chờ")

    binh.goto(f"{product.public}/venues/")
    binh.click("main .list a")
    expect(binh.locator("text=Áp phích A4 (PDF)").first).to_be_visible()
    chi.reload()
    expect(chi.locator("main")).to_contain_text("Nơi này đã có chủ")
    looks_well(chi)
