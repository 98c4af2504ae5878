"""The visitor's pages for everybody: states that axe had not seen, a keyboard alone, text twice as large, calm and
few colours, and what a screen reader is told."""

import re

import pytest

from checkin import clock, errors
from checkin.venues.codes import new_code
from tests import factories
from tests.browser.conftest import FLAGS
from tests.browser.test_public_pages import SEND, TOO_WIDE, fill_in, make_door, send
from tests.conftest import CHROMIUM
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

LANGUAGES = pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.wide)])
# Text that does not fit into what is tapped.
CLIPPED = """() => [...document.querySelectorAll('label, .btn, legend, h1, h2, a')]
  .filter(e => e.getClientRects().length && (e.scrollWidth > e.clientWidth + 1) && getComputedStyle(e).display !== 'inline')
  .map(e => e.textContent.trim())"""


def shut(product):
    """Doors that take nobody, by why."""
    app, found = product.world.app(), {}
    with inside(app):
        session = factories.db.session()
        for why in ("suspended", "closed", "revoked", "retired"):
            venue = factories.venue(session, vault_of(app), f"Quán {why}")
            code = factories.code_of(session, venue)
            if why == "revoked":
                session.get(factories.Code, code).revoked_at = factories.NOW
            elif why == "retired":
                zone = factories.venues.add_zone(
                    session, now=factories.NOW, actor=factories.SYSTEM, venue=venue, name="Tầng 2"
                )
                session.flush()
                factories.venues.remove_zone(
                    session, now=factories.NOW, actor=factories.SYSTEM, venue=venue, zone_id=zone.id
                )
            else:
                venue.state = why
                setattr(venue, f"{why}_at", factories.NOW)
            found[why] = code
        factories.commit()
    return found


def no_answer(product, language):
    """Pages that no visitor can bring about at will, by name: over a limit, too large, a database that is down."""
    app = product.world.app("public")
    typed = {"full_name": "Lý", "symptoms": "no"}
    with app.test_request_context(f"/v/K7QF3M2P9XD?lang={language}", method="POST", data=typed):
        yield "over a limit", errors.too_many(90)
        yield "too large", errors.page(413)
        yield "a fault of ours", errors.page(500)
    with app.test_request_context(f"/v/K7QF3M2P9XD?lang={language}"):
        yield "database down", errors.page(503)
        yield "expired", errors.page(400, expired=True)
        yield "of somebody else", errors.page(403)


def answering(body, status):
    """What gives a browser this page for whatever it asks."""
    return lambda route: route.fulfill(body=body, status=status, content_type="text/html")


@pytest.mark.wide
@LANGUAGES
def test_states_that_go_wrong_have_no_fault_that_axe_finds(product, open_page, clean, language):
    page = open_page()
    for why, code in {**shut(product), "unknown": new_code(), "not_a_code": "x"}.items():
        page.goto(f"{product.public}/v/{code}?lang={language}")
        assert page.get_attribute("html", "lang") == language
        clean(page, why)
    for name, answer in no_answer(product, language):
        body, status = answer.get_data(as_text=True), answer.status_code
        page.route("**/as-if", answering(body, status))
        page.goto(f"{product.public}/as-if")
        page.unroute("**/as-if")
        assert page.get_attribute("html", "lang") == language
        clean(page, name)
    door = make_door(product)
    page.goto(f"{door}?lang={language}")
    fill_in(page)
    page.evaluate("document.querySelector('[name=submission]').value = 'x'")
    send(page)
    assert page.query_selector("[role=alert].warn")
    clean(page, "left open for too long")
    page.click(".fill summary")
    page.fill("[name=card]", "022185001234|100123456|Nguyễn Thị Ánh Tuyết|02091985|Nữ|Hạ Long|10052021")
    page.press("[name=card]", "Enter")
    page.wait_for_selector("[role=alert].ok")
    assert page.query_selector("[role=alert].ok")
    clean(page, "filled in from a card")


