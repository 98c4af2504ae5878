"""Every page in Chromium once with all hostile texts stored: nothing runs, nothing is asked of elsewhere, nothing breaks out."""

import threading
from datetime import timedelta
from itertools import cycle
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.serving import WSGIRequestHandler, make_server

from checkin import clock
from checkin.accounts import service as accounts_service
from checkin.accounts.models import Account
from checkin.db import db
from checkin.declarations.told import Identity, Told
from checkin.declarations.triage import Answers
from checkin.exposure.service import Bound, PlaceAsked, ask_place
from checkin.ids import new_id
from checkin.venues import queries as venue_queries
from checkin.venues import service as venues
from checkin.venues.models import Venue
from checkin.visits import service as visits
from tests import cast, factories, worlds
from tests.conftest import NOW
from tests.hostile import HOSTILE
from tests.security import fields, tenants
from tests.security.tenants import PASSWORD, A, canaries
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.long]

# SQLite and addresses are UTF-8: half a pair cannot be stored anywhere. Nothing is cleaned here as forms clean it.
STORED = [text for text in HOSTILE if not any("\ud800" <= char <= "\udfff" for char in text)]
MOST_PAGES = 8
WATCH = """
window.__seen = [];
window.zq = () => window.__seen.push("zq() ran");
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = () => window.__seen.push(name);
document.addEventListener("securitypolicyviolation", e => window.__seen.push(`CSP: ${e.violatedDirective} ${e.blockedURI}`));
window.addEventListener("error", e => window.__seen.push(`error: ${e.message}`));
"""
# What stands in a box with a border must end within it; what scrolls or is for screen readers alone is left out.
OUTSIDE = """() => {
  const found = [], page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} wide in ${page.clientWidth}`);
  for (const box of document.querySelectorAll(".card, .tbl, .notice, .bound, .bar, main, td, th, li, dd, p, option, button, .btn")) {
    const frame = box.getBoundingClientRect();
    if (!frame.width || box.closest(".sr, svg, [hidden]")) continue;
    for (const part of box.querySelectorAll("*")) {
      if (part.closest(".sr, svg, select, [hidden], .suggestions") || getComputedStyle(part).position !== "static") continue;
      let above = part.parentElement, clipped = false;
      while (above !== box) { clipped ||= getComputedStyle(above).overflowX !== "visible" || getComputedStyle(above).position === "absolute"; above = above.parentElement; }
      const own = part.getBoundingClientRect();
      if (!clipped && own.width && (own.right > frame.right + 1.5 || own.left < frame.left - 1.5))
        found.push(`<${part.tagName.toLowerCase()} class="${part.className}"> ${Math.round(own.left)}-${Math.round(own.right)} outside <${box.tagName.toLowerCase()} class="${box.className}"> ${Math.round(frame.left)}-${Math.round(frame.right)}: ${part.textContent.trim().slice(0, 50)}`);
      if (!clipped && part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX === "visible" && getComputedStyle(part).display === "block" && own.left + part.scrollWidth > frame.right + 1.5)
        found.push(`text of <${part.tagName.toLowerCase()} class="${part.className}"> runs out of <${box.tagName.toLowerCase()} class="${box.className}">: ${part.textContent.trim().slice(0, 50)}`);
    }
  }
  return [...new Set(found)].slice(0, 8);
}"""


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    world = worlds.sqlite_world(tmp_path_factory.mktemp("hostile"))
    with clock.fixed(NOW):
        made = tenants.build(world)
        fill(made)
        yield made
    world.let_go()


