"""The officer's pages in Chromium: no barrier that axe finds, no cut-off content, an answer within a second."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.cases import service as cases
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.exposure.service import Bound, PersonAsked, PlaceAsked, ask_case, ask_person, ask_place
from checkin.ids import new_id
from checkin.rights import service as rights
from checkin.rights.queries import by_reference
from checkin.visits.models import Visit
from tests import cast, factories
from tests.browser.test_chain import sign_in
from tests.worlds import inside, vault_of

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.long]

HOUR = timedelta(hours=1)
LONG = "Công ty trách nhiệm hữu hạn một thành viên Thươngmạidịchvụxuấtnhậpkhẩuvậntảibiểnquốctế " * 2


@pytest.fixture
def pages(product, accounts):
    """Addresses of every staff page by who opens it, over data of every kind."""
    app, now = product.world.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = factories.venue(session, vault, LONG[:200], kind="market")
        for number in range(120):
            who = cast.Identity(
                full_name=f"Người Thứ {number}",
                birth_year=1980,
                gender="male",
                phone=f"+8491234{number:04d}",
                province_id="22",
                commune_id="06652",
            )
            told = cast.coughing(who) if number % 10 == 0 else cast.healthy(who)
            factories.check_in(app, session, vault, market, told, at=now - HOUR - timedelta(minutes=number))
        long_name = cast.Identity(
            full_name="Nguyễn " * 13,
            birth_year=1985,
            gender="female",
            phone="+84912345678",
            province_id="22",
            commune_id="06652",
        )
        factories.check_in(app, session, vault, market, cast.healthy(long_name), at=now - HOUR)
        case = factories.case(session)
        actor = session.scalars(sa.select(Account).where(Account.role == "cdc")).one().actor
        bound = Bound(case=case, signal=None, reason="Truy vết người tiếp xúc")
        place = ask_place(
            session,
            now=now,
            actor=actor,
            bound=bound,
            asked=PlaceAsked(start=now - 4 * HOUR, end=now, venue_id=market.id),
        )
        empty = ask_place(
            session,
            now=now,
            actor=actor,
            bound=bound,
            asked=PlaceAsked(start=now - 9 * HOUR, end=now - 8 * HOUR, venue_id=market.id),
        )
        person = ask_person(
            session,
            vault,
            now=now,
            actor=actor,
            bound=bound,
            asked=PersonAsked(start=now - 24 * HOUR, end=now, phone="+84912345678"),
        )
        call = session.scalars(sa.select(Declaration.id).where(Declaration.triage == "watch")).first()
        who = session.scalars(sa.select(Visit.person_id).order_by(Visit.entered_at)).first()
        cases.link(
            session,
            now=now,
            actor=actor,
            case=case,
            person_id=who,
            found_by=person.number,
            rules=factories.rules(app, now),
        )
        met = ask_case(session, now=now, actor=actor, bound=bound, start=now - 24 * HOUR, end=now)
        factories.case(session, "Ca chưa biết là ai")
        lookups = [f"/lookup/{found.id}" for found in (place, empty, person, met)]
        wish = rights.Wish(kind="delete", full_name=cast.CITIZEN.full_name, birth_year=1985, text="Xoá giúp tôi")
        made = [
            rights.ask(
                session, vault, now=now - days * 24 * HOUR, rules=factories.rules(app, now), request_id=new_id(now),
                wish=wish, language="vi", device=None,
            ).reference
            for days in (0, 30)
        ]  # fmt: skip
        for number, reference in enumerate(made):
            asked = by_reference(session, reference)
            rights.looked_up(session, now=now, actor=actor, request=asked, lookup_id=person.id, number=person.number)
            if number:
                rights.identify(session, now=now, actor=actor, request=asked, subject_id=who, how="papers")
        requests = ["/requests/", f"/requests/{made[0]}", f"/requests/{made[1]}/copy"]
        factories.commit()
    return {
        cast.CDC: [
            "/lookup/",
            "/lookup/?by=person",
            *lookups,
            "/cases/",
            "/cases/F0-0001",
            "/cases/F0-0002",
            *requests,
            "/overview/",
            "/stations/",
        ],
        cast.ADMIN: ["/accounts/", "/audit/", "/overview/", "/account", "/account/password", "/account/second-factor"],
        cast.COMMUNE: [
            "/station/",
            "/station/?only=urgent",
            "/station/?print=1",
            f"/station/people/{call}",
            "/station/venues",
            "/overview/",
        ],
    }


@pytest.mark.parametrize(("width", "locale"), [(360, "vi-VN"), pytest.param(1280, "en-GB", marks=pytest.mark.wide)])
def test_no_staff_page_has_a_barrier_or_is_cut_off(product, pages, open_page, axe, width, locale):
    for who, paths in pages.items():
        page = open_page(width=width, height=800, locale=locale)
        sign_in(page, product.staff, who)
        page.wait_for_load_state()
        for path in paths:
            assert page.goto(f"{product.staff}{path}").status == 200, path
            page.evaluate(axe)
            found = page.evaluate(
                "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21aa','wcag22aa','best-practice']})"
            )
            wrong = [(rule["id"], rule["nodes"][0]["html"][:150]) for rule in found["violations"]]
            assert wrong == [], path
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, (path, overflow)


def test_the_list_is_there_within_a_second(product, pages, open_page):
    page = open_page(width=1280)
    sign_in(page, product.staff, cast.CDC)
    page.wait_for_url("**/lookup/")
    page.goto(f"{product.staff}{pages[cast.CDC][2]}")
    took = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    assert took < 1000
    assert re.search(r"121", page.inner_text("main"))