@pytest.mark.wide
@LANGUAGES
def test_declaring_elsewhere_and_in_other_ways_has_no_fault_that_axe_finds(product, open_page, clean, language):
    page = open_page()
    clinic = make_door(product, "Trung tâm Y tế Hạ Long", kind="health")
    page.goto(f"{clinic}?lang={language}")
    fill_in(page, yes=("symptoms",))
    page.check("[name=consent]")
    send(page)
    assert {"vi": "LỐI SÀNG LỌC", "en": "SCREENING"}[language] in page.inner_text("h1").upper()
    clean(page, "screening at a clinic")
    page.goto(f"{product.public}/me/")
    assert "Hạ Long" in page.inner_text("main")
    clean(page, "own page with a visit")
    for kind in ("leave", "return"):
        page.goto(f"{product.public}/declare/{kind}")
        clean(page, kind)
    send(page)
    assert page.query_selector("#errors")
    clean(page, "return with errors")
    page.goto(f"{product.public}/declare/ill")
    page.check("[name=symptom][value=cough]")
    for question in page.query_selector_all("input[type=radio][value=no]"):
        question.check()
    if not page.input_value("[name=commune]"):
        page.select_option("[name=commune]", label="Phường Hạ Long")
    page.check("[name=consent]")
    send(page)
    assert not page.query_selector("#errors"), page.inner_text("#errors")
    clean(page, "illness declared")
    page.goto(f"{product.public}/rights/")
    page.click("main form button:not([type=button])")
    assert page.query_selector("#errors")
    clean(page, "a request with errors")
    page.goto(f"{product.public}/card?new=1")
    clean(page, "a card")
    page.click("main form[data-file] button:not([type=button])")
    page.wait_for_selector("#errors")
    clean(page, "a card with errors")
    page.goto(f"{product.public}/c/")
    clean(page, "what a card is")


def tab_to(page, selector, most=80):
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"no way to {selector} by Tab")


