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
from checkin.pagekeys import START, Spot
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


def person(case, vault, one):
    """Somebody of Hà Tu to call, due so many minutes after the hour."""
    start = NOW.replace(minute=0, second=0, microsecond=0)
    details = {"full_name": "Trần Văn Hưng", "met": [], "why": {"urgency": one.urgency}}
    return Contact(
        id=one.id, case_id=case.id, person_id=new_id(NOW), disease="covid-19", stage="call", stage_at=NOW,
        stage_by_name="x", given_at=NOW, commune_id=factories.HA_TU, due_at=start + timedelta(minutes=one.due),
        met_on=NOW.date(), details=vault.seal(details), version=1,
    )  # fmt: skip


@pytest.fixture
def case(session):
    return factories.case(session)


@settings(max_examples=25)
@drawn(st.one_of(MINUTES, ONE_HOUR), st.integers(1, 6), st.integers(1, 7))
def test_the_pages_of_a_station_are_its_list_cut_and_open_no_more_than_they_need(
    session, vault, case, told, most, each
):
    people = [SimpleNamespace(id=new_id(NOW), due=minute, urgency=urgency) for minute, urgency in told]
    seen = []

    class Counting:
        def open(self, sealed):
            seen.append(sealed)
            return vault.open(sealed)

    session.execute(sa.delete(Contact))
    for one in people:
        session.add(person(case, vault, one))
    session.flush()
    whole, station = plain_order(people, most), scope.Scope("commune", commune=factories.HA_TU)
    pages = [whole[start : start + each] for start in range(0, len(whole), each)]

    def page(spot):
        part = given.part(session, spot, limit=each)
        leaf = given.turns(session, Counting(), part)
        assert len(seen) <= each + 1 + 2 * most
        seen.clear()
        found = [turn.line.contact.id for turn in leaf.rows]
        assert part.size == len(found)  # what is on record
        return found, leaf

    with pytest.MonkeyPatch.context() as patch, scope.under(session, station):
        patch.setattr(given, "MOST", most)
        spot = START
        for number, expected in enumerate(pages):
            found, leaf = page(spot)
            assert found == expected
            assert (leaf.previous is None) == (number == 0)
            assert (leaf.following is None) == (number == len(pages) - 1)
            spot = Spot(leaf.following)
        for expected in pages[-2::-1]:
            found, leaf = page(Spot(leaf.previous, back=True))
            assert found == expected and leaf.following is not None
        assert leaf.previous is None


COMING = st.tuples(st.integers(0, 4 * 60), st.integers(0, 3))


@settings(max_examples=25)
@drawn(
    st.one_of(MINUTES, ONE_HOUR),
    st.integers(1, 6),
    st.lists(st.lists(st.one_of(st.integers(0, 40), COMING)), max_size=5),
)
def test_whom_nobody_called_meanwhile_comes_once_and_no_more_are_shown_than_are_on_record(
    session, vault, case, told, each, changes
):
    session.execute(sa.delete(Contact))
    known = [SimpleNamespace(id=new_id(NOW), due=minute, urgency=urgency) for minute, urgency in told]
    session.add_all(person(case, vault, one) for one in known)
    session.flush()
    stays, shown, spot, waves = {one.id for one in known}, [], START, iter(changes)
    with scope.under(session, scope.Scope("commune", commune=factories.HA_TU)):
        while True:
            part = given.part(session, spot, limit=each)
            leaf = given.turns(session, vault, part)
            found = [turn.line.contact.id for turn in leaf.rows]
            assert len(found) <= part.size <= each
            if spot != START and leaf.previous is None:
                break  # all behind have gone
            shown += found
            for change in next(waves, ()):
                if isinstance(change, tuple):
                    known.append(SimpleNamespace(id=new_id(NOW), due=change[0], urgency=change[1]))
                    session.add(person(case, vault, known[-1]))
                elif known:
                    gone = known.pop(change % len(known))
                    stays.discard(gone.id)
                    session.execute(sa.delete(Contact).where(Contact.id == gone.id))
            session.flush()
            if leaf.following is None:
                break
            spot = Spot(leaf.following)
    assert len(shown) == len(set(shown))
    assert [one for one in shown if one in stays] == [one for one in plain_order(known, 500) if one in stays]
