"""One visit for a stay and the worst word of the day, in whatever order scans arrive, against a plain oracle."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.db import db
from checkin.declarations.told import Told
from checkin.declarations.triage import Answers
from checkin.desk import service
from checkin.desk.shown import Shown
from checkin.ids import new_id
from checkin.venues import service as venues
from checkin.venues.models import Venue
from checkin.visits.stays import default_stay
from checkin.zones import queries as zone_queries
from tests import cast, factories
from tests.conftest import NOW
from tests.oracles import counter as oracle
from tests.worlds import inside, vault_of

ANSWERS = {"card": None, "asked": Answers(), "sick": Answers(symptoms=frozenset({"cough"}))}
MIDNIGHT = clock.day_bounds(clock.to_local(NOW).date())[0]
MINUTE = timedelta(minutes=1)
NOW_MINUTE = int((NOW - MIDNIGHT) / MINUTE)
SCANS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.one_of(st.integers(NOW_MINUTE - 300, NOW_MINUTE), st.just(NOW_MINUTE)),
        st.sampled_from(["card", "card", "asked", "sick"]),
        st.sampled_from([None, "A", "B"]),
    ),
    max_size=9,
)


@pytest.fixture
def here(sqlite):
    """The application and a venue; what an example writes is taken back."""
    app = sqlite.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        venue = factories.venue(session, vault, owner=owner)
        for name in "AB":
            venues.add_zone(session, now=NOW, actor=owner.actor, venue=venue, name=name)
        session.commit()
        return app, venue.id


@given(SCANS)
@example([("a", NOW_MINUTE, "card", None), ("a", NOW_MINUTE - 1, "card", None), ("a", NOW_MINUTE - 2, "card", None)])
@example([("a", -1, "sick", None), ("a", 0, "card", None)])
@example([("a", NOW_MINUTE - 20, "card", "A"), ("a", NOW_MINUTE, "card", "B"), ("a", NOW_MINUTE, "card", "A")])
@example([("a", NOW_MINUTE - 20, "card", None), ("a", NOW_MINUTE, "card", "B"), ("a", NOW_MINUTE, "card", None)])
@example([("a", NOW_MINUTE - 20, "card", "A"), ("a", NOW_MINUTE - 5, "card", "B")])
@settings(max_examples=25)
def test_what_the_counter_makes_of_scans_is_what_the_oracle_says(here, scans):
    app, venue_id = here
    with clock.fixed(NOW), inside(app):
        session, vault, rules = db.session(), vault_of(app), factories.rules(app)
        venue = session.get_one(Venue, venue_id)
        stay = int(default_stay(rules, venue.kind, venue.default_minutes) / MINUTE)
        expected = oracle.Counter(NOW_MINUTE, stay)
        who = {
            name: replace(cast.CITIZEN, phone="", id_number=f"02218500000{place}") for place, name in enumerate("ab")
        }
        zones = {zone.name: zone for zone in zone_queries.of_venue(session, venue_id)}
        for name, minute, kind, door in scans:
            done = service.record(
                session,
                vault,
                now=NOW,
                at=MIDNIGHT + minute * MINUTE,
                rules=rules,
                venue=venue,
                zone=zones.get(door),
                shown=Shown(Told(who=who[name], answers=ANSWERS[kind]), "card"),
                submission_id=new_id(NOW),
            )
            assert done.result == expected.scan(name, minute, kind, door)
        session.flush()
        doors = {None: "", **{zone.id: zone.name for zone in zones.values()}}
        found = sorted((v.entered_at, v.until_likely, doors[v.zone_id]) for v in factories.all_visits(session))
        session.rollback()
    assert found == sorted(
        (MIDNIGHT + visit["came"] * MINUTE, MIDNIGHT + visit["likely"] * MINUTE, visit["door"] or "")
        for visit in expected.visits
    )
