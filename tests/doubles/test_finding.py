"""Who is offered as perhaps one: what everybody compared with everybody says, found block by block."""

import time
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa

from checkin.audit.models import AuditEntry
from checkin.doubles import finding
from checkin.doubles.likeness import FAMILY, ID, NAME, PHONE_NAME, PHONE_YEAR, Known, likeness
from checkin.ids import new_id
from checkin.joins.models import Pair
from checkin.people import service as people
from checkin.people.identity import Indexes
from checkin.people.models import Person
from checkin.rules import RuleError, _check_doubles
from tests import cast, factories
from tests.cases.kept import person_of
from tests.conftest import NOW
from tests.oracles.doubles import candidates

MOST = {"id": 3, "phone": 4, "home": 4}


def rules_of(app, **data):
    rules = factories.rules(app)
    sections = dict(rules.sections) | {"doubles": dict(rules["doubles"]) | data}
    return replace(rules, sections=sections)


def search(app, session, vault, **how):
    rules = how.pop("rules", None) or factories.rules(app)
    return finding.find(session, vault, now=how.pop("now", NOW), rules=rules, **how)


def pairs(session):
    return {(p.one_id, p.other_id): p.likeness for p in session.scalars(sa.select(Pair))}


def test_what_is_found_block_by_block_is_what_all_with_all_finds(app, session, vault):
    chance, shop = Random(7), factories.venue(session, vault)
    names = ("Trần Văn Hưng", "Trần Văn Hùng", "Lê Thị Mai", "Phạm Xa")
    told = {}
    for number in range(90):
        who = replace(
            cast.NEIGHBOUR,
            full_name=chance.choice(names),
            birth_year=1970 + chance.choice((0, 1, 2, 3, 30)),
            phone=f"+849041182{chance.randrange(30):02d}",
            id_number=chance.choice(("", f"0220710043{chance.randrange(24):02d}")),
            commune_id=chance.choice((factories.HA_TU, factories.HONG_GAI, None)),
            province_id="22",
        )
        visit = factories.check_in(
            app, session, vault, shop, cast.healthy(who), at=NOW - timedelta(minutes=90 - number)
        )
        name = "hung" if "H" in who.full_name else who.full_name
        row = (name, who.birth_year, who.id_number, who.phone, who.commune_id)
        rows = told.setdefault(person_of(session, visit.visit_id), [])
        # Of who tells the same again nothing is stored, were it from another commune.
        if row[:4] not in {known[:4] for known in rows}:
            rows.append(row)
    bounds = {"most_id": MOST["id"], "most_phone": MOST["phone"], "most_name": MOST["home"]}
    scan = search(app, session, vault, rules=rules_of(app, **bounds))
    right = candidates(told, MOST)
    assert pairs(session) == right
    assert scan.pairs == len(right) and scan.large > 0 and scan.largest > 4
    assert set(right.values()) == {ID, PHONE_NAME, PHONE_YEAR, NAME, FAMILY}
    # A second time nothing is new, and nobody is offered twice.
    assert search(app, session, vault, rules=rules_of(app, **bounds)).pairs == 0
    assert pairs(session) == right
    assert session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "doubles.find")) == 2


def known(**values):
    made = Known(new_id(NOW))
    for name, value in values.items():
        setattr(made, name, value if name == "year" else {value})
    return made


@pytest.mark.parametrize(
    ("one", "other", "right"),
    [
        ({"names": b"a", "year": 1980}, {"names": b"a", "year": 1980}, None),  # a name alone, never
        ({"names": b"a", "communes": "x"}, {"names": b"a", "communes": "x"}, NAME),
        ({"names": b"a", "communes": "x", "ids": b"1"}, {"names": b"a", "communes": "x", "ids": b"2"}, None),
        ({"names": b"a", "communes": "x"}, {"names": b"a", "communes": "y"}, None),
        ({"ids": b"1"}, {"ids": b"1"}, ID),
        ({"phones": b"p", "names": b"a", "ids": b"1"}, {"phones": b"p", "names": b"a", "ids": b"2"}, PHONE_NAME),
        ({"phones": b"p", "year": 1980}, {"phones": b"p", "year": 1982}, PHONE_YEAR),
        ({"phones": b"p", "year": 1980}, {"phones": b"p", "year": 1983}, FAMILY),
        ({"phones": b"p", "year": 1980}, {"phones": b"p"}, FAMILY),
        ({"phones": b"p", "year": 1980, "ids": b"1"}, {"phones": b"p", "year": 1980, "ids": b"2"}, FAMILY),
    ],
)
def test_what_makes_two_people_worth_comparing(one, other, right):
    assert likeness(known(**one), known(**other), 2) == right == likeness(known(**other), known(**one), 2)


def test_rules_that_would_compare_too_many_stop_the_start():
    good = {"most_id": 1, "most_phone": 1, "most_name": 1, "close_years": 1, "again_days": 1}
    _check_doubles(good)
    for wrong in ({"most_phone": 0}, {"most_phone": 101}, {"close_years": "2"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            _check_doubles(good | wrong)
    assert RuleError


def fill(session, amount):
    """People by the hundred thousand: one in ten shares a number with the one before, 5,000 share one phone, and 3,000
    of one commune have one name and year."""

    def index(number):
        return number.to_bytes(16, "big")

    rows, made = [], 0
    for number in range(amount):
        phone = index(7) if number < 5000 else index(10**9 + number - (number % 10 == 1))
        name = index(8) if 5000 <= number < 8000 else index(2 * 10**9 + number)
        told = Indexes(name=name, id=b"", phone=phone)
        rows.append(people.row(person_id=new_id(NOW), told=told, same_as=None, commune_id=factories.HA_TU, now=NOW))
        if len(rows) == 20_000 or number == amount - 1:
            session.execute(sa.insert(Person.__table__), rows)
            made, rows = made + len(rows), []
    session.commit()
    return made


@pytest.mark.long
@pytest.mark.wide
@pytest.mark.timeout(900)
def test_a_million_people_are_searched_in_minutes_and_large_blocks_are_counted_not_opened(app, session, vault):
    amount = 1_000_000
    assert fill(session, amount) == amount
    started = time.perf_counter()
    scan = search(app, session, vault)
    took = time.perf_counter() - started
    print(f"{amount} people: {scan.pairs} pairs in {took:.0f} s")  # noqa: T201 - what the proof is about
    assert scan.pairs == len([n for n in range(5000, amount) if n % 10 == 1])
    assert (scan.people, scan.large, scan.largest) == (amount, 2, 5000)
    assert took < 400
    # The next night reads who is new, and nobody else.
    later = NOW + timedelta(days=4)
    told = Indexes(name=b"n" * 16, id=b"", phone=(10**9 + 999_999).to_bytes(16, "big"))
    row = people.row(person_id=new_id(later), told=told, same_as=None, commune_id=None, now=later)
    session.execute(sa.insert(Person.__table__), [row])
    session.commit()
    started = time.perf_counter()
    scan = search(app, session, vault, now=later)
    assert (scan.people, scan.pairs) == (1, 1) and time.perf_counter() - started < 2
