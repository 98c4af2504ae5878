"""The nightly round on both databases: what goes, what stays, and what is written down."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.audit.queries import broken_link
from checkin.db import Model, db
from checkin.declarations.models import Declaration
from checkin.declarations.told import Told
from checkin.people.models import Person
from checkin.store import queries, service, upkeep
from checkin.store.retention import Refused
from checkin.visits import service as visits
from checkin.visits.models import Submission, Visit
from checkin.visits.signals import day_expiring
from tests import cast, factories
from tests.conftest import NOW
from tests.oracles.retention import stays

KEEP = 21
DAY = timedelta(days=1)


def ago(days, **more):
    return NOW - timedelta(days=days, **more)


def seen(session, model, column):
    return sorted(session.scalars(sa.select(column)))


def visit(app, session, vault, shop, at, who=None):
    visits.open_day(session, clock.to_local(at).date())
    return factories.check_in(app, session, vault, shop, who or cast.healthy(), at=at)


def expire(session, now=NOW, **said):
    session.commit()
    done = upkeep.expire(session, now=now, keep_days=KEEP, **{"allowed_days": 400, **said})
    session.expire_all()
    return done


@pytest.fixture
def shop(session, vault):
    """A venue where people check in."""
    return factories.venue(session, vault)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_left_after_a_night_is_what_was_promised(app, session, vault, shop, seed):
    chance = random.Random(seed)
    midnight = clock.day_bounds(date(2026, 10, 30))[0]
    moments = [ago(chance.randrange(0, 30), seconds=chance.randrange(86_400)) for _ in range(40)]
    moments += [midnight + timedelta(days=n, microseconds=edge) for n in (-1, 0, 1) for edge in (-1, 0, 1)]
    for at in sorted(moments):
        visit(app, session, vault, shop, at)
    visit(app, session, vault, shop, NOW)
    moments.append(NOW)
    done = expire(session)
    kept = sorted(at for at in moments if stays(at, NOW, KEEP))
    assert seen(session, Visit, Visit.entered_at) == kept
    assert seen(session, Declaration, Declaration.made_at) == kept
    assert done.visits == done.declarations == len(moments) - len(kept)
    assert broken_link(session) is None


def test_the_round_writes_down_what_it_did(app, session, vault, shop):
    visit(app, session, vault, shop, ago(30))
    visit(app, session, vault, shop, ago(0), cast.healthy(cast.NEIGHBOUR))
    expire(session)
    entries = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "store.expire").order_by(AuditEntry.seq)
    ).all()
    assert [(entry.rows, entry.detail) for entry in entries] == [
        (2, {"day": "2026-10-21", "visits": 1, "declarations": 1}),
        (2, {"people": 1, "submissions": 1}),
    ]
    assert {entry.actor for entry in entries} == {"visits expire"}


def test_a_second_round_finds_nothing_and_writes_nothing(app, session, vault, shop):
    visit(app, session, vault, shop, ago(30))
    visit(app, session, vault, shop, NOW)
    expire(session)
    before = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    again = expire(session)
    assert again == upkeep.Done()
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == before


def test_people_go_with_the_last_thing_that_refers_to_them(app, session, vault, shop):
    visit(app, session, vault, shop, ago(30), cast.healthy())
    visit(app, session, vault, shop, ago(5), cast.healthy())  # comes back: stays
    visit(app, session, vault, shop, ago(29), cast.healthy(cast.NEIGHBOUR))  # never again: goes
    visit(app, session, vault, shop, NOW, cast.coughing())
    before = set(session.scalars(sa.select(Person.id)))
    expire(session)
    left = set(session.scalars(sa.select(Person.id)))
    assert len(before) == 2
    assert left == set(session.scalars(sa.select(Visit.person_id)))


def test_later_rows_of_a_person_go_with_the_first(app, session, vault, shop):
    told = cast.healthy()
    visit(app, session, vault, shop, ago(30), told)
    visit(app, session, vault, shop, ago(29), Told(who=replace(told.who, phone="+84912000111")))
    visit(app, session, vault, shop, NOW, cast.healthy(cast.NEIGHBOUR))
    assert session.scalar(sa.select(sa.func.count()).where(Person.same_as.is_not(None))) == 1
    assert expire(session).people == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1


def test_every_table_with_people_counts_as_a_reference():
    named = {table.name for table in Model.metadata.sorted_tables if "person_id" in table.c}
    assert {"visit", "declaration"} <= named
    condition = str(queries.referred_to(sa.literal(UUID(int=0), sa.Uuid)))
    assert all(f"FROM {name}" in condition or f'FROM "{name}"' in condition for name in named)


def test_forms_are_known_for_as_long_as_they_can_be_sent_again(app, session, vault, shop):
    for days in (0, 1, 2, 3, 4):
        visit(app, session, vault, shop, ago(days, seconds=1))
    visit(app, session, vault, shop, NOW)
    assert expire(session).submissions == 2
    assert min(session.scalars(sa.select(Submission.received_at))) == ago(2, seconds=1)


def test_a_refused_round_touches_nothing(app, session, vault, shop):
    for days in (30, 29, 28, 27):
        visit(app, session, vault, shop, ago(days))
    visit(app, session, vault, shop, NOW)
    session.commit()
    with pytest.raises(Refused):
        upkeep.expire(session, now=NOW, keep_days=KEEP)
    with pytest.raises(Refused):
        upkeep.expire(session, now=NOW + 300 * DAY, keep_days=KEEP)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 5


def test_those_who_need_a_day_longer_are_asked_before_it_goes(app, session, vault, shop):
    visit(app, session, vault, shop, ago(30))
    visit(app, session, vault, shop, NOW)
    there = []

    def keep(asked, *, start, end, now):
        there.append(asked.scalar(sa.select(sa.func.count()).where(Visit.entered_at >= start, Visit.entered_at < end)))

    with day_expiring.connected_to(keep):
        expire(session)
    assert sum(there) == 1


def test_when_the_copy_for_a_case_fails_the_day_stays(app, session, vault, shop):
    visit(app, session, vault, shop, ago(30))
    visit(app, session, vault, shop, NOW)
    session.commit()

    def fail(_session, **_span):
        raise RuntimeError("no room")

    with day_expiring.connected_to(fail), pytest.raises(RuntimeError):
        upkeep.expire(session, now=NOW, keep_days=KEEP)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 2


def test_the_command_says_what_would_go_and_then_what_went(world, app, session, vault, shop):
    visit(app, session, vault, shop, ago(30))
    visit(app, session, vault, shop, NOW)
    session.commit()
    run = app.test_cli_runner()
    said = run.invoke(args=["visits", "expire", "--dry-run"])
    assert (said.exit_code, said.output) == (0, "kept: 21 days. Would go: 21/10/2026\n")
    assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 2
    session.rollback()
    went = run.invoke(args=["visits", "expire"])
    assert went.exit_code == 0, went.output
    assert (
        went.output.splitlines()[-1]
        == "gone: 1 days with 1 visits and 1 declarations, 0 people, 1 forms, 0 calls of stations"
    )


def test_the_command_refuses_in_words(app, session, vault, shop):
    for days in (30, 29, 28, 27):
        visit(app, session, vault, shop, ago(days))
    visit(app, session, vault, shop, NOW)
    session.commit()
    said = app.test_cli_runner().invoke(args=["visits", "expire"])
    assert said.exit_code == 1
    assert "--days 4" in said.output
    assert "Traceback" not in said.output


def test_days_are_listed_with_the_province_clock(app, session, vault, shop):
    late = datetime(2026, 11, 19, 16, 59, tzinfo=UTC)
    visit(app, session, vault, shop, late)
    visit(app, session, vault, shop, late + timedelta(minutes=1))
    session.flush()
    held = [day for day in queries.days(session) if queries.holds(session, day)]
    assert held == [date(2026, 11, 19), date(2026, 11, 20)]
    assert queries.stored(session, held[0]) == queries.Stored(1, 1)
    service.drop_day(session, now=NOW, actor=factories.SYSTEM, day=held[0])
    assert seen(session, Visit, Visit.entered_at) == [late + timedelta(minutes=1)]
    db.session.rollback()
