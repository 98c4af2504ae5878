"""Whom the page of an F1 offers: who shares a phone, a form or shifts, found as by going through everybody."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.calls.models import StationCall
from checkin.contacts.models import Contact, ContactNear
from checkin.contacts.words import Met, details_of
from checkin.ids import new_id
from checkin.joins.models import joined
from checkin.nearby.suggesting import around
from checkin.people.models import Person
from checkin.scope import CASEWORK, bind, enter
from checkin.visits.models import Visit
from tests import factories
from tests.conftest import NOW
from tests.oracles.offered import offered

PEOPLE, HOURS = 6, 72
START = NOW - timedelta(hours=HOURS)
PERSON = st.integers(0, PEOPLE - 1)
HOUR = st.integers(0, HOURS - 13)
MOST, MOST_PHONE = 3, 3


def part_ends(start, lengths):
    ends = []
    for length in lengths:
        ends.append((start, start + length))
        start += length
    return ends


# Shifts begin at the same few hours, and the F1 has some of them.
SHIFT = st.builds(
    lambda who, venue, zone, start, lengths, back: (who, venue, zone, part_ends(start, lengths), back),
    st.sampled_from([0, 0, *range(PEOPLE)]), st.integers(1, 2), st.sampled_from([None, 1, 2]),
    st.sampled_from(range(0, HOURS - 14, 7)), st.lists(st.integers(1, 7), min_size=1, max_size=2),
    st.sampled_from([False, False, False, True]),
)  # fmt: skip
FORM = st.tuples(HOUR, st.frozensets(PERSON, min_size=1, max_size=3))
WORLD = st.fixed_dictionaries({
    "phones": st.lists(st.sets(st.sampled_from("abc"), max_size=2), min_size=PEOPLE, max_size=PEOPLE),
    "joined": st.lists(st.tuples(PERSON, PERSON).filter(lambda two: two[0] != two[1]), max_size=2),
    "forms": st.lists(FORM, max_size=3),
    # Declared on the road, at no venue.
    "road": st.lists(FORM, max_size=2),
    "shifts": st.lists(SHIFT, max_size=12),
    "case": PERSON,
    "near": st.sets(st.integers(1, PEOPLE - 1), max_size=1),
    "since": st.integers(0, 30),
    "until": st.integers(20, HOURS),
})  # fmt: skip
# Two who worked the same shift: what chance brings in most runs, not in all.
COLLEAGUES = {
    "phones": [set() for _ in range(PEOPLE)], "joined": [], "forms": [], "road": [],
    "shifts": [(0, 1, None, [(7, 13)], False), (1, 1, None, [(7, 13)], False)],
    "case": 5, "near": set(), "since": 0, "until": HOURS,
}  # fmt: skip


def person(number):
    return UUID(int=(1 << 100) + number)


def place(number):
    return UUID(int=(1 << 101) + number) if number else None


def at(hour):
    return START + timedelta(hours=hour)


def day_of(hour):
    return clock.to_local(at(hour)).date()


def store(session, world):
    """The people of an example with what is known of them, the last of several phones as a row more."""
    for one in range(PEOPLE):
        told = sorted(world["phones"][one]) or [""]
        for number, phone in enumerate(told):
            own = person(one) if not number else new_id(NOW)
            session.add(
                Person(
                    id=own, same_as=person(one) if number else None, name_index=bytes([one]) * 16, id_index=b"",
                    phone_index=phone.encode() * 16, created_at=NOW,
                )
            )  # fmt: skip
    session.flush()
    same = {one: {one} for one in range(PEOPLE)}
    for one, other in world["joined"]:
        both = same[one] | same[other]
        same |= dict.fromkeys(both, both)
    rows = [{"member_id": person(one), "main_id": person(min(group))} for one, group in same.items() if len(group) > 1]
    if rows:
        session.execute(sa.insert(joined), rows)
    for number, (hour, on) in enumerate(world["forms"]):
        for one in on:
            # Who was added by a correction came minutes later.
            moment = at(hour) + timedelta(minutes=one % 4)
            session.add(visit(one, 1 + number % 2, None, moment, moment + timedelta(hours=1), place(90 + number), "qr"))
    for number, (hour, on) in enumerate(world["road"]):
        for one in on:
            session.add(
                StationCall(
                    id=new_id(NOW), made_at=at(hour), kind="enter", person_id=person(one), commune_id=factories.HA_TU,
                    day=NOW.date(), triage="routine", reasons=[], symptoms=[], details=b"x",
                    reference=new_id(NOW).hex[-14:], group_id=place(80 + number),
                )
            )  # fmt: skip
    for number, (one, venue, zone, parts, back) in enumerate(world["shifts"]):
        for start, end in parts:
            row = visit(one, venue, zone, at(start), at(end), place(100 + number), "shift")
            row.flags = "shift denied" if back else "shift"
            if number % 2:
                row.left_at = row.until_latest = row.until_likely
            session.add(row)
    session.flush()


def visit(one, venue, zone, start, end, group, channel):
    return Visit(
        id=new_id(NOW), entered_at=start, venue_id=place(venue), zone_id=place(zone and 10 + zone), person_id=person(one),
        until_likely=end, until_latest=end + timedelta(hours=2), channel=channel, masked_name="x", group_id=group,
    )  # fmt: skip


def contact(session, vault, case, one, stage, world):
    """Somebody of the case, with the first and the last hour beside it."""
    met = [Met("Chợ", at(hour), at(hour + 1), False) for hour in (world["since"], world["since"] + 5)]
    details = details_of(name="x", phone="", birth_year=None, home="", met=met)
    made = Contact(
        id=new_id(NOW), case_id=case.id, person_id=person(one), disease="covid-19", stage=stage, given_at=at(world["until"]),
        stage_at=at(world["until"]), stage_by_name="x", due_at=NOW, met_on=NOW.date(), details=vault.seal(details),
        version=1, quarantine_from=NOW.date() if stage == "f1" else None,
        quarantine_until=NOW.date() if stage == "f1" else None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_whoever_shares_a_phone_a_form_or_a_shift_with_an_f1_is_offered_in_order(app, session, vault):
    case = factories.case(session)
    session.commit()
    enter(session, CASEWORK)
    bind(session, case.id)
    rules = factories.rules(app)
    f2 = rules["contacts"]["f2"] | {"offered": MOST, "most_phone": MOST_PHONE}
    rules = replace(rules, sections={**rules.sections, "contacts": rules["contacts"] | {"f2": f2}})
    seen = set()

    @settings(max_examples=60, database=None)
    @given(WORLD)
    @example(COLLEAGUES)
    def check(world):
        store(session, world)
        case.person_id = person(world["case"])
        f1 = contact(session, vault, case, 0, "f1", world)
        for one in world["near"]:
            near = contact(session, vault, case, one, "f2", world)
            session.add(ContactNear(contact_id=near.id, f1_id=f1.id, case_id=case.id, at=NOW, by_name="x"))
        session.flush()
        found = around(session, vault, case=case, f1=f1, now=NOW, rules=rules)
        got = [
            (one.person_id, [(share.why, share.times, share.last, share.venue_id) for share in one.shared])
            for one in found.offers
        ]
        expected, wide = offered(
            people=range(PEOPLE), f1=0, forms=[*world["forms"], *world["road"]], most_phone=MOST_PHONE, day_of=day_of,
            **{name: world[name] for name in ("phones", "joined", "shifts", "case", "near", "since", "until")},
        )  # fmt: skip
        session.rollback()
        right = [
            (person(one), [(why, times, last, place(venue)) for why, times, last, venue in shared])
            for one, shared in expected
        ]
        assert (got, found.total, found.wide) == (right[:MOST], len(right), wide)
        seen.update(share[0] for _one, shared in expected for share in shared)

    check()
    assert seen == {"phone", "form", "shift"}
