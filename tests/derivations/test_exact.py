"""Many cases derived together keep what each would keep that is derived alone, and what the oracle says; row by row."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.cases import derived, deriving
from checkin.cases import service as cases
from checkin.cases.models import MET, OWN, Case
from checkin.cases.service import CaseFacts
from checkin.joins import service as joins
from checkin.joins.models import SAME, Pair
from checkin.people import service as people
from checkin.people.identity import Indexes
from checkin.people.models import Person
from checkin.visits.models import Visit
from tests import factories
from tests.cases.kept import kept_ids
from tests.cases.test_keeping import INSIDE, STAYS
from tests.derivations.runs import TABLES, rows
from tests.exposure.stays import Row, at, person
from tests.exposure.town import PLACES, build, store
from tests.oracles.keeping import Stay, belonging

PEOPLE = 5
DISEASES = ("covid-19", "measles")


@pytest.fixture
def town(session, vault):
    return build(session, vault)


def emptied(session):
    for table in (*TABLES, Case.__table__):
        session.execute(sa.delete(table))
    session.expire_all()


def opened(session, now):
    """Everybody is a case, of one disease or the other."""
    found = []
    for number in range(PEOPLE):
        facts = CaseFacts(title="Theo lời kể", disease=DISEASES[number % 2])
        case = cases.open_case(session, now=now, actor=factories.SYSTEM, facts=facts)
        case.person_id = person(number)
        found.append(case)
    session.flush()
    return found


def together(app, session, now, size=PEOPLE):
    ids = list(session.scalars(sa.select(Case.id).order_by(Case.seq)))
    changes = {}
    for first in range(0, len(ids), size):
        spans = [
            (case, deriving.whole(case, factories.rules(app), now))
            for case in derived.held(session, ids[first : first + size])
        ]
        changes |= cases.freeze_spans(session, now=now, actor=factories.SYSTEM, spans=spans)[0]
    return changes


def alone(app, session, now):
    for case in session.scalars(sa.select(Case).order_by(Case.seq)).all():
        cases.freeze(session, now=now, actor=factories.SYSTEM, case=case, rules=factories.rules(app))


@settings(max_examples=10)
@given(
    st.lists(STAYS, min_size=15, max_size=40),
    st.lists(st.tuples(st.integers(0, 39), st.integers(0, 300)), max_size=12),
    st.integers(0, 2),
    st.sampled_from([1, 2, PEOPLE]),
)
def test_what_is_kept_of_many_is_what_the_oracle_says_of_each_and_after_changes_what_each_alone_would_keep(
    app, session, town, drawn, ended, gone, size
):
    emptied(session)
    given_rows = [
        Row(UUID(int=n + 1), person(who), at(entered), at(entered + stay) if recorded else None, at(entered + stay), at(entered + stay))
        for n, (who, _, entered, stay, recorded) in enumerate(drawn)
    ]  # fmt: skip
    places = [PLACES[place] for _, place, *_ in drawn]
    store(session, town, given_rows, places)
    now = at(3000)
    found = opened(session, now)
    together(app, session, now, size)
    told = [
        Stay(row.id, row.person_id, place if place not in town.zones else "mall", entered, entered + stay)
        for row, place, (_, _, entered, stay, _) in zip(given_rows, places, drawn, strict=True)
    ]
    for number, case in enumerate(found):
        oracle = belonging(told, person(number), INSIDE, 120 if case.disease == "measles" else 0)
        assert (kept_ids(session, case, OWN), kept_ids(session, case, MET)) == oracle
    # Ends are recorded later, some visits are of days that are over; then one way and the other, of the same store.
    for number, stay in ended:
        if number < len(drawn):
            until = at(drawn[number][2] + stay)
            which = sa.update(Visit).where(Visit.id == UUID(int=number + 1))
            session.execute(which.values(left_at=until, until_likely=until, until_latest=until))
    session.execute(sa.delete(Visit).where(Visit.entered_at < at(500 * gone - 720)))
    session.expire_all()
    found_rows = []
    for way in (lambda: together(app, session, now, size), lambda: alone(app, session, now)):
        with session.begin_nested() as step:
            way()
            found_rows.append(rows(session))
            step.rollback()
        session.expire_all()
    assert found_rows[0] == found_rows[1]


def test_what_changed_is_counted_by_case_and_nothing_is_counted_twice(app, session, town):
    now = at(3000)
    stays = [(0, 0, 60), (1, 30, 60), (2, 45, 60), (3, 600, 60)]
    given_rows = [
        Row(UUID(int=n + 1), person(who), at(entered), None, at(entered + stay), at(entered + stay))
        for n, (who, entered, stay) in enumerate(stays)
    ]
    store(session, town, given_rows, ["mall"] * 4)
    found = opened(session, now)
    first = together(app, session, now)
    assert [(first[case.id].came, first[case.id].went) for case in found] == [(2, 0), (2, 0), (2, 0), (0, 0), (0, 0)]
    assert together(app, session, now) == {case.id: deriving.Change() for case in found}
    until = at(20)
    session.execute(
        sa.update(Visit).where(Visit.id == UUID(int=1)).values(left_at=until, until_likely=until, until_latest=until)
    )
    again = together(app, session, now)
    assert [(again[case.id].came, again[case.id].went) for case in found] == [(0, 2), (0, 1), (0, 1), (0, 0), (0, 0)]


def ends(session, visit, minute):
    """The end of a visit is recorded."""
    until = at(minute)
    which = sa.update(Visit).where(Visit.id == UUID(int=visit))
    session.execute(which.values(left_at=until, until_likely=until, until_latest=until))
    session.expire_all()


def one_of(session, *numbers):
    """An officer said that these two are one."""
    told = [Indexes(name=bytes([number]) * 16, id=b"", phone=bytes([number]) * 16) for number in numbers]
    rows = [
        people.row(person_id=person(number), told=its, same_as=None, commune_id=factories.HA_TU, now=at(0))
        for number, its in zip(numbers, told, strict=True)
    ]
    session.execute(sa.insert(Person.__table__), rows)
    one, other = sorted(map(person, numbers))
    session.add(Pair(id=UUID(int=1), one_id=one, other_id=other, likeness=1, state=SAME, found_at=at(0)))
    joins.regroup(session)


@pytest.mark.parametrize(("as_one", "counts"), [(True, [(1, 0), (0, 0), (0, 0), (0, 1), (1, 0)]),
                                                (False, [(1, 0), (1, 0), (0, 1), (0, 1), (2, 0)])])  # fmt: skip
def test_who_was_joined_is_counted_as_one_who_comes_with_the_first_and_goes_with_the_last(
    app, session, town, as_one, counts
):
    now, case = at(3000), None
    stays = [(0, 0, 60), (1, 30, 60), (2, 45, 60)]
    given_rows = [
        Row(UUID(int=n + 1), person(who), at(entered), None, at(entered + stay), at(entered + stay))
        for n, (who, entered, stay) in enumerate(stays)
    ]
    if as_one:
        one_of(session, 1, 2)
    store(session, town, given_rows[:2], ["mall"] * 2)
    case, *_ = opened(session, now)
    found = [together(app, session, now)[case.id]]
    store(session, town, given_rows, ["mall"] * 3)
    session.expire_all()
    found.append(together(app, session, now)[case.id])
    # The case left before the one of them came, then before the other did; and at last it did not.
    for minute in (40, 20, 60):
        ends(session, 1, minute)
        found.append(together(app, session, now)[case.id])
    assert [(change.came, change.went) for change in found] == counts and all(change.rows for change in found)


def test_a_block_asks_the_database_as_often_for_many_cases_as_for_one(app, session, town):
    now = at(3000)
    given_rows = [
        Row(UUID(int=n + 1), person(n % PEOPLE), at(30 * n), None, at(30 * n + 60), at(30 * n + 60)) for n in range(20)
    ]
    store(session, town, given_rows, ["mall"] * 20)
    opened(session, now)
    session.execute(sa.update(Case).values(disease="covid-19"))
    together(app, session, now)
    ids = list(session.scalars(sa.select(Case.id).order_by(Case.seq)))
    asked, counts = [], []

    def listen(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    for many in (1, PEOPLE):
        spans = [(case, deriving.whole(case, factories.rules(app), now)) for case in derived.held(session, ids[:many])]
        asked.clear()
        sa.event.listen(session.get_bind(), "before_cursor_execute", listen)
        deriving.derive(session, spans)
        sa.event.remove(session.get_bind(), "before_cursor_execute", listen)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


def test_a_moment_that_python_does_not_have_stops_no_case():
    assert derived.moment("2026-11-20 05:11:25.4+00") - timedelta(0) == derived.moment("2026-11-20 05:11:25.400000")
    assert derived.moment("infinity") > derived.moment("2026-11-20 05:11:25") > derived.moment("-infinity")
    assert derived.moment("44000-01-01 00:00:00+00") > derived.moment("0001-01-01 00:00:00+00 BC")
