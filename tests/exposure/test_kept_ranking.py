"""The ranking of a long list is kept: it is the one that there would be anew, and gone once anything changed."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Timer
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases import service as cases
from checkin.cases.models import Case
from checkin.db import db
from checkin.exposure import contacting, keeping, scored
from checkin.exposure.contacting import Contacting
from checkin.exposure.models import Lookup, met_person
from checkin.venues.models import Venue
from checkin.visits import service as visits
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.kept import DAY, HOUR, expire, link, person_of
from tests.conftest import NOW
from tests.worlds import inside, vault_of

DEVICE = b"d" * 16


@pytest.fixture
def street(app, session, vault):
    """Two cases and two guests, of whom one may say when they leave, at a market for hours; the lookup of each case."""
    market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
    visits.open_day(session, clock.to_local(NOW - 5 * HOUR).date())
    people = (cast.CITIZEN, cast.NEIGHBOUR, _somebody(1), _somebody(2))
    stays = [
        factories.check_in(app, session, vault, market, cast.healthy(one), at=NOW - 5 * HOUR + number * timedelta(minutes=1), device=device).visit_id
        for number, (one, device) in enumerate(zip(people, (None, None, DEVICE, None), strict=True))
    ]  # fmt: skip
    asked = []
    for stay in stays[:2]:
        case = factories.case(session)
        link(app, session, case, person_of(session, stay))
        lookup = Lookup(case_id=case.id, person_id=case.person_id, start=NOW - 2 * DAY, end=NOW, kind="case")
        asked.append((lookup, case))
    return app, session, market, stays, asked


def _somebody(number: int) -> cast.Identity:
    return cast.Identity(
        full_name=f"Người Thứ {number}", birth_year=1980, gender="male", phone=f"+8491234{number:04d}",
        province_id="22", commune_id="06652",
    )  # fmt: skip


def keep(session: Any, lookup: Lookup, case: Case) -> scored.Listed:
    keeping.keep(session, lookup, case)
    return kept(session, lookup, case) or pytest.fail("nothing was kept")


def kept(session: Any, lookup: Lookup, case: Case) -> scored.Listed | None:
    found = Contacting(session, lookup, case)
    return scored.kept(session, found.asked(), found.made_of(session), first=0, limit=50)


def anew(session: Any, lookup: Lookup, case: Case) -> scored.Listed:
    return scored.contacts(session, Contacting(session, lookup, case).asked(), first=0, limit=50)


def rows(session: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(met_person)) or 0


def test_what_is_kept_is_what_there_would_be_anew_for_each_case(street):
    _, session, _, _, asked = street
    for one in asked:
        assert keep(session, *one) == anew(session, *one)
        assert anew(session, *one).total == 3
    assert rows(session) == 6
    assert keep(session, *asked[0]) == anew(session, *asked[0]) and rows(session) == 6  # in the place of the former one


def test_an_end_that_another_case_brought_along_counts_at_once_and_nothing_new_takes_nothing_away(street):
    app, session, market, stays, asked = street
    how = {"now": NOW, "actor": factories.SYSTEM, "rules": factories.rules(app)}
    before = keep(session, *asked[0])
    cases.freeze(session, case=asked[1][1], **how)
    assert kept(session, *asked[0]) == before
    entered = NOW - 5 * HOUR + timedelta(minutes=2)
    assert visits.leave(session, now=NOW - HOUR, visit_id=stays[2], entered_at=entered, venue_id=market.id)
    cases.freeze(session, case=asked[1][1], **how)
    assert kept(session, *asked[0]) is None
    after = anew(session, *asked[0])
    ends = [{one.person_id: one.possible_minutes for one in found.people} for found in (before, after)]
    assert ends[0] != ends[1]
    assert keep(session, *asked[0]) == after


def test_whoever_comes_to_the_case_or_is_let_go_of_is_no_longer_as_it_was_kept(street, vault):
    app, session, market, _, asked = street
    how = {"now": NOW, "actor": factories.SYSTEM}
    keep(session, *asked[0])
    factories.check_in(app, session, vault, market, cast.healthy(_somebody(3)), at=NOW - 4 * HOUR)
    expire(session, NOW - DAY, NOW)  # the night finds who came since
    assert kept(session, *asked[0]) is None and keep(session, *asked[0]).total == 4
    cases.unlink(session, case=asked[0][1], **how)
    assert rows(session) == 0


def test_a_window_or_a_kind_of_place_or_a_rule_of_another_kind_finds_nothing_kept(street, monkeypatch):
    _, session, market, _, ((lookup, case), _) = street
    before = keep(session, lookup, case)
    narrower = Lookup(case_id=case.id, person_id=case.person_id, start=NOW - 2 * DAY, end=NOW - 4 * HOUR, kind="case")
    assert kept(session, narrower, case) is None
    session.execute(sa.update(Venue).where(Venue.id == market.id).values(kind="bar"))
    assert kept(session, lookup, case) is None and anew(session, lookup, case) != before
    session.execute(sa.update(Venue).where(Venue.id == market.id).values(kind="market"))
    assert kept(session, lookup, case) == before
    monkeypatch.setattr(scored, "FORM", scored.FORM + 1)
    assert kept(session, lookup, case) is None


def test_two_lookups_of_one_case_keep_what_each_ranked_and_a_third_takes_both_away(street):
    _, session, _, _, ((lookup, case), _) = street
    until = [NOW, NOW - 4 * HOUR, NOW - 3 * HOUR]
    windows = [
        Lookup(case_id=case.id, person_id=case.person_id, start=NOW - 2 * DAY, end=end, kind="case") for end in until
    ]
    for one in windows[:2]:
        assert keep(session, one, case) == anew(session, one, case)
    assert [kept(session, one, case) for one in windows[:2]] == [anew(session, one, case) for one in windows[:2]]
    assert rows(session) == 6
    assert keep(session, windows[2], case) == anew(session, windows[2], case)
    assert [kept(session, one, case) for one in windows[:2]] == [None, None] and rows(session) == 3


def opened(world, app):
    """An officer at the list of two whom a case met, with the page's address."""
    with clock.fixed(NOW), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        for number, one in enumerate((cast.CITIZEN, cast.NEIGHBOUR, _somebody(1))):
            at = NOW - 5 * HOUR + number * timedelta(minutes=1)
            stay = factories.check_in(world.app(), session, vault, market, cast.healthy(one), at=at).visit_id
            if not number:
                person_id = session.scalars(sa.select(Visit.person_id).where(Visit.id == stay)).one()
        link(world.app(), session, factories.case(session), person_id)
        factories.commit()
    client = app.test_client()
    factories.sign_in(client, cast.CDC)
    token = factories.token(client, "/lookup/")
    return client, client.post("/cases/F0-0001/lookup", data={"csrf_token": token, "reason": "Lập danh sách"}).location


