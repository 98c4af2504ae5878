"""The people of a case by their score: both databases and the oracle say the same, and what each cut holds."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin.cases import queries as cases
from checkin.cases.models import case_visit, kept_visit
from checkin.db import db
from checkin.exposure import scored, service
from checkin.exposure.scored import Question
from checkin.exposure.scoring import Weights
from checkin.venues import queries as venues
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter
from tests import worlds
from tests.exposure.provinces import COMPANION, Province, by_the_oracle, by_the_product, differing, fill, wrong_zones
from tests.exposure.stays import at
from tests.exposure.test_contacts import HOW, statements, stay
from tests.exposure.town import build, store

SIZE = 24


def kept_first(session, asked, **page):
    """Ranks, keeps it, and reads what is kept."""
    asked = replace(asked, case_id=UUID(int=7))
    made_of = asked.made_of(session, ())
    service.keep_ranked(session, asked, made_of)
    return scored.kept(session, asked, made_of, **page) or scored.contacts(session, asked, **page)


def compare(numbers, databases):
    """How many towns all said the same of, and how many people in them had each part of a score."""
    agreed, seen = 0, Counter()
    for number in numbers:
        province = Province(number, SIZE)
        right = by_the_oracle(province)
        for world in databases:
            with worlds.inside(world.app()):
                fill(db.session, province)
                for way in (scored.contacts, kept_first):
                    assert differing(right, by_the_product(db.session, province, way)) == [], (world.kind, number, way)
                db.session.rollback()
        agreed += len(right)
        for one in (one for town in right for one in town):
            seen["people"] += 1
            for name in ("same_zone", "crowded", "setting"):
                seen[name] += bool(getattr(one, name))
            seen["again"] += one.met.encounters > 1
        for made, town in zip(province.batch.towns(), right, strict=True):
            theirs = next((one for one in town if one.met.person == made.person(COMPANION)), None)
            if number % 2 and theirs is not None:
                # Where all places are alike, nobody was nearer to the case than who came and stayed with it.
                seen["planted"] += 1
                assert theirs.score == town[0].score
    return agreed, {name for name, many in seen.items() if many < agreed / 20}


@pytest.mark.postgresql
def test_both_databases_rank_48_towns_as_the_oracle_does(sqlite, postgresql):
    assert compare((0, 1), (sqlite, postgresql)) == (48, set())


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.postgresql
def test_both_databases_rank_384_towns_as_the_oracle_does(sqlite, postgresql):
    assert compare(range(16), (sqlite, postgresql)) == (384, set())


def zones_compared(numbers, size, databases):
    """How many people were in zones that both databases and the oracle count and list alike, with every other cut."""
    people = 0
    for number in numbers:
        province = Province(number, size)
        for world in databases:
            with worlds.inside(world.app()):
                fill(db.session, province)
                found, wrong = wrong_zones(db.session, province)
                assert wrong == 0, (world.kind, number)
                db.session.rollback()
        people += found
    return people


@pytest.mark.postgresql
def test_who_is_in_one_zone_is_who_the_oracle_says_within_every_other_cut_and_page_by_page(sqlite, postgresql):
    assert zones_compared((0,), 12, (sqlite, postgresql)) > 80


@pytest.mark.wide
@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.postgresql
def test_who_is_in_one_zone_is_who_the_oracle_says_in_many_more_towns(sqlite, postgresql):
    assert zones_compared(range(1, 9), SIZE, (sqlite, postgresql)) > 1000


WEIGHTS = Weights.from_dict(Province(1, 1).rule | {"crowd_per_hour": 3, "same_zone": 8, "kinds": {"bar": 7}})


def rated(session, encounters, **how):
    kinds = {one.id: one.kind for one in venues.names(session, {v for e in encounters for v in e.venue_ids}).values()}
    page = {name: how.pop(name, there) for name, there in (("first", 0), ("limit", 50), ("cut", scored.EVERYBODY))}
    return scored.contacts(session, Question(encounters, **(HOW | {"weights": WEIGHTS, "kinds": kinds} | how)), **page)


@pytest.fixture
def mall(session, vault):
    """A case for half an hour in the north of a mall, beside four in the north, the south, a kiosk and at the door."""
    town = build(session, vault)
    rows = [stay(1, 1, 0, left=30), stay(2, 2, 0, left=30), stay(3, 3, 0, left=30), stay(4, 4, 0, latest=30), stay(5, 5, 40, left=50)]  # fmt: skip
    store(session, town, rows, ["mall north", "mall south", "kiosk", "mall", "mall north"])
    case = [Encounter(venues.inside_each(session, [town.ids["mall"]])[town.ids["mall"]], at(0), at(30), True, town.zones["mall north"])]  # fmt: skip
    return session, case


def test_who_was_in_the_zone_of_the_case_ranks_above_who_was_elsewhere_as_long(mall):
    found = rated(*mall)
    first = found.people[0]
    assert (first.person_id.int - 1, first.same_zone) == (1, True)
    assert [one.same_zone for one in found.people] == [True, False, False, False]
    # In a kiosk within the mall: a shop, which is indoors by this rule.
    assert {one.person_id.int - 1: one.setting for one in found.people} == {1: 0, 2: 0, 3: 6, 4: 0}
    assert all(one.crowded for one in found.people)


def test_each_part_says_how_many_it_holds_before_it_is_chosen_and_holds_as_many(mall):
    counts = rated(*mall).counts
    assert counts["zone"] == {"": 4, "same": 1, "other": 3}
    assert counts["minutes"] == {"": 4, "sure": 3, "sure_close": 3, "may_close": 4}
    assert sum(counts["band"][band] for band in ("high", "medium", "low")) == counts["band"][""] == 4
    for name, words in scored.DIMENSIONS.items():
        for word in words:
            part = rated(*mall, cut=replace(scored.EVERYBODY, **{name: word}))
            assert len(part.people) == part.shown == counts[name][word]
            assert (part.total, part.certain) == (4, 3)


def test_parts_are_counted_within_what_is_chosen_of_the_others_and_an_empty_page_counts_too(mall):
    part = rated(*mall, cut=scored.Cut(zone="other", minutes="sure"))
    assert part.counts["minutes"] == {"": 3, "sure": 2, "sure_close": 2, "may_close": 3}
    assert part.counts["zone"] == {"": 3, "same": 1, "other": 2}
    beyond = rated(*mall, cut=scored.Cut(zone="other"), first=50)
    assert (beyond.people, beyond.shown, beyond.total) == ([], 3, 4)


def test_a_page_and_its_counts_come_with_one_statement(mall):
    with statements(mall[0]) as sent:
        asked = Question(mall[1], **HOW, weights=WEIGHTS, kinds={})
        found = scored.contacts(mall[0], asked, first=0, limit=50, by_zone=True)
    assert sorted(found.zones.values()) == [1, 1] and found.anywhere == 4
    assert len([one for one in sent if not one[0].startswith("SET LOCAL")]) == 1


def test_of_what_is_kept_for_all_cases_those_that_met_are_ranked_which_are_kept_for_this_one(mall):
    session, encounters = mall
    rows = sa.select(*(Visit.__table__.c[column.name] for column in kept_visit.columns))
    session.execute(sa.insert(kept_visit).from_select(list(kept_visit.columns.keys()), rows))
    mine, others = UUID(int=71), UUID(int=72)
    for case, part, people in ((mine, "met", (1, 2, 5)), (mine, "own", (3,)), (others, "met", (1, 2, 3, 4, 5))):
        claims = sa.select(sa.literal(case, sa.Uuid), Visit.entered_at, Visit.id, sa.literal(part)).where(
            Visit.id.in_([UUID(int=number) for number in people])
        )
        session.execute(sa.insert(case_visit).from_select(["case_id", "entered_at", "visit_id", "part"], claims))
    for case, expected in ((mine, [1, 2]), (others, [1, 2, 3, 4])):
        one_by_one = rated(session, encounters, store=cases.kept_for("met"), case_id=case)
        for fold in (False, True):
            how = {"store": cases.all_kept(fold), "of": cases.claimed("met"), "case_id": case}
            assert rated(session, encounters, **how) == one_by_one
        assert sorted(one.person_id.int - 1 for one in one_by_one.people) == expected


def test_nobody_met_a_case_without_visits(mall):
    found = rated(mall[0], [Encounter((UUID(int=5),), at(0), at(9), True)])
    assert (found.total, found.shown, found.people) == (0, 0, [])
