"""Days that are over: no change of a plan reaches them, and nothing of them goes; on both databases."""

import pytest

from checkin import clock, scope
from checkin.audit.models import AuditEntry, AuditWaiting
from checkin.db import db
from checkin.errors import AccessDenied, DomainError
from checkin.venues import service as venues
from checkin.venues.models import Venue
from checkin.workers.models import Worker
from checkin.workers.service import Post
from checkin.workers.shifts import DAY, Change
from tests import cast, factories
from tests.workers.conftest import FRIDAY, SEVEN, SIXTEEN, at
from tests.worlds import inside, vault_of

FRIDAYS, EVERY = 1 << 4, 127


def owners(market, what, now):
    """Something that the owner does with the venue."""
    with inside(market.world.app("public")):
        session = db.session()
        scope.enter(session, scope.Scope("owner", market.owner_id))
        owner = session.get_one(factories.Account, market.owner_id)
        what(session, now=now, actor=owner.actor, venue=session.get_one(Venue, market.venue_id))
        session.commit()


def staffs(market, what, now):
    """Something that staff do with the venue."""
    with clock.fixed(now), inside(market.app):
        session = db.session()
        actor = session.query(factories.Account).filter_by(role="cdc").first()
        actor = actor or factories.account(session, vault_of(market.app), "cdc", cast.CDC)
        what(session, now=now, actor=actor.actor, venue_id=market.venue_id, reason="Kiểm tra")
        session.commit()


def begun(market):
    return [stay[0] for stay in market.stays()]


def test_weekdays_that_are_added_reach_no_day_before(market):
    worker = market.add(now=at(6), weekdays=FRIDAYS)
    market.round(at(8))
    monday = FRIDAY + 3 * DAY
    market.do("change", worker, now=at(9, monday), post=Post(None, "", EVERY, SEVEN, SIXTEEN))
    market.round(at(9.1, monday))
    assert begun(market) == [at(7), at(7, monday)]
    # But for a day of which the owner says by itself that they worked.
    change = Change(starts=SEVEN, ends=SIXTEEN)
    market.do("set_day", worker, now=at(9.2, monday), day=monday - DAY, change=change)
    market.round(at(9.3, monday))
    assert begun(market) == [at(7), at(7, monday - DAY), at(7, monday)]


def test_who_comes_back_worked_on_no_day_between(market):
    worker = market.add(now=at(6))
    market.round(at(8))
    market.do("leave", worker, now=at(9))
    back = FRIDAY + 3 * DAY
    market.do("come_back", worker, now=at(9, back))
    market.round(at(9.1, back))
    assert begun(market) == [at(7), at(7, back)]


def test_nobody_comes_back_once_it_is_shown_no_more(market):
    worker = market.add(now=at(6))
    market.do("leave", worker, now=at(9))
    with pytest.raises(AccessDenied):
        market.do("come_back", worker, now=at(9, FRIDAY + 8 * DAY))
    market.do("come_back", worker, now=at(9, FRIDAY + 7 * DAY))


@pytest.mark.parametrize("looks", [(8, *range(9, 80)), (8, 31, 37, 43, 48, 54, 60, 66, 72, 78)])
@pytest.mark.parametrize("by", ["owner", "staff"])
def test_a_place_that_is_closed_or_suspended_has_no_shifts_until_it_opens_and_none_of_before(market, by, looks):
    end, again = (venues.close, venues.reopen) if by == "owner" else (venues.suspend, venues.lift)
    act = owners if by == "owner" else staffs
    market.add(now=at(6))
    market.round(at(looks[0]))
    act(market, end, at(9))
    for hours in looks[1:]:
        market.round(at(hours))
    assert begun(market) == [at(7)]
    with pytest.raises(DomainError, match="closed" if by == "owner" else "suspended"):
        market.add(cast.coughing().who, now=at(80))
    monday = FRIDAY + 3 * DAY
    act(market, again, at(9, monday))
    for hours in range(81, 90):
        market.round(at(hours))
    assert begun(market) == [at(7), at(7, monday)]


def test_of_a_day_that_is_over_nothing_goes_and_what_is_said_otherwise_is_marked(market):
    worker = market.add(now=at(6))
    market.round(at(8))
    next_day = FRIDAY + DAY
    market.round(at(8, next_day))

    def say(change, hour):
        market.do("set_day", worker, now=at(hour, next_day), day=FRIDAY, change=change)
        market.round(at(hour + 0.1, next_day))
        return [(*stay[:2], one.flags) for stay, one in zip(market.stays(), market.visits(), strict=True)][:-1]

    planned = (at(7), at(16))
    assert say(Change(absent=True), 9) == [(*planned, "shift denied")]
    assert say(None, 10) == [(*planned, "shift")]
    # Shorter, or an end that somebody remembers: what was written stays.
    assert say(Change(starts=8 * 60, ends=12 * 60), 11) == [(*planned, "shift denied")]
    assert say(Change(starts=SEVEN, ends=SIXTEEN, left_at=at(9.5)), 12) == [(*planned, "shift denied")]
    # Longer: it is added.
    assert say(Change(starts=6 * 60, ends=18 * 60), 13) == [
        (at(6), at(12), "shift"), (at(7), at(16), "shift denied"), (at(12), at(18), "shift"),
    ]  # fmt: skip
    again = say(Change(starts=6 * 60, ends=18 * 60), 14)
    assert again[0][0] == at(6) and max(one[1] for one in again) == at(18)
    assert market.round(at(15, next_day)).written == 0


def test_the_log_says_of_which_day_it_was(market):
    worker = market.add(now=at(6))
    market.do("set_day", worker, now=at(9), day=FRIDAY, change=Change(absent=True))
    with inside(market.app):
        kind = AuditEntry if market.world.kind == "sqlite" else AuditWaiting
        found = db.session().query(kind).filter_by(action="worker.day").one()
        assert "2026-11-20" in str(found.detail) and "absent" in str(found.detail)


def test_a_part_of_a_night_begins_after_midnight(market):
    market.add(now=at(17), starts=18 * 60, ends=18 * 60)
    for hour in (18.1, 25, 26.1, 30, 34.1):
        market.round(at(hour))
    assert begun(market) == [at(18), at(26), at(34)]


def test_of_somebody_whom_no_round_has_seen_only_the_last_days_are_believed(market):
    market.add(now=at(6))
    with inside(market.app):
        db.session().query(Worker).update({"first_day": FRIDAY - 20 * DAY, "planned_from": FRIDAY - 20 * DAY})
        db.session().commit()
    market.round(at(8))
    assert begun(market) == [at(7, FRIDAY - number * DAY) for number in (3, 2, 1, 0)]
