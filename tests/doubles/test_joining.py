"""Joined people are read as one, as if one person had made all visits; parted they are as they were at first."""

from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from checkin.cases import others
from checkin.cases import queries as case_queries
from checkin.cases import service as cases
from checkin.contacts import queries as contacts
from checkin.contacts import service as calling
from checkin.contacts.models import Contact
from checkin.contacts.service import Given
from checkin.doubles import queries, service
from checkin.errors import DomainError
from checkin.exposure import scored
from checkin.ids import new_id
from checkin.joins import queries as joins
from checkin.joins.models import APART, Pair, PairStep, joined
from checkin.people.models import Person
from tests import factories
from tests.cases.kept import expire
from tests.conftest import NOW
from tests.doubles.town import BASE, crowd, made
from tests.oracles import doubles as oracle


@pytest.fixture
def town(app, session, vault):
    return made(app, session, vault)


def story(town, seed):
    """Join and part by chance, look each time, then take back what is left: everything is as at first."""
    chance = crowd(town, seed)
    first, listed = town.kept(), town.listed()
    town.agrees()
    for _ in range(5):
        if town.edges and chance.random() < 0.4:
            town.part(*chance.choice(sorted(town.edges)))
        else:
            one, other = sorted(chance.sample(range(len(town.people)), 2))
            if (one, other) not in town.edges:
                town.join(one, other)
        town.agrees()
    for edge in sorted(town.edges, key=lambda _: chance.random()):
        town.part(*edge)
    assert (town.kept(), town.listed()) == (first, listed)
    town.agrees()


@pytest.mark.parametrize("seed", range(5))
def test_joined_is_as_if_one_had_made_all_visits_and_parted_as_at_first(town, seed):
    story(town, seed)


@pytest.mark.long
@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.wide if seed > 10 else ()) for seed in range(5, 150)]
)
def test_joined_is_as_if_one_had_made_all_visits_in_many_more_towns(town, seed):
    story(town, seed)


def three(town):
    """The case (0) in the shop from 0 to 60; 1 there from 10 to 30, 2 from 20 to 50, 3 elsewhere with nobody, and 4
    elsewhere with 3."""
    for _ in range(5):
        town.person()
    for who, shop, entered, left in ((0, 0, 0, 60), (1, 0, 10, 30), (2, 0, 20, 50), (3, 1, 100, 160), (4, 1, 120, 150)):
        town.stay(who, shop, entered, left, left)
    town.link(0)


def test_minutes_of_joined_contacts_count_once(town):
    three(town)
    assert sorted(town.listed().values()) == [(20, 20), (30, 30)]
    town.join(1, 2)
    assert town.listed() == {town.people[1]: (40, 40)}


def test_what_is_joined_elsewhere_leaves_the_ranking_of_a_case_as_it_is_kept(town):
    for _ in range(2):
        town.person()
    three(town)

    def kept():
        found = town.found()
        return scored.kept(town.session, found.asked(), found.made_of(town.session), first=0, limit=9)

    before = town.listed()
    town.join(3, 4)
    town.join(5, 6)
    assert kept().total == len(before) == 2
    town.join(2, 3)  # one of the list with somebody who never met the case
    assert kept() is None and town.listed() == {town.people[1]: (20, 20), town.people[2]: (30, 30)}
    town.join(0, 5)  # and the case itself
    assert town.listed() == {town.people[1]: (20, 20), town.people[2]: (30, 30)}


def test_who_is_joined_with_somebody_known_longer_who_met_nobody_is_listed_as_that_one(town):
    for _ in range(3):
        town.person()
    for who, shop in ((0, 0), (1, 1), (2, 0)):
        town.stay(who, shop, 10 * who, 50, 50)
    town.link(0)
    town.join(1, 2)
    assert town.listed() == {town.people[1]: (30, 30)}


