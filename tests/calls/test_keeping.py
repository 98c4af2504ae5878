"""How long a call is kept, and that it goes with the person who asks for it."""

import random
from datetime import timedelta

import sqlalchemy as sa

from checkin import clock
from checkin.calls import queries
from checkin.calls import service as calls
from checkin.calls.journeys import Journey
from checkin.calls.models import StationCall, StationStep
from checkin.ids import new_id
from checkin.people.models import Person
from checkin.stations import service as stations
from checkin.store import upkeep
from checkin.visits import service as visits
from tests import cast, factories
from tests.conftest import NOW

KEEP = 21


def declare(app, session, vault, *, at=NOW, ahead=0, who=cast.CITIZEN, kind="return"):
    day = clock.to_local(at).date()
    visits.open_day(session, day)
    return calls.declare(
        session, vault, now=at, rules=factories.rules(app), told=cast.coughing(who), submission_id=new_id(at),
        journey=Journey(kind=kind, day=day + timedelta(days=ahead), from_place="Bình Dương", vehicle="train"),
    )  # fmt: skip


def note(session, vault, actor):
    """Note a call for everybody on the list."""
    for told in queries.waiting(session, since=NOW - timedelta(days=400), most=99):
        if told.kept and not told.version:
            stations.called(
                session, vault=vault, now=NOW, actor=actor, call=told, result="reached", note="ghi", done=False
            )


def test_a_call_stays_so_long_after_its_day_and_after_it_was_made(app, session, vault):
    actor = factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU).actor
    shop = factories.venue(session, vault)
    chance = random.Random(7)
    cases = [(0, 0), (21, 0), (22, 0), (21, -14), (22, -14), (40, 18), (40, 19), (40, 30), (51, 29), (51, 30), (52, 30)]
    cases += [(chance.randrange(60), chance.randrange(-14, 31)) for _ in range(12)]
    for ago, ahead in cases:
        declare(app, session, vault, at=NOW - timedelta(days=ago), ahead=ahead)
    factories.check_in(app, session, vault, shop)  # else nobody knows that the clock is right
    note(session, vault, actor)
    session.commit()
    today = clock.to_local(NOW).date()
    # Declared ago, for a day that is now `ago - ahead` days past: whichever of the two is the younger one counts.
    stay = sorted(today - timedelta(days=ago - ahead) for ago, ahead in cases if min(ago, ago - ahead) <= KEEP)
    done = upkeep.expire(session, now=NOW, keep_days=KEEP, allowed_days=400)
    session.expire_all()
    assert sorted(session.scalars(sa.select(StationCall.day))) == stay
    assert done.calls == len(cases) - len(stay) > 0
    left = set(session.scalars(sa.select(StationCall.id)))
    assert set(session.scalars(sa.select(StationStep.call_id))) == left


def test_who_registered_weeks_ahead_is_still_somebody_when_the_day_of_the_declaration_is_gone(app, session, vault):
    declare(app, session, vault, at=NOW - timedelta(days=25), ahead=30)
    factories.check_in(app, session, vault, factories.venue(session, vault), cast.healthy(cast.NEIGHBOUR))
    session.commit()
    upkeep.expire(session, now=NOW, keep_days=KEEP, allowed_days=400)
    session.expire_all()
    (told,) = queries.waiting(session, since=NOW, most=9)
    assert session.get(Person, told.person_id) is not None
    assert vault.open(session.scalar(sa.select(StationCall.details)))["journey"]["from_place"] == "Bình Dương"


def test_a_person_is_forgotten_with_what_was_noted_and_nobody_else(app, session, vault):
    actor = factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU).actor
    declare(app, session, vault)
    declare(app, session, vault, who=cast.NEIGHBOUR)
    note(session, vault, actor)
    first = session.scalars(sa.select(StationCall.person_id).order_by(StationCall.id)).first()
    assert calls.forget_person(session, first) == 1
    assert len(session.scalars(sa.select(StationCall.id)).all()) == 1
    assert len(session.scalars(sa.select(StationStep.call_id)).all()) == 1
