"""Shifts become visits: by the staff tier's round, of what an owner wrote at the public tier, on both databases."""

from datetime import timedelta

from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.workers.shifts import DAY, Change
from tests import cast
from tests.conftest import NOW
from tests.workers.conftest import FRIDAY, SEVEN, at
from tests.worlds import inside, vault_of


def test_it_writes_a_shift_that_has_begun_as_a_stay_whose_end_is_a_guess(market):
    market.add(zone_id=market.zone_id)
    assert market.round().written == 1
    (visit,) = market.visits()
    assert (visit.channel, visit.venue_id, visit.zone_id) == ("shift", market.venue_id, market.zone_id)
    assert (visit.entered_at, visit.until_likely, visit.until_latest) == (at(7), at(16), at(18))
    assert (visit.left_at, visit.end_set_by) == (None, "guessed")
    assert visit.masked_name == "T. V. Hưng"
    with inside(market.app):
        told = db.session().get_one(Declaration, (visit.declared_at, visit.declaration_id))
        assert (told.triage, told.has_symptoms, told.person_id) == ("none", None, visit.person_id)
        details = vault_of(market.app).open(told.details)
        assert (details["full_name"], details["phone"]) == (cast.NEIGHBOUR.full_name, cast.NEIGHBOUR.phone)


def test_it_writes_nothing_before_a_shift_begins_and_the_same_once_however_often_it_runs(market):
    market.add(now=at(6))
    assert market.round(at(6.5)).written == 0
    assert market.round(at(7)).written == 1
    assert [market.round(at(hour)).written for hour in (7, 8, 12)] == [0, 0, 0]
    assert market.round(at(7, FRIDAY + DAY)).written == 1
    assert [stay[0] for stay in market.stays()] == [at(7), at(7, FRIDAY + DAY)]


def test_it_follows_the_owner_through_other_hours_a_day_off_and_back(market):
    worker = market.add()
    market.round()
    market.do("set_day", worker, day=FRIDAY, change=Change(starts=8 * 60, ends=12 * 60))
    market.round()
    assert market.stays() == [(at(8), at(12), at(14), None)]
    market.do("set_day", worker, day=FRIDAY, change=Change(absent=True))
    assert market.round().removed == 1
    assert market.stays() == []
    market.do("set_day", worker, day=FRIDAY, change=None)
    market.round()
    assert market.stays() == [(at(7), at(16), at(18), None)]
    market.do("set_day", worker, day=FRIDAY, change=Change(starts=SEVEN, ends=16 * 60, left_at=at(9.5)))
    market.round()
    assert market.stays() == [(at(7), at(9.5), at(9.5), at(9.5))]
    assert market.visits()[0].end_set_by == "owner"


def test_a_day_that_is_over_stays_as_it_was_when_the_plan_changes(market):
    from checkin.workers.asked import Post

    worker = market.add()
    market.round()
    tomorrow = NOW + timedelta(days=1)
    market.do("change", worker, now=tomorrow, post=Post(None, "", 127, 5 * 60, 9 * 60))
    market.round(tomorrow)
    assert [stay[:2] for stay in market.stays()] == [(at(7), at(16)), (at(5, FRIDAY + DAY), at(9, FRIDAY + DAY))]