@pytest.mark.parametrize("seed", range(2))
def test_who_was_given_for_two_cases_is_counted_once_and_in_the_database(town, seed):
    chance = Random(seed)
    people = [town.person() for _ in range(12)]
    cases_ = [factories.case(town.session, f"Ca {number}") for number in range(4)]
    town.session.flush()
    given = [(case, who) for case in cases_ for who in people if chance.random() < 0.5]
    stages = {pair: chance.choice(("call", "not")) for pair in given}
    others_people = {(cases_[1], new_id(NOW)): "call" for _ in range(1100)}
    town.session.execute(sa.insert(Contact), [
        {"id": new_id(NOW), "case_id": case.id, "person_id": who, "disease": "covid-19", "stage": stage, "stage_at": NOW,
         "stage_by_name": "x", "given_at": NOW, "due_at": NOW, "met_on": NOW.date(), "details": b"x", "version": 1}
        for (case, who), stage in ({(of, town.people[who]): stage for (of, who), stage in stages.items()} | others_people).items()
    ])  # fmt: skip
    first, *others_ = cases_
    for _ in range(3):
        group = oracle.groups(town.edges, range(12))
        met = [{group[who] for (of, who), stage in stages.items() if of is case and stage != "not"} for case in cases_]
        right = {
            case.id: len(met[0] & theirs) for case, theirs in zip(others_, met[1:], strict=True) if met[0] & theirs
        }
        asked: list[str] = []
        note = lambda _connection, _cursor, statement, *_: asked.append(statement)  # noqa: B023, E731
        sa.event.listen(town.session.get_bind(), "before_cursor_execute", note)
        joins.ask_again(town.session)
        assert contacts.of_both(town.session, first, [case.id for case in others_]) == right and right
        sa.event.remove(town.session.get_bind(), "before_cursor_execute", note)
        # However many people the others have: who was joined, if anybody, and the sums.
        assert len(asked) == 2
        assert contacts.of_both(town.session, first, []) == {}
        one, other = sorted(chance.sample(people, 2))
        if (one, other) not in town.edges:
            town.join(one, other)


def test_the_visits_of_both_are_the_cases_own_and_whoever_met_either_is_listed(town):
    three(town)
    town.join(0, 3)
    assert town.own() == 2 and town.people[4] in town.listed()
    town.join(0, 1)  # who stood beside the case is the case
    assert town.own() == 3 and town.people[1] not in town.listed()


def test_a_chain_is_one_person_and_parts_link_by_link(town):
    three(town)
    town.join(1, 2)
    town.join(2, 3)
    assert joins.group_of(town.session, town.people[3]).members == tuple(town.people[1:4])
    assert town.part(1, 2)
    assert joins.group_of(town.session, town.people[1]).members == (town.people[1],)
    assert joins.group_of(town.session, town.people[2]).members == tuple(town.people[2:4])


def test_who_is_joined_by_a_third_stays_one_and_it_is_said(town):
    three(town)
    for pair in ((1, 2), (2, 3), (1, 3)):
        town.join(*pair)
    assert not town.part(1, 2)
    assert joins.group_of(town.session, town.people[1]).members == tuple(town.people[1:4])


def test_nobody_is_joined_with_themselves(town):
    one = town.people[town.person()]
    values = {"id": new_id(NOW), "one_id": one, "other_id": one, "likeness": 1, "found_at": NOW, "state": "open"}
    with pytest.raises(IntegrityError):
        town.session.execute(sa.insert(Pair), [values | {"version": 0}])


def test_of_two_officers_the_second_one_sees_what_the_first_one_did(town):
    three(town)
    town.join(1, 2)
    with pytest.raises(DomainError, match="changed"):
        town.join(1, 2, seen=0)
    pair = town.pair(1, 2)
    with pytest.raises(DomainError, match="changed"):
        service.set_apart(town.session, town.vault, **town.how, pair_id=pair.id, seen=0, reason="Khác")
    with pytest.raises(DomainError, match="gone"):
        service.set_apart(town.session, town.vault, **town.how, pair_id=new_id(NOW), seen=0, reason="Khác")
    with pytest.raises(DomainError, match="reason"):
        service.set_apart(town.session, town.vault, **town.how, pair_id=pair.id, seen=1, reason=" ")
    assert [step.what for step in queries.steps(town.session, pair.id)] == ["join"]


def test_what_an_officer_said_stays_when_they_are_found_again(town):
    three(town)
    pair = town.pair(1, 2)
    service.set_apart(town.session, town.vault, **town.how, pair_id=pair.id, seen=0, reason="Khác")
    assert town.pair(1, 2).state == APART
    town.join(1, 2)  # and can be corrected
    steps = queries.steps(town.session, pair.id)
    assert [step.what for step in steps] == ["apart", "join"]
    assert town.vault.open(steps[1].reason) == {"text": "Cùng người"} and b"ng ng" not in steps[1].reason


