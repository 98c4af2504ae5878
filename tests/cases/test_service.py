"""Cases: numbers in sequence, found by number however it is written, states that exist."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import sqlalchemy as sa

from checkin.audit.models import AuditEntry
from checkin.audit.queries import broken_link
from checkin.cases import queries, service
from checkin.cases.models import OPEN_STATES, STATES, Case
from checkin.cases.service import CaseFacts
from checkin.db import db
from checkin.errors import DomainError
from checkin.pagekeys import START, Spot
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of


def last_entry(session):
    return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()


def test_numbers_follow_each_other(session):
    assert [factories.case(session).number for _ in range(3)] == ["F0-0001", "F0-0002", "F0-0003"]


def test_a_case_keeps_what_is_known_and_is_in_the_log(session):
    facts = CaseFacts(
        title="Công nhân mỏ", disease="measles", state="suspected", onset_on=date(2026, 11, 17),
        sample_on=date(2026, 11, 19), isolated_on=date(2026, 11, 20),
    )  # fmt: skip
    case = service.open_case(session, now=NOW, actor=factories.SYSTEM, facts=facts)
    session.commit()
    session.expire_all()
    stored = queries.by_number(session, case.number)
    assert (stored.title, stored.disease, stored.state, stored.opened_at) == (
        "Công nhân mỏ",
        "measles",
        "suspected",
        NOW,
    )
    assert (stored.onset_on, stored.sample_on, stored.isolated_on) == (
        facts.onset_on,
        facts.sample_on,
        facts.isolated_on,
    )
    entry = last_entry(session)
    assert (entry.action, entry.subject, entry.case_number) == ("case.open", "F0-0001", "F0-0001")


@pytest.mark.parametrize(
    "written", ["F0-0001", "f0-0001", "F0-1", "f01", "F00001", "1", "0001", " F0-0001\n", "000000001"]
)
def test_a_case_is_found_however_its_number_is_written(session, written):
    case = factories.case(session)
    assert queries.by_number(session, written) is case


@pytest.mark.parametrize(
    "written",
    ["", "F0-", "F0-0002", "F1-0001", "F0--1", "F0-0001x", "-1", "0", "1.0", "1 OR 1=1", "\x00", "F0-0001\x00", "9" * 9,
     "9" * 10_000, "F0-00²", "F0‑0001"],
)  # fmt: skip
def test_no_case_is_found_by_what_is_no_number_of_it(session, written):
    factories.case(session)
    assert queries.by_number(session, written) is None


def test_a_number_past_four_digits_is_a_number_too(session):
    case = factories.case(session)
    case.seq = 12_345
    session.flush()
    assert case.number == "F0-12345"
    assert queries.by_number(session, "f0-12345") is case
    assert factories.case(session).number == "F0-12346"


def test_cases_opened_at_once_get_numbers_of_their_own(world, app, session):
    session.commit()

    def open_one(_number):
        with inside(world.app()):
            number = factories.case(db.session()).number
            db.session.commit()
            return number

    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(open_one, range(18)))
    assert sorted(numbers) == [f"F0-{n:04d}" for n in range(1, 19)]
    assert broken_link(session) is None


def test_a_case_that_was_not_committed_leaves_its_number_to_the_next(session):
    factories.case(session)
    session.rollback()
    assert factories.case(session).number == "F0-0001"


@pytest.mark.parametrize("state", STATES)
def test_a_case_changes_state_and_the_log_says_from_what(app, session, state):
    case = factories.case(session)
    service.set_state(session, now=NOW, actor=factories.SYSTEM, case=case, state=state, rules=factories.rules(app))
    assert case.state == state
    assert (last_entry(session).action, last_entry(session).detail) == (
        "case.state",
        {"from": "confirmed", "to": state},
    )


@pytest.mark.parametrize("state", ["", "Confirmed", "healthy", "confirmed\x00", "x" * 10_000])
def test_it_rejects_a_state_that_does_not_exist(app, session, state):
    case = factories.case(session)
    with pytest.raises(DomainError, match="state"):
        service.set_state(session, now=NOW, actor=factories.SYSTEM, case=case, state=state, rules=factories.rules(app))
    assert case.state == "confirmed"


def test_the_database_refuses_a_state_that_does_not_exist(session):
    factories.case(session).state = "healthy"
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()


def test_only_cases_in_work_are_offered_newest_first(app, session):
    for state in STATES:
        service.set_state(
            session,
            now=NOW,
            actor=factories.SYSTEM,
            case=factories.case(session),
            state=state,
            rules=factories.rules(app),
        )
    assert [case.state for case in queries.open_cases(session)] == list(reversed(OPEN_STATES))
    assert len(queries.open_cases(session, limit=1)) == 1


def test_pages_of_cases_go_back_from_the_newest(session):
    for _ in range(5):
        factories.case(session)
    pages = [queries.newest(session, spot, 2) for spot in (START, Spot((0, 4)), Spot((0, 2)), Spot((0, 3), back=True))]
    assert [[case.seq for case in page.rows] for page in pages] == [[5, 4], [3, 2], [1], [5, 4]]
    assert [(page.previous, page.following) for page in pages[:3]] == [(None, (0, 4)), ((0, 3), (0, 2)), ((0, 1), None)]


@pytest.mark.parametrize("number", ["0", "1", "-1", str(2**31), str(2**63), str(10**30), "x", "", "1.5", "²", "%00"])
def test_a_page_of_cases_at_a_number_that_none_has_is_a_page_all_the_same(client, world, number):
    with inside(world.app()):
        factories.account(factories.db.session(), vault_of(world.app()), "cdc", cast.CDC)
        factories.case(factories.db.session())
        factories.commit()
    factories.sign_in(client, cast.CDC)
    for word in ("before", "after"):
        page = client.get(f"/cases/?{word}={number}")
        assert page.status_code == 200 and "F0-0001" in page.text and 'rel="next"' not in page.text


def test_cases_are_leafed_through_and_back(client, world, monkeypatch):
    monkeypatch.setattr("checkin.cases.views.PAGE", 2)
    with inside(world.app()):
        factories.account(factories.db.session(), vault_of(world.app()), "cdc", cast.CDC)
        for _ in range(5):
            factories.case(factories.db.session())
        factories.commit()
    factories.sign_in(client, cast.CDC)

    def at(way, page):
        return client.get(html.unescape(re.search(f'href="([^"]*)" rel="{way}"', page)[1])).text

    def numbers(page):
        return re.findall(r'<th scope="row" class="lead nw"><a[^>]*>F0-000(\d)<', page)

    first = client.get("/cases/?disease=covid-19").text
    second = at("next", first)
    last = at("next", second)
    assert [numbers(page) for page in (first, second, last)] == [["5", "4"], ["3", "2"], ["1"]]
    assert numbers(at("prev", last)) == ["3", "2"] and numbers(at("prev", second)) == ["5", "4"]
    assert "2 trong 5 ca, mới nhất trước" in first and "1 trong 5 ca" in last
    assert 'rel="prev"' not in first and 'rel="next"' not in last and "disease=covid-19" in second


def test_no_case_has_a_field_for_a_name_of_a_person():
    assert set(Case.__table__.c.keys()) == {
        "id", "seq", "title", "disease", "state", "onset_on", "sample_on", "isolated_on", "opened_at", "opened_by", "person_id",
        "symptoms", "commune_id", "detected", "isolated_where", "confirmed_at", "interviewed_at", "interviewed_by_name",
        "rules_on", "version",
    }  # fmt: skip
