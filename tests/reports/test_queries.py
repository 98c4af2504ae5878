"""Numbers without names: each in its day of the province and its commune."""

from datetime import UTC, date, datetime, timedelta

import pytest

from checkin import scope
from checkin.reports.queries import Overview, overview
from tests import cast, factories

# Midnight between the 19th and the 20th in the province.
MIDNIGHT = datetime(2026, 11, 19, 17, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
DAYS = [date(2026, 11, 19), date(2026, 11, 20)]


def asked_by(session, role, commune=None):
    """The session, in which this role asks from here on."""
    scope.enter(session, scope.Scope(role, commune=commune))
    return session


@pytest.fixture
def shops(session, vault):
    return {
        commune: factories.venue(session, vault, f"Cửa hàng {commune}", kind="shop", commune_id=commune)
        for commune in (factories.HA_TU, factories.HONG_GAI)
    }


def test_visits_count_in_their_day_of_the_province_and_where_the_venue_is(app, session, vault, shops):
    for commune, moments in (
        (factories.HA_TU, [MIDNIGHT - MOMENT, MIDNIGHT]),
        (factories.HONG_GAI, [MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=1) - MOMENT]),
    ):
        for moment in moments:
            factories.check_in(app, session, vault, shops[commune], at=moment)
    for outside in (MIDNIGHT - timedelta(days=1) - MOMENT, MIDNIGHT + timedelta(days=1)):
        factories.check_in(app, session, vault, shops[factories.HA_TU], at=outside)
    found = overview(asked_by(session, "command"), DAYS)
    assert found.visits_by_day == {DAYS[0]: 2, DAYS[1]: 2}
    assert found.visits_by_commune == {factories.HA_TU: 2, factories.HONG_GAI: 2}
    assert found.venues == 2


def test_declarations_count_where_the_person_lives(app, session, vault, shops):
    # Both live in Hà Tu and were seen in Hồng Gai.
    factories.check_in(app, session, vault, shops[factories.HONG_GAI], cast.coughing(), at=MIDNIGHT)
    factories.check_in(app, session, vault, shops[factories.HONG_GAI], cast.healthy(cast.NEIGHBOUR), at=MIDNIGHT)
    found = overview(asked_by(session, "command"), DAYS)
    assert found.triage == {"watch": 1, "routine": 1}
    assert found.help_by_commune == {factories.HA_TU: 1}


def test_somebody_from_nowhere_known_who_needs_help_is_counted_all_the_same(app, session, vault, shops):
    who = cast.Identity(
        full_name="Lan", birth_year=1990, gender="female", phone="+84904118227", province_id=None, commune_id=None
    )
    factories.check_in(app, session, vault, shops[factories.HA_TU], cast.coughing(who), at=MIDNIGHT)
    assert overview(asked_by(session, "command"), DAYS).help_by_commune == {"": 1}


def test_a_commune_sees_its_own_venues_and_people_alone(app, session, vault, shops):
    factories.check_in(app, session, vault, shops[factories.HONG_GAI], cast.coughing(), at=MIDNIGHT)
    there = overview(asked_by(session, "commune", factories.HONG_GAI), DAYS)
    assert (there.venues, there.visits_by_day[DAYS[1]], there.triage) == (1, 1, {})
    home = overview(asked_by(session, "commune", factories.HA_TU), DAYS)
    assert (home.venues, home.visits_by_day[DAYS[1]], home.triage) == (1, 0, {"watch": 1})


def test_a_day_without_visits_is_a_nought(session, shops):
    found = overview(asked_by(session, "command"), DAYS)
    assert [found.visits_by_day[day] for day in DAYS] == [0, 0]


def test_no_days_are_no_visits_but_the_venues_are_there(session, shops):
    assert overview(asked_by(session, "command"), []) == Overview(venues=2)


def test_a_commune_that_does_not_exist_has_nothing(app, session, vault, shops):
    factories.check_in(app, session, vault, shops[factories.HA_TU], at=MIDNIGHT)
    assert overview(asked_by(session, "commune", "99999"), DAYS) == Overview()