def fill(town):
    """Put every text into everything that is stored in the clear or sealed, of tenant A."""
    texts = cycle(STORED)
    with inside(town.app):
        session, vault = db.session(), vault_of(town.app)
        accounts = session.scalars(sa.select(Account)).all()
        owner = next(account for account in accounts if str(account.id) == town.values[A]["owner"])
        officer = next(account for account in accounts if account.role == "cdc")
        where = session.get_one(Venue, UUID(town.values[A]["venue_id"]))
        door = venue_queries.door(session, town.values[A]["code"])
        known = Identity(
            **{**vars(cast.CITIZEN), "phone": canaries(A)["visitor"][2], "id_number": canaries(A)["visitor"][4]}
        )
        for number in range(len(STORED) // 3 + 1):
            who = Identity(
                full_name=next(texts)[:100], birth_year=1950 + number % 50, gender="male", phone=f"+8490411{number:04d}",
                province_id="22", commune_id=factories.HA_TU, address=next(texts)[:200],
            )  # fmt: skip
            told = Told(who=who, travel_where=next(texts)[:300], answers=Answers(travel=True))
            at = NOW - timedelta(minutes=1 + number // 10)
            visits.check_in(
                session, vault, now=at, rules=factories.rules(town.app), door=door, told=told, submission_id=new_id(at), device=None
            )  # fmt: skip
        session.flush()
        texts = cycle(STORED)
        for number in range(len(STORED) // 6 + 1):
            shop = factories.venue(
                session, vault, next(texts)[:200], owner=owner, address=next(texts)[:200], commune_id=factories.HA_TU
            )
            if number % 6 == 0:
                factories.check_in(
                    town.app, session, vault, shop, cast.healthy(known), at=NOW - timedelta(minutes=200 - number)
                )
            venues.add_zone(session, now=NOW, actor=owner.actor, venue=where, name=next(texts)[:100])
            case = factories.case(session, next(texts)[:120])
            bound = Bound(
                case=case if number % 2 else None,
                signal=None if number % 2 else next(texts)[:200],
                reason=next(texts)[:500],
            )
            asked = PlaceAsked(start=NOW - timedelta(hours=4), end=NOW, venue_id=shop.id)
            ask_place(session, now=NOW, actor=officer.actor, bound=bound, asked=asked)
        for text in STORED[::12]:
            login = f"nv{STORED.index(text)}@cdc"
            accounts_service.create(
                session, vault, now=NOW, actor=None, login=login, password=PASSWORD, role="cdc", display_name=text
            )
        officer.display_name, owner.display_name = STORED[1][:80], STORED[2][:80]
        factories.commit()


@pytest.fixture(scope="module")
def served(town):
    """The application in a thread of ours, whose clock stands still too."""

    def at_now(environ, start_response):
        with clock.fixed(NOW):
            answer = town.app(environ, start_response)
            try:
                return list(answer)
            finally:
                answer.close()

    server = make_server("127.0.0.1", 0, at_now, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def watched(open_page, address, cookies):
    """A page of somebody's browser that notes whatever should not be."""
    page = open_page(width=1280)
    page.set_default_timeout(60_000)
    page.context.add_init_script(WATCH)
    page.context.add_cookies(
        [
            dict(zip(("name", "value"), cookie.split("=", 1), strict=True), url=address)
            for cookie in cookies.split("; ")
            if cookie
        ]
    )
    noted = []
    page.on("dialog", lambda dialog: (noted.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: noted.append(f"error {error}"))
    page.on(
        "request",
        lambda request: None if request.url.startswith((address, "data:")) else noted.append(f"asked {request.url}"),
    )
    page.on("popup", lambda _popup: noted.append("a window"))
    return page, noted


def look(page, noted, path):
    """What is wrong with the page that is open, at both widths."""
    wrong = []
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        wrong += [f"{path} at {width}: {what}" for what in page.evaluate(OUTSIDE)]
    seen = page.evaluate("window.__seen")
    wrong += [f"{path}: {what}" for what in (*seen, *noted)]
    noted.clear()
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong


@pytest.mark.wide
def test_no_page_runs_asks_or_breaks_out_whatever_is_stored(town, served, open_page):
    wrong, shown, opened = [], set(), 0
    people = {}
    for _name, role, path in fields.pages(town):
        if role not in people:
            people[role] = watched(open_page, served, town.subjects[role].cookies)
        page, noted = people[role]
        answer = page.request.get(f"{served}{path}")
        if answer.status == 204:
            continue  # nothing to show
        if "text/html" not in answer.headers["content-type"]:
            assert answer.headers["x-content-type-options"] == "nosniff"
            continue
        following = f"{served}{path}"
        for _ in range(MOST_PAGES):
            # A link that is over says so on a page too.
            assert page.goto(following).status in {200, 410}, following
            opened += 1
            wrong += look(page, noted, following.removeprefix(served))
            text = page.content()
            shown |= {number for number in range(0, len(STORED), 7) if escaped(STORED[number]) in text}
            nexts = page.locator(".pager a").last
            if page.locator(".pager a").count() == 0 or nexts.get_attribute("href") in following:
                break
            following = nexts.evaluate("link => link.href")
    assert not wrong, "\n".join(wrong[:30])
    assert opened > 25
    # Most of them do stand on some page: else nothing was proven.
    assert len(shown) > len(range(0, len(STORED), 7)) * 0.6, len(shown)


def escaped(text):
    return text[:80].strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\u00a0", "&nbsp;")


def test_the_watch_sees_what_should_not_be(served, open_page):
    page, noted = watched(open_page, served, "")
    page.goto(f"{served}/privacy")
    assert look(page, noted, "") == []
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x onerror=zq()><img src=//evil.example/x>')"
    )
    page.evaluate(
        "document.querySelector('.card').insertAdjacentHTML('beforeend', '<p class=far>' + 'W'.repeat(400) + '</p>')"
    )
    page.evaluate(
        "document.querySelector('.far').setAttribute('class', 'far nw'); document.querySelector('.far').style.cssText = 'overflow-wrap: normal; white-space: nowrap'"
    )
    page.wait_for_timeout(300)
    said = "\n".join(look(page, noted, ""))
    assert "CSP: script-src" in said and "CSP: img-src" in said
    assert "wide in" in said and "runs out of" in said