def test_two_open_cases_are_not_made_one_nor_a_case_of_somebody_who_is_one_already(town):
    three(town)
    second = town.link(1, "Quán")
    with pytest.raises(DomainError, match="cases"):
        town.join(0, 1)
    how = {**town.how, "rules": factories.rules(town.app)}
    cases.set_state(town.session, case=second, state="recovered", **how)
    town.join(0, 1)
    assert case_queries.open_case_of(town.session, town.people[1]) == town.case
    with pytest.raises(DomainError, match="doubled"):
        cases.set_state(town.session, case=second, state="confirmed", **how)
    third = factories.case(town.session, "Ca khác")
    with pytest.raises(DomainError, match="doubled"):
        cases.link(town.session, case=third, person_id=town.people[1], found_by="TC-000002", **how)


def test_contacts_of_one_case_who_were_joined_are_one_with_both_histories(town):
    three(town)
    how = {**town.how, "case": town.case, "rules": factories.rules(town.app)}

    def give(*who):
        people = [Given(town.people[one], None, NOW.date(), {"full_name": "x", "met": []}) for one in who]
        return calling.assign(town.session, town.vault, people=people, **how)

    give(2)
    town.join(1, 2)
    assert give(1).before == 1  # given already, under the other name
    town.part(1, 2)
    give(1)
    town.join(1, 2)
    assert contacts.counts(town.session, town.case.id, NOW).total == 1
    (shown,) = contacts.of_case(town.session, town.case.id, "call", limit=9).rows
    (other,) = contacts.others_of(town.session, shown)
    assert {shown.person_id, other.person_id} == set(town.people[1:3])
    # Who is an F1 leads.
    decided = {"stage": "f1", "reason": "Người nhà", "rules": how["rules"]}
    calling.decide(town.session, town.vault, **town.how, contact=other, **decided)
    main = town.people[1]
    assert contacts.of_people(town.session, town.case.id, [main])[main].id == other.id
    assert contacts.counts(town.session, town.case.id, NOW).stages == {"call": 0, "f1": 1, "f2": 0, "not": 0}
    town.part(1, 2)
    assert contacts.counts(town.session, town.case.id, NOW).stages == {"call": 1, "f1": 1, "f2": 0, "not": 0}


def test_days_that_the_store_has_let_go_of_part_as_well(town):
    three(town)
    alone = town.kept()
    town.join(0, 1)
    town.join(0, 3)
    expire(town.session, BASE, NOW)
    town.part(0, 1)
    town.part(0, 3)
    assert town.kept() == alone


def test_a_day_that_goes_is_kept_for_the_case_of_whoever_was_joined(town):
    for _ in range(2):
        town.person()
    town.link(0)
    town.join(0, 1)
    town.stay(1, 0, 10, 20, 20)  # since the case was frozen, and not by the person who is the case
    expire(town.session, BASE, NOW)
    assert town.own() == 1


def test_another_case_at_the_same_place_is_seen_under_either_name(town):
    three(town)
    other = town.link(4, "Quán")
    town.join(2, 4)
    venue = [town.shops[0]]
    found = others.stays_of_others(town.session, town.case, venue, BASE, BASE + timedelta(hours=2))
    assert [stay.number for stay in found] == [other.number]
    cases.set_state(town.session, **town.how, case=other, state="recovered", rules=factories.rules(town.app))
    town.join(0, 2)  # then it is the same person's
    assert others.stays_of_others(town.session, town.case, venue, BASE, BASE + timedelta(hours=2)) == []


def test_a_pair_goes_with_either_person_and_nobody_stays_joined_with_who_is_no_more(town):
    three(town)
    town.join(3, 4)
    town.session.execute(sa.delete(Person).where(Person.id == town.people[4]))
    for table in (Pair, PairStep):
        assert town.session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    assert town.session.scalars(sa.select(joined.c.member_id)).all() == [town.people[3]]
    assert joins.group_of(town.session, town.people[3]).members == (town.people[3],)
