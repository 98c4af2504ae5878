"""Whom the CDC gave to a station, page by page, against an order that reads the whole list at once."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from checkin import scope
from checkin.contacts.models import Contact
from checkin.ids import new_id
from checkin.stations import given
from tests import factories
from tests.conftest import NOW

MINUTES = st.lists(st.tuples(st.integers(0, 4 * 60), st.integers(0, 3)), min_size=1, max_size=30)
# Nearly all of them in one hour, as a list from elsewhere makes it.
ONE_HOUR = st.lists(st.tuples(st.integers(70, 75), st.integers(0, 100)), min_size=8, max_size=30)


def plain_order(people, most):
    """By hour; of each the first so many by how urgent they are, then the others as they are due."""
    hours = {}
    for one in sorted(people, key=lambda one: (one.due, one.id)):
        hours.setdefault(one.due // 60, []).append(one)
    listed = []
    for _, of_hour in sorted(hours.items()):
        listed += sorted(of_hour[:most], key=lambda one: -one.urgency) + of_hour[most:]
    return [one.id for one in listed]


@pytest.fixture
def case(session):
    return factories.case(session)


@settings(max_examples=25)
@drawn(st.one_of(MINUTES, ONE_HOUR), st.integers(1, 6), st.integers(1, 7))
def test_the_pages_of_a_station_are_its_list_cut_and_open_no_more_than_they_need(
    session, vault, case, told, most, each
):
    people = [SimpleNamespace(id=new_id(NOW), due=minute, urgency=urgency) for minute, urgency in told]
    start = NOW.replace(minute=0, second=0, microsecond=0)
    seen = []

    class Counting:
        def open(self, sealed):
            seen.append(sealed)
            return vault.open(sealed)

    session.execute(sa.delete(Contact))
    for one in people:
        details = {"full_name": "Trần Văn Hưng", "met": [], "why": {"urgency": one.urgency}}
        session.add(Contact(
            id=one.id, case_id=case.id, person_id=new_id(NOW), disease="covid-19", stage="call", stage_at=NOW,
            stage_by_name="x", given_at=NOW, commune_id=factories.HA_TU, due_at=start + timedelta(minutes=one.due),
            met_on=NOW.date(), details=vault.seal(details), version=1,
        ))  # fmt: skip
    session.flush()
    shown = []
    station = scope.Scope("commune", commune=factories.HA_TU)
    with pytest.MonkeyPatch.context() as patch, scope.under(session, station):
        patch.setattr(given, "MOST", most)
        while page := given.turns(session, Counting(), given.part(session, first=len(shown), limit=each)):
            assert len(page) <= each and len(seen) <= each + 2 * most
            seen.clear()
            shown += [turn.line.contact.id for turn in page]
    assert shown == plain_order(people, most)
