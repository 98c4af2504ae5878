"""The contacts of a case: PostgreSQL, SQLite and the oracle say the same of every town, and their edges one by one."""

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin.db import db
from checkin.exposure import ranking
from checkin.venues import queries as venues
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter, meeting
from tests import worlds
from tests.exposure.stays import CAP, Row, at, person
from tests.exposure.town import build, store
from tests.exposure.towns import Batch, asked_of, by_the_oracle, by_the_product, differing, edges, write

SIZE = 50
SHORT, LONG = 4, 200  # batches
HOW = {"air": timedelta(), "cap": timedelta(minutes=CAP), "excluding": ()}


def compare(batches, databases):
    """How many towns all said the same of, and those edges that too few of them had to prove anything."""
    agreed, seen = 0, Counter()
    for number in range(batches):
        batch = Batch(number, SIZE)
        right = by_the_oracle(batch)
        for world in databases:
            with worlds.inside(world.app()):
                write(db.session, batch)
                assert differing(batch, right, by_the_product(db.session, batch)) == [], world.kind
                db.session.rollback()
        agreed += len(right)
        seen.update(edges(batch.towns()))
    return agreed, {edge: towns for edge, towns in seen.items() if towns < agreed / 100}


@pytest.mark.postgresql
def test_both_databases_say_what_the_oracle_says_of_200_towns(sqlite, postgresql):
    assert compare(SHORT, (sqlite, postgresql)) == (200, {})


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.postgresql
@pytest.mark.wide
def test_both_databases_say_what_the_oracle_says_of_10000_towns(sqlite, postgresql):
    assert compare(LONG, (sqlite, postgresql)) == (10_000, {})


@pytest.fixture
def town(session, vault):
    return build(session, vault)


def found(session, encounters, *, first=0, limit=50, **how):
    return ranking.contacts(session, encounters, first=first, limit=limit, **(HOW | how))


@contextmanager
def statements(session):
    """What is sent to the database meanwhile: (statement, parameters)."""
    sent = []

    def note(_connection, _cursor, statement, parameters, *_):
        sent.append((statement, parameters))

    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    yield sent
    sa.event.remove(session.get_bind(), "before_cursor_execute", note)


def minutes(contacts):
    return [(one.person_id.int - 1, one.certain_minutes, one.possible_minutes) for one in contacts.people]


def stay(number, who, entered, left=None, latest=None):
    until = latest if left is None else left
    return Row(UUID(int=number), person(who), at(entered), None if left is None else at(left), at(entered), at(until))


def test_whoever_was_at_the_door_with_the_case_is_on_the_list_with_zero_minutes(session, town):
    store(session, town, [stay(1, 1, 0, left=60), stay(2, 2, 90, left=99), stay(3, 3, 91, left=99)], ["shop"] * 3)
    assert minutes(found(session, [Encounter((town.ids["shop"],), at(60), at(90), True)])) == [(1, 0, 0), (2, 0, 0)]


def test_minutes_of_several_days_add_up_and_those_side_by_side_count_once(session, town):
    day = 1440
    rows = [
        stay(1, 1, 0, left=30),
        stay(2, 1, 10, left=40),  # beside the first
        stay(3, 1, 50, left=60),
        stay(4, 1, day, left=day + 5.5),
        stay(5, 1, day + 10, latest=day + 20.5),
    ]
    store(session, town, rows, ["shop"] * 5)
    case = [
        Encounter((town.ids["shop"],), at(0), at(100), True),
        Encounter((town.ids["shop"],), at(day), at(1500), True),
    ]
    contacts = found(session, case)
    assert minutes(contacts) == [(1, 55, 66)]
    assert (contacts.people[0].encounters, contacts.people[0].first_at) == (2, at(0))


def test_nothing_is_certain_where_nobody_knows_when_the_case_left(session, town):
    store(session, town, [stay(1, 1, 0, left=60)], ["shop"])
    assert minutes(found(session, [Encounter((town.ids["shop"],), at(0), at(30), False)])) == [(1, 0, 30)]


def test_who_came_into_the_air_that_the_case_left_behind_met_it_there(session, town):
    store(session, town, [stay(1, 1, 100, left=130), stay(2, 2, 151, left=160)], ["shop"] * 2)
    case = [Encounter((town.ids["shop"],), at(0), at(30), True)]
    assert minutes(found(session, case)) == []
    assert minutes(found(session, case, air=timedelta(minutes=120))) == [(1, 30, 30)]


def test_who_was_in_the_kiosk_met_a_case_in_the_mall_but_not_the_other_way(session, town):
    store(session, town, [stay(1, 1, 0, left=60), stay(2, 2, 0, left=50)], ["stall", "mall"])
    inside = venues.inside_each(session, [town.ids["mall"], town.ids["stall"], UUID(int=5)])
    assert inside[UUID(int=5)] == ()
    assert minutes(found(session, [Encounter(inside[town.ids["mall"]], at(0), at(60), True)])) == [
        (1, 60, 60),
        (2, 50, 50),
    ]
    assert minutes(found(session, [Encounter(inside[town.ids["stall"]], at(0), at(60), True)])) == [(1, 60, 60)]


