"""How fast the work goes: sums against a count by hand, on both databases, and who may have them."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.cases.models import Case
from checkin.contacts.models import Contact, ContactCheck, ContactStep
from checkin.db import db
from checkin.duty import queries
from checkin.duty.aims import Aims, Share
from checkin.exposure.models import Lookup
from checkin.ids import new_id
from tests import factories
from tests.conftest import NOW
from tests.oracles import speed as oracle
from tests.worlds import inside

AIMS = Aims(
    interview_hours=24, first_hours=24, reach_hours=48, share=80, detect_days=7, notify_days=1, respond_days=7,
    window_days=28, few=5,
)  # fmt: skip
SINCE = NOW - timedelta(days=28)


def outbreak(session, seed):
    """Cases and contacts of all sorts, and the same in the plain words of the oracle."""
    chance, cases = random.Random(seed), []  # noqa: S311 - a test's own dice
    for number in range(12):
        opened = NOW - timedelta(hours=chance.choice([1, 23, 24, 25, 100, 168, 169, 400, 671, 700]))
        day = clock.to_local(opened).date()
        case = {
            "opened": opened,
            "state": chance.choice(["suspected", "confirmed", "discarded", "recovered"]),
            "interviewed": chance.choice([None, opened + timedelta(hours=24), opened + timedelta(hours=24, seconds=1)]),
            "onset": chance.choice([None, day - timedelta(days=7), day - timedelta(days=9)]),
            "sample": chance.choice([None, day, day - timedelta(days=1), day - timedelta(days=2)]),
            "looked": chance.choice([None, opened + timedelta(hours=2)]),
            "people": [],
        }
        case_id = new_id(opened)
        session.add(
            Case(
                id=case_id, seq=number + 1, title="x", disease="covid-19", state=case["state"], onset_on=case["onset"],
                sample_on=case["sample"], opened_at=opened, interviewed_at=case["interviewed"],
                rules_on=day,
            )
        )  # fmt: skip
        session.flush()
        if case["looked"]:
            session.add(
                Lookup(
                    id=new_id(opened), seq=number + 1, kind="case", case_id=case_id, reason="x", made_at=case["looked"],
                    made_by_name="x", start=opened, end=opened,
                )
            )  # fmt: skip
        for _ in range(chance.randrange(4)):
            person = _contact(session, chance, case_id, opened) | {"case": number + 1}
            case["people"].append(person)
        cases.append(case)
    session.flush()
    return cases


def _contact(session, chance, case_id, opened):
    given = min(opened + timedelta(hours=chance.choice([1, 24, 168, 169])), NOW)
    stage = chance.choices(["f1", "call", "f2"], [4, 3, 3])[0]
    f1 = stage == "f1"
    today = clock.to_local(NOW).date()
    person = {
        "given": given,
        "reached": [given + timedelta(hours=hours) for hours in chance.sample([1, 24, 25, 48, 49], chance.randrange(3))],
        "commune": chance.choice([factories.HA_TU, factories.HONG_GAI, None]),
        "stage": stage,
        "result": chance.choice([None, "refused", "moved", "not_reached", *(["reached"] if stage == "f2" else [])]),
        "raised": chance.choice([None, None, "to_cdc", "ubnd"]),
        "due": NOW + timedelta(hours=chance.choice([-5, 5])),
        "staged": NOW - timedelta(hours=chance.choice([1, 30])),
        "until": today + timedelta(days=chance.choice([-1, 0, 5])) if f1 else None,
        "health": {}, "tests": {},
    }  # fmt: skip
    contact_id = new_id(given)
    session.add(
        Contact(
            id=contact_id, case_id=case_id, person_id=new_id(given), disease="covid-19", stage=person["stage"],
            stage_at=person["staged"], stage_by_name="x", given_at=given, reached_at=min(person["reached"], default=None),
            commune_id=person["commune"], due_at=person["due"],
            met_on=given.date(), details=b"x", result=person["result"], raised=person["raised"], version=1,
            quarantine_from=today - timedelta(days=9) if f1 else None, quarantine_until=person["until"],
        )
    )  # fmt: skip
    session.flush()
    step = {"contact_id": contact_id, "account_id": new_id(given), "by_name": "x", "answers": [], "stage": "call"}
    session.add(ContactStep(number=1, at=given, what="assign", **step))
    for number, at in enumerate(person["reached"], 2):
        session.add(ContactStep(number=number, at=at, what="call", result="reached", **step))
    for kind, words in (("health", ("well", "ill", "missed")), ("test", ("waiting", "negative", "positive"))):
        for back in range(3):
            for number in range(chance.randrange(3) if f1 else 0):
                day, said = today - timedelta(days=back), chance.choice(words)
                person["health" if kind == "health" else "tests"].setdefault(day, []).append(said)
                session.add(
                    ContactCheck(
                        contact_id=contact_id, kind=kind, day=day, number=number + 1, said=said, at=NOW,
                        account_id=new_id(given), by_name="x",
                    )
                )  # fmt: skip
    return person


def as_role(session, role):
    scope.enter(session, scope.Scope(role, commune=factories.HA_TU if role == "commune" else None))


@pytest.mark.parametrize("seed", range(3))
def test_the_sums_are_what_is_counted_by_hand(world, seed):
    since = NOW - timedelta(hours=24)
    with clock.fixed(NOW), inside(world.app()):
        session = db.session()
        cases = outbreak(session, seed)
        as_role(session, "command")
        speed = queries.speed_of_cases(session, AIMS, now=NOW, since=SINCE)
        found = {name: (one.over, one.within) for name, one in vars(speed).items() if isinstance(one, Share)}
        expected = oracle.cases(cases, SINCE, NOW)
        assert found == expected["shares"] and speed.opened == expected["opened"]
        assert speed.median_hours == pytest.approx(expected["median"])
        days = queries.speed_by_day(session, AIMS, now=NOW, since=SINCE)
        by_day = {
            day: (one.given, one.first.over, one.first.within, one.second.over, one.second.within)
            for day, one in days.items()
        }
        assert by_day == oracle.days(cases, SINCE, NOW)
        today = clock.to_local(NOW).date()
        by_commune = oracle.contacts(cases, NOW, today, "commune")
        work = queries.contact_sums(session, now=NOW)
        assert {one.commune_id: numbers(one) for one in work.communes} == by_commune
        assert work.cases == []  # command is told of no case
        assert work.total() == {name: sum(one[name] for one in by_commune.values()) for name in queries.COUNTED}
        done = {"new_f1": 0, "calls": 0} | vars(queries.contacts_done(session, since))
        assert done == oracle.done(cases, since)
        as_role(session, "cdc")
        work = queries.contact_sums(session, now=NOW)
        assert {one.commune_id: numbers(one) for one in work.communes} == by_commune
        seqs = dict(session.execute(sa.select(Case.id, Case.seq)).all())
        loud = {
            seq: one
            for seq, one in oracle.contacts(cases, NOW, today, "case").items()
            if one["refused"] or one["ill"] or one["positive"]
        }
        assert {seqs[one.case_id]: numbers(one) for one in work.cases} == loud
        assert all(one.commune_id is None for one in work.cases)
        session.rollback()


def numbers(sums):
    return {name: getattr(sums, name) for name in queries.COUNTED}


@pytest.mark.parametrize("role", ["commune", "owner", "system"])
@pytest.mark.postgresql
def test_nobody_else_gets_a_number_also_of_the_database_itself(postgresql, role):
    with clock.fixed(NOW), inside(postgresql.app("staff")):
        session = db.session()
        as_role(session, role)
        for asked in (
            "SELECT * FROM contact_sums(now(), current_date)",
            "SELECT * FROM contact_done(now())",
            "SELECT * FROM contact_speed(now(), now(), 24, 48)",
            "SELECT * FROM case_speed(now(), now(), 24, 7, 1, 7, 80)",
            "SELECT * FROM case_changes(now())",
        ):
            assert session.execute(sa.text(asked)).all() == []
        session.rollback()


def test_a_share_is_told_of_enough_and_never_rounded_up_to_its_aim():
    assert Share(4, 4).percent(5) is None and Share(0, 0).percent(1) is None
    assert Share(1000, 799).percent(5) == 79 and Share(5, 4).percent(5) == 80


@pytest.mark.parametrize("wrong", [{"share": 101}, {"share": 0}, {"few": "5"}, {"window_days": 400}])
def test_aims_that_are_none_stop_the_start(wrong):
    with pytest.raises(ValueError, match="whole numbers"):
        Aims.from_dict(vars(AIMS) | wrong)


def test_the_rules_in_force_have_aims(sqlite):
    assert Aims.from_dict(factories.rules(sqlite.app())["followup"]["aims"]) == AIMS
