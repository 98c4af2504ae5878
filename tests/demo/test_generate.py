"""The pure generators: repeatable, whole, and true to the forms that the rest of the system checks."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.demo import numbers
from checkin.demo.generate import World, generate
from checkin.demo.geography import distance_km, province
from checkin.demo.landmarks import SEA
from checkin.demo.outbreak import WINDOW_DAYS_AGO, WINDOW_FROM, WINDOW_TO, moment
from checkin.demo.people import BLOCK, locate
from checkin.demo.rows import VisitRow
from checkin.demo.venues import fewest
from checkin.fold import fold
from checkin.names import clean_name
from checkin.people.idnumbers import contradictions, parse_id_number
from checkin.phones import normalise_phone
from checkin.places.rows import PlaceRow
from checkin.venues.kinds import KINDS, VEHICLES

NOW = datetime(2026, 11, 18, 4, 30, tzinfo=UTC)  # a Wednesday, 11:30 in the province


@cache
def world(now: datetime = NOW, seed: int = 1) -> World:
    return generate(seed, now=now)


@cache
def visits() -> tuple[VisitRow, ...]:
    return tuple(world().visits())


def test_the_same_seed_gives_the_same_province() -> None:
    again = generate(1, now=NOW)
    assert again.venues == world().venues
    assert list(islice(again.visits(), 6000)) == list(visits()[:6000])


def test_visits_can_be_made_twice_from_one_world() -> None:
    assert list(islice(world().visits(), 3000)) == list(visits()[:3000])


def test_another_seed_gives_other_people_and_venues() -> None:
    other = generate(2, now=NOW)
    assert other.people.person(0).who != world().people.person(0).who
    assert [v.name for v in other.venues] != [v.name for v in world().venues]


def test_it_makes_as_many_venues_and_visits_as_asked() -> None:
    assert len(world().venues) == 320
    assert len(visits()) == 20_000


def test_every_commune_and_every_kind_has_venues() -> None:
    communes = province("22").communes
    assert len(communes) == 54
    assert {venue.commune_id for venue in world().venues} == {commune.id for commune in communes}
    assert {venue.kind for venue in world().venues} == set(KINDS)
    assert {world().venues[visit.venue].kind for visit in visits()} == set(KINDS)


def test_every_venue_lies_within_two_kilometres_of_its_communes_point() -> None:
    communes = {commune.id: commune for commune in province("22").communes}
    for venue in world().venues:
        here = PlaceRow("commune", "", "", "", lat=venue.latitude, lon=venue.longitude)
        assert distance_km(here, communes[venue.commune_id]) < 2


def test_the_named_places_stand_in_hong_gai_with_their_zones() -> None:
    by_name = {venue.name: venue for venue in world().venues}
    hub = province("22").hub
    assert hub.full_name == "Phường Hồng Gai"
    market, supermarket = by_name["Chợ Hạ Long 1"], by_name["Siêu thị Bạch Đằng"]
    assert market.commune_id == supermarket.commune_id == hub.id
    assert set(market.zones) == {"Khu hải sản", "Khu rau", "Cửa chính"}
    assert supermarket.zones == ("Cửa chính",)
    assert market.owned and supermarket.owned and supermarket.reissued


def test_venues_fit_their_columns_and_bear_clean_names_that_differ_within_a_commune() -> None:
    for venue in world().venues:
        assert venue.name == clean_name(venue.name)
        assert 0 < len(venue.name) <= 200 and 0 < len(venue.address) <= 200
        assert all(len(zone) <= 100 for zone in venue.zones)
    seen = Counter((venue.commune_id, venue.name) for venue in world().venues)
    assert max(seen.values()) == 1


def test_a_venue_stands_inside_one_that_came_before_it_in_the_same_commune() -> None:
    inner = [(position, venue) for position, venue in enumerate(world().venues) if venue.parent is not None]
    assert len(inner) >= 6
    for position, venue in inner:
        assert venue.parent is not None and venue.parent < position
        assert world().venues[venue.parent].commune_id == venue.commune_id


def test_every_vehicle_has_a_plate_and_nothing_else_has() -> None:
    assert all((venue.kind in VEHICLES) == bool(venue.plate) for venue in world().venues)


def test_every_rare_state_of_a_venue_is_there() -> None:
    states = Counter(venue.state for venue in world().venues)
    assert set(states) == {"active", "suspended", "closed"}
    visited = {visit.venue for visit in visits()}
    silent = [position for position, venue in enumerate(world().venues) if venue.last_day == -1]
    assert silent and not visited.intersection(silent)
    assert any(venue.reissued for venue in world().venues)
    assert any(" " not in venue.name for venue in world().venues)
    assert max(len(venue.name) for venue in world().venues) > 150


def test_nobody_comes_to_a_venue_after_it_was_closed_or_suspended() -> None:
    today = clock.to_local(NOW).date()
    for visit in visits():
        last = world().venues[visit.venue].last_day
        assert last is None or (today - clock.to_local(visit.entered_at).date()).days >= last


@given(st.integers(0, 2_000_000))
@settings(max_examples=300, deadline=None)
def test_every_phone_is_a_valid_number_in_its_kept_form(number: int) -> None:
    for phone in (numbers.phone(number), numbers.cast_phone(number % 1000)):
        assert phonenumbers.is_valid_number(phonenumbers.parse(phone))
        assert normalise_phone(phone) == phone
    for country in numbers.ABROAD:
        phone = numbers.foreign_phone(country, number)
        assert normalise_phone(phone) == phone


def test_no_two_of_a_million_people_share_a_phone_by_chance() -> None:
    assert len({numbers.phone(number) for number in range(0, 1_500_000, 3)}) == 500_000


def test_papers_agree_with_birth_year_and_sex() -> None:
    people = world().people
    kinds: Counter[str] = Counter()
    for number in range(people.size + len(people.cast)):
        who = people.person(number).who
        if who.id_number:
            parsed = parse_id_number(who.id_number)
            assert parsed.value == who.id_number
            assert contradictions(parsed, who.birth_year, who.gender) == ()
            assert who.doubts() == ()
            kinds[parsed.kind] += 1
        else:
            kinds["none"] += 1
    assert set(kinds) == {"cccd", "cmnd", "passport", "none"}


def test_most_papers_are_of_the_home_province() -> None:
    people = world().people
    papers = [people.person(number).who.id_number for number in range(people.size)]
    citizen = [paper for paper in papers if len(paper) == 12]
    assert sum(paper.startswith("022") for paper in citizen) / len(citizen) > 0.75
    assert len(set(citizen)) == len(citizen)


def test_nobody_can_be_taken_for_somebody_else_of_the_pool() -> None:
    # The rule of recognition: the same name and year of birth with the same number, or the same phone.
    people, by_name = world().people, defaultdict(list)
    for number in range(people.size + len(people.cast)):
        who = people.person(number).who
        by_name[fold(who.full_name), who.birth_year].append(who)
    assert any(len(namesakes) > 1 for namesakes in by_name.values())
    for namesakes in by_name.values():
        assert len({who.id_number for who in namesakes if who.id_number}) == sum(
            bool(who.id_number) for who in namesakes
        )
        assert len({who.phone for who in namesakes}) == len(namesakes)


def test_the_pool_has_guests_foreigners_children_and_old_people_in_plausible_shares() -> None:
    people = world().people
    everyone = [people.person(number).who for number in range(people.size)]
    year = clock.to_local(NOW).year

    def share(found: list[bool]) -> float:
        return sum(found) / len(found)

    assert 0.04 < share([who.province_id != "22" for who in everyone]) < 0.09
    assert 0.01 < share([who.nationality != "VN" for who in everyone]) < 0.04
    assert 0.15 < share([year - who.birth_year < 18 for who in everyone]) < 0.35
    assert 0.05 < share([year - who.birth_year >= 65 for who in everyone]) < 0.16
    assert 0.45 < share([who.gender == "female" for who in everyone]) < 0.55
    assert 0.25 < share([who.full_name.startswith("Nguyễn ") for who in everyone]) < 0.36
    assert all(who.birth_year <= year for who in everyone)
    phones = Counter(who.phone for who in everyone)
    assert sum(count > 1 for count in phones.values()) > 100


def test_names_are_clean_and_the_rare_ones_are_there() -> None:
    people = world().people
    names = [people.person(number).who.full_name for number in range(people.size + len(people.cast))]
    assert all(name == clean_name(name) and len(name) <= 100 for name in names)
    assert any(" " not in name for name in names)
    assert max(map(len, names)) > 60
    assert {"Nguyễn Văn Hùng", "Nguyễn Văn Hưng"} <= set(names)


@given(st.integers(0, 5_000_000))
def test_a_persons_number_tells_the_household(number: int) -> None:
    block, place, position = locate(number)
    assert 0 <= number - block * BLOCK < BLOCK
    assert locate(number - position) == (block, place, 0)


def test_a_person_beyond_the_cast_does_not_exist() -> None:
    people = world().people
    with pytest.raises(IndexError):
        people.person(people.size + len(people.cast))


def test_no_visit_lies_in_the_future_or_before_the_first_day() -> None:
    for visit in visits():
        assert NOW - timedelta(days=14) <= visit.entered_at <= NOW
        assert visit.left_at is None or visit.entered_at < visit.left_at <= NOW
        assert visit.elsewhere_at is None or visit.entered_at < visit.elsewhere_at <= NOW


def test_nobody_is_at_two_places_at_once() -> None:
    days: dict[int, list[VisitRow]] = defaultdict(list)
    for visit in visits():
        days[visit.person].append(visit)
    led = {number for number in days if world().people.person(number).role == "led"}
    for number, theirs in days.items():
        if number in led or number >= world().people.size:
            continue
        theirs.sort(key=lambda visit: visit.entered_at)
        same_day = [
            (a, b)
            for a, b in pairwise(theirs)
            if clock.to_local(a.entered_at).date() == clock.to_local(b.entered_at).date()
        ]
        assert all(a.left_at is None or a.left_at <= b.entered_at for a, b in same_day)
        assert all(a.entered_at < b.entered_at for a, b in same_day)


def test_markets_fill_early_offices_at_seven_eating_places_at_noon_and_bars_at_night() -> None:
    hours: dict[str, Counter[int]] = defaultdict(Counter)
    for visit in visits():
        hours[world().venues[visit.venue].kind][clock.to_local(visit.entered_at).hour] += 1

    def share(kind: str, *wanted: int) -> float:
        return sum(hours[kind][hour] for hour in wanted) / hours[kind].total()

    assert share("market", 4, 5, 6, 7, 8) > 0.5
    assert share("office", 6, 7, 8) > 0.5
    assert share("food", 11, 12) > 0.15 and share("food", 18, 19) > 0.08
    assert share("bar", 19, 20, 21, 22, 23) > 0.4
    assert share("school", 6, 7) > 0.6


def test_a_third_of_the_ends_are_recorded_and_many_people_come_back() -> None:
    recorded = sum(visit.left_at is not None for visit in visits()) / len(visits())
    assert 0.28 < recorded < 0.45
    per_person = Counter(visit.person for visit in visits())
    assert sum(count >= 3 for count in per_person.values()) > len(per_person) / 2
    places = Counter(visit.venue for visit in visits())
    top = sum(count for _, count in places.most_common(32))
    assert top / len(visits()) > 0.3


def test_visits_of_every_channel_answer_and_end_are_there() -> None:
    assert {visit.channel for visit in visits()} == {"own_phone", "desk"}
    undeclared = [visit for visit in visits() if visit.answers is None]
    assert undeclared and all(visit.channel == "desk" and visit.device is None for visit in undeclared)
    assert any(visit.elsewhere_at for visit in visits())
    groups = Counter(visit.group for visit in visits())
    assert any(count > 1 for count in groups.values())
    ill = [visit.answers for visit in visits() if visit.answers and visit.answers.symptoms]
    assert 50 < len(ill) < 1000


def test_zones_belong_to_their_venue() -> None:
    for visit in visits():
        assert visit.zone is None or visit.zone < len(world().venues[visit.venue].zones)


def test_at_least_forty_people_meet_the_trader_in_her_hall() -> None:
    market = world().role("market")
    zone = world().venues[market].zones.index(SEA)
    start, end = (moment(NOW, WINDOW_DAYS_AGO, at) for at in (WINDOW_FROM, WINDOW_TO))
    here = [
        v for v in visits() if (v.venue, v.zone) == (market, zone) and start - timedelta(hours=1) < v.entered_at <= end
    ]
    trader = world().people.size
    met = {v.person for v in here if v.left_at is None or v.left_at >= start} - {trader}
    assert len(met) >= 40
    assert [(v.entered_at, v.left_at) for v in here if v.person == trader] == [(start, end)]


@pytest.mark.parametrize("minute", [0, 1, 30, 719, 1439])
def test_it_holds_at_any_minute_of_the_day(minute: int) -> None:
    now = datetime(2026, 11, 21, 17, 0, tzinfo=UTC) + timedelta(minutes=minute)  # midnight and later
    small = generate(3, now=now, venues=200, visits=1500, days=5)
    made = list(small.visits())
    assert 1485 <= len(made) <= 1500
    assert all(now - timedelta(days=5) <= visit.entered_at <= now for visit in made)
    assert all(visit.left_at is None or visit.left_at <= now for visit in made)


@pytest.mark.parametrize("wrong", [{"venues": 100}, {"visits": 499}, {"days": 2}, {"province_code": "99"}])
def test_it_refuses_a_province_too_small_to_be_one(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        generate(1, now=NOW, **wrong)  # type: ignore[arg-type]


def test_the_smallest_province_is_made() -> None:
    least = fewest(province("22"))
    assert len(generate(1, now=NOW, venues=least, visits=500, days=3).venues) == least


def test_another_province_gets_venues_in_all_its_communes() -> None:
    hai_phong = province("31")
    made = generate(1, now=NOW, venues=fewest(hai_phong) + 60, visits=600, days=4, province_code="31")
    assert {venue.commune_id for venue in made.venues} == {commune.id for commune in hai_phong.communes}
    assert len(list(made.visits())) >= 590