def test_a_microsecond_short_of_a_minute_is_no_minute(session, town):
    almost = 1 - 1 / 60_000_000
    store(session, town, [stay(1, 1, 0, left=almost), stay(2, 2, 0.99, left=1.99)], ["shop"] * 2)
    assert minutes(found(session, [Encounter((town.ids["shop"],), at(0), at(90), True)])) == [(2, 1, 1), (1, 0, 0)]


def test_pages_follow_one_another_and_each_knows_how_many_there_are(session, town):
    rows = [stay(n, n, n, left=n + 30) if n % 2 else stay(n, n, n, latest=n + 30) for n in range(1, 12)]
    store(session, town, rows, ["shop"] * 11)
    case = [Encounter((town.ids["shop"],), at(0), at(20), True)]
    whole = found(session, case)
    assert [who for who, *_ in minutes(whole)] == [1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10]
    pages = [found(session, case, first=first, limit=4) for first in (0, 4, 8, 12, 400)]
    assert [one for page in pages for one in page.people] == whole.people
    assert [len(page.people) for page in pages] == [4, 4, 3, 0, 0]
    assert {(page.total, page.certain) for page in pages} == {(11, 6)}


def test_nobody_met_a_case_without_visits_or_one_of_a_venue_that_is_no_more(session, town):
    store(session, town, [stay(1, 1, 0, left=60)], ["shop"])
    for case in ([], [Encounter((), at(0), at(60), True)], [Encounter((UUID(int=5),), at(0), at(60), True)]):
        assert found(session, case) == ranking.Contacts(0, 0, [])


def test_the_stays_that_met_a_case_come_with_the_encounter_and_whichever_columns_are_asked_for(session, town):
    store(session, town, [stay(1, 1, 0, left=60), stay(2, 2, 0, left=60), stay(3, 3, 70, left=80)], ["shop"] * 3)
    shop = (town.ids["shop"],)
    case = [Encounter(shop, at(50), at(55), True), Encounter(shop, at(60), at(75), True)]
    rows = session.execute(meeting(session, case, "id", **(HOW | {"excluding": [person(2)]})).order_by("number", "id"))
    assert [(row.number, row.id.int) for row in rows] == [(0, 1), (1, 1), (1, 3)]
    whole = meeting(session, case, **HOW).subquery()
    assert set(Visit.__table__.c.keys()) <= set(whole.c.keys())


def test_another_store_of_the_same_columns_can_be_read_instead(session, town):
    store(session, town, [stay(1, 1, 0, left=60), stay(2, 2, 0, left=60)], ["shop"] * 2)
    kept = sa.select(Visit.__table__).where(Visit.person_id == person(2)).subquery("kept")
    assert minutes(found(session, [Encounter((town.ids["shop"],), at(0), at(9), True)], store=kept)) == [(2, 9, 9)]


def test_a_case_is_read_with_one_statement_however_many_stays_it_has(session, town):
    batch = Batch(0, SIZE)
    write(session, batch)
    asked = asked_of(session, batch)
    with statements(session) as sent:
        ranking.contacts(session, **asked, first=0, limit=50)
    assert len(asked["encounters"]) > 100 and len(sent) == 1 and len(sent[0][0]) < 5000


FILL = """
INSERT INTO visit (id, entered_at, venue_id, person_id, end_set_by, until_likely, until_latest, channel, masked_name)
SELECT (lpad(to_hex(n), 32, '0'))::uuid, came, (lpad(to_hex(n % 100), 32, '0'))::uuid, (lpad(to_hex(n), 32, '0'))::uuid,
    'guessed', came, came, 'own_phone', ''
FROM generate_series(1, 9000) n, LATERAL (SELECT timestamptz '2026-11-18 17:00Z' + n * interval '28 seconds' AS came) m
"""


@pytest.mark.postgresql
def test_postgresql_reads_the_days_in_question_alone_and_their_index_alone(postgresql):
    with worlds.inside(postgresql.app()):
        # Days as small as these are read whole otherwise, whatever index they have.
        away = [f"SET LOCAL enable_{way} = off" for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin")]
        for statement in (FILL, "ANALYZE visit", *away):
            db.session.execute(sa.text(statement))
        case = [Encounter((UUID(int=1),), at(0), at(30), True), Encounter((UUID(int=2),), at(1440), at(2000), True)]
        with statements(db.session) as sent:
            ranking.contacts(db.session, case, first=0, limit=50, **HOW)
        cursor = db.session.connection().connection.cursor()
        plan = cursor.execute("EXPLAIN " + sent[0][0], sent[0][1]).fetchall()
        db.session.rollback()
    scans = [line.split(" on ")[1].split()[0] for (line,) in plan if "Index Only Scan" in line]
    assert scans == ["visit_20261119", "visit_20261120", "visit_20261121"]
    assert sum("visit_2026" in line for (line,) in plan if "Scan" in line) == 3