def test_a_keyboard_alone_mends_mistakes_adds_a_child_and_leaves(product, open_page):
    page = open_page()
    page.goto(make_door(product))
    tab_to(page, SEND)
    page.keyboard.press("Enter")
    page.wait_for_selector("#errors")
    assert page.evaluate("document.activeElement.id") == "errors"
    # The first link of the list leads into the field.
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "full_name"
    page.keyboard.type("Trần Văn Hưng")
    tab_to(page, "[name=birth_year]")
    page.keyboard.type("1971")
    tab_to(page, "[name=phone]")
    page.keyboard.type("0904118226")
    tab_to(page, "[name=gender]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("[name=gender][value=female]")
    page.keyboard.press("ArrowLeft")
    tab_to(page, "#commune-search")
    page.keyboard.type("hong gai")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    tab_to(page, "details:not([open]) > summary")
    page.keyboard.press("Enter")
    for name in ("symptoms", "contact_sick", "travel"):
        tab_to(page, f"[name={name}]")
        page.keyboard.press("Space")
    tab_to(page, "[name=more]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=p2-full_name]")
    assert page.evaluate("document.activeElement.id") == "p2"
    tab_to(page, "[name=p2-full_name]", 1)
    page.keyboard.type("Trần Minh An")
    tab_to(page, "[name=p2-birth_year]")
    page.keyboard.type("2017")
    for name in ("gender", "symptoms", "contact_sick", "travel"):
        tab_to(page, f"[name=p2-{name}]")
        page.keyboard.press("Space")
    tab_to(page, "[name=consent]")
    page.keyboard.press("Space")
    tab_to(page, SEND)
    page.keyboard.press("Enter")
    page.wait_for_selector(".result")
    assert page.locator(".each li.well").count() == 2
    tab_to(page, "form[action*='/leave'] > button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".done")


@pytest.fixture
def reader(chromium):
    """A page of somebody whose letters are twice as large, and one at 400 % of 1,280 by 1,024 pixels."""
    args = [*FLAGS.split(), "--blink-settings=defaultFontSize=32"]
    large = chromium.browser_type.launch(executable_path=CHROMIUM, args=args)
    yield {
        "twice as large": large.new_page(viewport={"width": 360, "height": 780}),
        "400 %": chromium.new_page(viewport={"width": 320, "height": 256}),
    }
    large.close()


@pytest.mark.wide
@LANGUAGES
def test_text_twice_as_large_and_a_page_at_400_percent_lose_nothing(product, reader, language):
    door = make_door(product, "Trung tâm thương mại và dịch vụ tổng hợp Hạ Long xanh", zone="Tầng 2, khu ẩm thực")
    for how, page in reader.items():
        wide = []

        def look(state, page=page, how=how, wide=wide):
            wide += [(how, state, what) for what in page.evaluate(TOO_WIDE) + page.evaluate(CLIPPED)]

        page.goto(f"{door}?lang={language}")
        page.check("[name=symptoms][value=yes]")
        page.check("[name=travel][value=yes]")
        page.click("[name=more]")
        page.wait_for_selector("[name=p2-full_name]")
        look("form of two")
        send(page)
        look("errors")
        page.goto(f"{door}?new=1")
        fill_in(page, yes=("contact_sick",))
        send(page)
        look("help")
        page.goto(f"{door}?new=1")
        fill_in(page)
        send(page)
        look("declared")
        page.click("form[action*='/leave'] > button")
        look("left")
        page.goto(door)
        look("again")
        for path in ("/me/", "/", "/declare", "/declare/enter", "/rights/", "/card?new=1", "/privacy"):
            page.goto(f"{product.public}{path}")
            look(path)
        assert wide == [], wide


@pytest.mark.wide
def test_who_wants_calm_sees_the_clock_alone_move(product, open_page):
    page = open_page(reduced_motion="reduce")
    page.goto(make_door(product))
    fill_in(page)
    send(page)
    assert page.evaluate("document.getAnimations().length") == 0
    first = page.inner_text(".clock")
    page.wait_for_function("was => document.querySelector('.clock').textContent !== was", arg=first, timeout=3000)


@pytest.mark.wide
def test_where_the_system_chooses_the_colours_buttons_keep_an_edge_and_the_stripe_moves(product, open_page):
    page = open_page(forced_colors="active")
    page.goto(make_door(product))
    edge = "s => getComputedStyle(document.querySelector(s)).borderTopStyle + getComputedStyle(document.querySelector(s)).borderTopWidth"
    assert page.evaluate(edge, SEND) != "none0px"
    send(page)
    assert page.evaluate(edge, "#errors") != "none0px"
    fill_in(page)
    send(page)
    # Words and shape stay, whatever the ground is; the stripe is drawn in the colour of the text.
    paint = page.evaluate("getComputedStyle(document.querySelector('.run')).backgroundImage")
    ink = page.evaluate("getComputedStyle(document.querySelector('.result')).color")
    assert ink in paint, (ink, paint)
    assert page.evaluate("getComputedStyle(document.querySelector('.sign circle')).fill") == "rgb(255, 255, 255)"


@LANGUAGES
def test_a_screen_reader_is_told_every_name_group_and_mistake(product, open_page, language):
    page = open_page()
    page.goto(f"{make_door(product)}?lang={language}")
    page.click("[name=more]")
    for closed in page.query_selector_all("details:not([open]) > summary"):
        closed.click()
    page.check("[name=symptoms][value=yes]")
    tree = page.locator("body").aria_snapshot()
    nameless = re.findall(
        r"- (?:textbox|combobox|radio|radiogroup|checkbox|button|link)(?=$| \[|:)", tree, re.MULTILINE
    )
    assert nameless == [], nameless
    assert page.evaluate("[...document.querySelectorAll('fieldset')].every(e => e.firstElementChild.matches('legend'))")
    words = {
        "vi": ("Về bạn", "Giới tính", "14 ngày qua", "Người đi cùng 1", "Gửi tờ khai"),
        "en": ("About you", "Gender", "14 days", "Person with you 1", "Send declaration"),
    }[language]
    for word in words:
        assert re.search(rf'- (?:group|radiogroup|button) "[^"]*{word}', tree), word
    assert re.search(r'- radiogroup "(?:Giới tính|Gender)"', tree)
    send(page)
    assert page.title().startswith({"vi": "Còn mục cần sửa", "en": "To correct"}[language])
    assert page.locator("#errors[role=alert]").count() == 1
    # Whatever is wrong says what, right where it is.
    wrong = page.locator("[aria-describedby*='-error']")
    assert wrong.count() == page.locator(".error").count() >= 12
    for one in wrong.all():
        ids = (one.get_attribute("aria-describedby") or "").split()
        assert all(page.locator(f"[id='{name}']").inner_text().strip() for name in ids)
    assert page.locator("input[aria-invalid=true], select[aria-invalid=true], [role][aria-invalid=true]").count() >= 10
    fill_in(page)
    for prefix in ("p2-",):
        page.fill(f"[name={prefix}full_name]", "Trần Minh An")
        page.fill(f"[name={prefix}birth_year]", "2017")
        for name in ("gender", "symptoms", "contact_sick", "travel"):
            page.locator(f"[name={prefix}{name}]").last.check()
        page.check(f"[name={prefix}symptom][value=cough]")
        page.fill(f"[name={prefix}travel_where]", "Hà Nội")
    send(page)
    tree = page.locator("body").aria_snapshot()
    assert "heading" in tree and "timer" in tree and "listitem" in tree, tree
    assert clock.to_local(clock.now()).strftime("%d/%m/%Y") in tree