@pytest.fixture
def pages(postgresql):
    """The database, and that."""
    with clock.fixed(NOW):
        yield postgresql, *opened(postgresql, postgresql.app("staff"))


@pytest.fixture
def one_file(sqlite):
    """The same where there is one writer."""
    with clock.fixed(NOW):
        yield sqlite, *opened(sqlite, sqlite.app())


def shown(client: Any, address: str) -> str:
    """The list of the page, without the tokens of its forms."""
    listed = client.get(address).text.split("<tbody>")[1].split("</tbody>")[0]
    return re.sub(r'name="csrf_token" value="[^"]+"', "", listed)


@pytest.mark.postgresql
def test_a_long_list_is_ranked_once_a_short_one_each_time_and_neither_while_somebody_changes_what_is_kept(
    pages, monkeypatch
):
    world, client, page = pages
    ranked, rank = [], scored.contacts

    def count(*args: Any, **page: Any) -> Any:
        ranked.append(page)
        return rank(*args, **page)

    monkeypatch.setattr(scored, "contacts", count)
    first = shown(client, page)
    assert cast.NEIGHBOUR.full_name in first and shown(client, page) == first and len(ranked) == 2
    monkeypatch.setattr(contacting, "WORTH_KEEPING", 1)
    with psycopg.connect(world.superuser_url.replace("+psycopg", "")) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (cases.KEEPING_LOCK,))
        assert shown(client, page) == first and shown(client, page) == first and len(ranked) == 4
        other.rollback()
    assert shown(client, page) == first and len(ranked) == 5
    assert shown(client, page) == first and shown(client, f"{page}?minutes=may_close") == first and len(ranked) == 5


def shown_and_kept(world: Any) -> tuple[int, int]:
    """How many pages are on record as shown, and how many rows are kept."""
    with inside(world.app()):
        pages = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "lookup.shown")
        return db.session.scalar(pages), rows(db.session())


def test_a_page_that_is_ready_is_shown_where_its_ranking_cannot_be_kept_or_would_wait_for_the_writer(
    one_file, monkeypatch
):
    world, client, page = one_file
    monkeypatch.setattr(contacting, "WORTH_KEEPING", 1)
    path, rank = world.folder / "checkin.db", scored.contacts
    with closing(sqlite3.connect(path, check_same_thread=False, isolation_level=None)) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON met_person BEGIN SELECT RAISE(ABORT, 'full'); END")
        try:
            assert cast.NEIGHBOUR.full_name in client.get(page).text
        finally:
            other.execute("DROP TRIGGER full")
        assert shown_and_kept(world) == (1, 0)

        def ranked(*args: Any, **how: Any) -> Any:
            other.execute("BEGIN IMMEDIATE")
            Timer(1, other.execute, ["COMMIT"]).start()
            return rank(*args, **how)

        monkeypatch.setattr(scored, "contacts", ranked)
        assert cast.NEIGHBOUR.full_name in client.get(page).text
        assert shown_and_kept(world) == (2, 0)
    monkeypatch.setattr(scored, "contacts", rank)
    assert cast.NEIGHBOUR.full_name in client.get(page).text and shown_and_kept(world) == (3, 2)
