"""What the database tells the public role for a device at the counter, tried as that role."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from checkin import clock
from checkin.db import db
from checkin.desk import service
from checkin.desk.models import DeskLink
from tests import cast, factories
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.postgresql


@pytest.fixture
def asked(postgresql):
    """A connection as the public role, the scope of a joined device, and who was where."""
    app, now = postgresql.app(), clock.now()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        mine = factories.venue(session, vault, owner=binh)
        theirs = factories.venue(session, vault, "Quán của Chi")
        link, code = service.make(session, vault, now=now, actor=binh.actor, venue=mine, name="Bảo vệ")
        scope = service.hash_of(vault, service.join(session, vault, now=now, code=code, device_kind="")).hex()
        here = factories.check_in(app, session, vault, mine, cast.coughing(), at=now)
        there = factories.check_in(app, session, vault, theirs, cast.healthy(cast.NEIGHBOUR), at=now)
        sick = factories.check_in(
            app, session, vault, theirs, cast.coughing(replace(cast.NEIGHBOUR, birth_year=1951)), at=now
        )
        session.commit()
        people = {visit.id: visit.person_id for visit in factories.all_visits(session)}
        ids = {"link": link.id, "here": here.visit_id, "cough": people[here.visit_id], "well": people[there.visit_id],
               "sick there": people[sick.visit_id]}  # fmt: skip
    with psycopg.connect(postgresql.urls["public"]) as connection:
        yield connection, scope, ids


def told(connection, scope, person, at):
    """(the word for today, the visits here that may last) within a scope."""
    connection.rollback()
    connection.execute("SELECT set_config('checkin.desk', %s, true)", (scope,))
    word = connection.execute("SELECT desk_result(%s)", (person,)).fetchone()[0]
    return word, [row[0] for row in connection.execute("SELECT id FROM desk_open(%s, %s)", (person, at))]


def test_a_device_is_told_a_word_of_anybody_and_visits_of_its_own_venue_alone(asked):
    connection, scope, ids = asked
    at = clock.now()
    assert told(connection, scope, ids["cough"], at) == ("help", [ids["here"]])
    assert told(connection, scope, ids["well"], at) == ("declared", [])
    assert told(connection, scope, ids["link"], at) == ("none", [])


def test_of_a_yes_at_another_venue_a_device_is_told_that_there_is_a_form_and_no_more(asked):
    connection, scope, ids = asked
    assert told(connection, scope, ids["sick there"], clock.now()) == ("declared", [])


@pytest.mark.parametrize("scope", ["", "00" * 16, "%", "' OR '1'='1"])
def test_without_a_joined_device_nothing_is_told(asked, scope):
    connection, _, ids = asked
    assert told(connection, scope, ids["cough"], clock.now()) == (None, [])


def test_an_ended_device_is_told_nothing(postgresql, asked):
    connection, scope, ids = asked
    with inside(postgresql.app()):
        db.session.get_one(DeskLink, ids["link"]).revoked_at = clock.now()
        db.session.commit()
    assert told(connection, scope, ids["cough"], clock.now()) == (None, [])


def test_a_visit_that_is_over_or_to_come_is_not_open(asked):
    connection, scope, ids = asked
    for away in (timedelta(hours=-1), timedelta(hours=30)):
        assert told(connection, scope, ids["cough"], clock.now() + away)[1] == []


def test_the_device_still_reads_no_declaration_and_changes_no_visit(asked):
    connection, scope, ids = asked
    told(connection, scope, ids["cough"], clock.now())
    assert connection.execute("SELECT count(*) FROM visit").fetchone() == (0,)
    assert connection.execute("UPDATE visit SET left_at = now()").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT triage FROM declaration")
