"""`flask cases open` and `flask cases contacts`: from a phone number to the people to call, for another program."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases.models import Case, case_visit
from checkin.db import db
from checkin.exposure.models import Lookup
from checkin.ids import new_id
from checkin.joins import service as joins
from checkin.joins.models import Pair
from checkin.me.models import Reading
from checkin.people.identity import name_index
from checkin.people.models import Person
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAME, OTHER = "Nguyễn Thị Ánh Tuyết", "Trần Văn Hưng"


@pytest.fixture
def market(world):
    """Ánh Tuyết at a market twice; Hưng beside her the first time, there when she came."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 2 * DAY - HOUR)
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - 2 * DAY)
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - 1 * DAY)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 8 * DAY)
        factories.commit()
        app.code = factories.code_of(session, market)
    return app


ONSET = str((NOW - DAY).date())


def run(app, *args):
    with clock.fixed(NOW):
        return app.test_cli_runner().invoke(args=["cases", *args])


def opened(app, *more, phone="0912345678", onset=ONSET):
    return run(app, "open", "--person-phone", phone, "--onset", onset, *more)


def contacts(app, number="F0-0001", *more):
    answer = run(app, "contacts", number, "--format", "json", *more)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_it_prints_the_number_alone_and_keeps_what_belongs_to_the_case(market, world):
    answer = opened(market)
    assert (answer.exit_code, answer.stdout) == (0, "F0-0001\n")
    with inside(world.app()):
        case = db.session.scalars(sa.select(Case)).one()
        assert (case.state, str(case.onset_on), case.disease) == ("confirmed", ONSET, "covid-19")
        parts = sa.select(case_visit.c.part, sa.func.count()).group_by(case_visit.c.part)
        assert dict(db.session.execute(parts).all()) == {"own": 2, "met": 1}


@pytest.mark.parametrize("number", ["F0-0001", "f0-1", "1"])
def test_the_list_says_who_where_and_from_when_to_when(market, number):
    opened(market)
    stay = NOW - 2 * DAY
    (line,) = contacts(market, number)
    assert {name: line[name] for name in ("rank", "name", "phone", "certain_minutes")} == {
        "rank": 1,
        "name": OTHER,
        "phone": "0904118226",
        "certain_minutes": 0,
    }
    (met,) = line["encounters"]
    assert (met["venue_code"], met["zone"], met["recorded"]) == (market.code, None, False)
    assert met["from"] == clock.to_local(stay).isoformat(timespec="seconds")


def test_the_times_together_are_as_long_as_the_minutes(market):
    opened(market)
    (line,) = contacts(market)
    minutes = 0
    for met in line["encounters"]:
        low, high = (datetime.fromisoformat(met[end]) for end in ("from", "to"))
        minutes += (high - low) // timedelta(minutes=1)
    assert minutes == line["possible_minutes"] > 0


def test_the_list_is_on_record_as_the_page_is_and_the_readings_are_told(market, world):
    opened(market)
    contacts(market, "F0-0001", "--reason", "Giao danh sách cho đội truy vết")
    with inside(world.app()):
        lookup = db.session.scalars(sa.select(Lookup)).one()
        assert (lookup.kind, lookup.made_by, lookup.made_by_name) == ("case", None, "flask cases contacts")
        entries = sa.select(AuditEntry.action, AuditEntry.case_number, AuditEntry.rows).order_by(AuditEntry.seq)
        said = [(action, number, rows) for action, number, rows in db.session.execute(entries) if number]
        assert said == [
            ("case.open", "F0-0001", None),
            ("case.link", "F0-0001", None),
            ("case.freeze", "F0-0001", 3),
            ("lookup.case", "F0-0001", None),
            ("case.freeze", "F0-0001", 3),
            ("lookup.read", "F0-0001", None),
            ("lookup.shown", "F0-0001", 1),
        ]
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) > 0


def test_a_number_of_nobody_opens_nothing_and_leaves_a_trace_without_the_number(market, world):
    answer = opened(market, phone="0909999999")
    assert answer.exit_code == 1 and answer.stdout == "" and "nobody declared this" in answer.output
    with inside(world.app()):
        assert db.session.scalars(sa.select(Case)).all() == []
        entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        assert (entry.action, entry.rows, "909999999" in str(entry.detail) + entry.subject) == ("case.sought", 0, False)


def test_of_several_with_one_number_it_asks_which(market, world):
    child = replace(cast.CITIZEN, full_name="Nguyễn Minh Khôi", birth_year=2017, id_number="")
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        venue = factories.venue(session, vault, "Nhà sách")
        factories.check_in(world.app(), session, vault, venue, cast.healthy(child), at=NOW - DAY)
        factories.commit()
    answer = opened(market)
    assert answer.exit_code == 1 and answer.stdout == ""
    lines = [line.strip() for line in answer.output.splitlines()]
    assert lines[:3] == ["Error: 2 people declared this number", "Nguyễn M. K., 2017", "Nguyễn T. Á. T., 1985"]
    assert "--name" in lines[3] and "--birth-year" in lines[3] and "--id-number" in lines[3]
    with inside(world.app()):
        entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        # Two names were opened: that counts like any reading.
        assert (entry.action, entry.rows, entry.detail) == ("case.sought", 2, {})
    assert opened(market, "--name", "nguyen minh khoi", "--birth-year", "2017").stdout == "F0-0001\n"
    assert opened(market, "--id-number", "022185001234").stdout == "F0-0002\n"


def joined(app, *people):
    """An officer said that these are one."""
    session = db.session()
    for other in people[1:]:
        one, two = sorted((people[0], other))
        session.add(Pair(id=new_id(NOW), one_id=one, other_id=two, likeness=1, state="same", found_at=NOW))
    joins.regroup(session)


def test_who_was_joined_by_hand_is_one_person_and_the_case_is_of_the_one_known_longest(market, world):
    app, married = world.app(), replace(cast.CITIZEN, full_name="Nguyễn Ánh Tuyết", birth_year=1986, id_number="")
    with inside(app):
        session, vault = db.session(), vault_of(app)
        venue = factories.venue(session, vault, "Nhà sách")
        factories.check_in(app, session, vault, venue, cast.healthy(married), at=NOW - HOUR)
        mothers = replace(married, full_name="Phạm Thị Hoa", birth_year=1955)
        factories.check_in(app, session, vault, venue, cast.healthy(mothers), at=NOW - DAY)
        first, second = (
            db.session.scalars(sa.select(Person.id).where(Person.name_index == name_index(vault, *who))).one()
            for who in ((NAME, 1985), ("Nguyễn Ánh Tuyết", 1986))
        )
        joined(app, first, second)
        factories.commit()
    # She is one of two: of her what she declared last, and her mother with the same number.
    assert "2 people" in (answer := opened(market)).output
    assert "Nguyễn Á. T., 1986" in answer.output and "Nguyễn T. Á. T." not in answer.output
    # By the name of either of hers, together with what only the other told.
    found = opened(market, "--name", "nguyen anh tuyet", "--birth-year", "1986", "--id-number", "022185001234")
    assert found.stdout == "F0-0001\n", found.output
    with inside(app):
        assert db.session.scalars(sa.select(Case.person_id)).one() == min(first, second)
    again = opened(market, "--name", NAME, "--birth-year", "1985")
    assert "open case already: F0-0001" in again.output


def test_nobody_is_two_open_cases(market):
    opened(market)
    again = opened(market)
    assert again.exit_code == 1 and "open case already: F0-0001" in again.output


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--person-phone", "12", "--onset", ONSET], "no such number"),
        (["--person-phone", "0912345678"], "--onset or --sample"),
        (["--person-phone", "0912345678", "--onset", "01/02/2026"], "does not match"),
        (["--person-phone", "0912345678", "--onset", str((NOW + 2 * DAY).date())], "still to come"),
        (["--person-phone", "0912345678", "--onset", ONSET, "--isolated", "2020-01-01"], "before both"),
        (["--person-phone", "0912345678", "--onset", ONSET, "--disease", "plague"], "is one of covid-19"),
        (["--person-phone", "0912345678", "--onset", ONSET, "--name", "An"], "go together"),
        (["--person-phone", "0912345678", "--onset", ONSET, "--title", " "], "is empty"),
    ],
)
def test_it_refuses_what_makes_no_sense_and_says_why(market, options, why):
    answer = run(market, "open", *options)
    assert answer.exit_code == 2 and why in answer.output


def test_a_list_of_a_case_that_there_is_not_or_whose_person_is_not_known_is_refused(market, world):
    answer = run(market, "contacts", "F0-0007")
    assert answer.exit_code == 1 and "there is no case" in answer.output
    with inside(world.app()):
        factories.case(db.session())
        factories.commit()
    answer = run(market, "contacts", "F0-0001")
    assert answer.exit_code == 1 and "it is not known who" in answer.output and answer.stdout == ""


def test_a_case_that_met_nobody_or_was_nowhere_in_its_window_has_an_empty_list(market, world):
    alone = replace(cast.NEIGHBOUR, full_name="Lê Thị Na", phone="+84904118299", birth_year=1990)
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        venue = factories.venue(session, vault, "Nhà sách")
        factories.check_in(world.app(), session, vault, venue, cast.healthy(alone), at=NOW - DAY)
        factories.commit()
    opened(market, phone="0904118299")
    assert contacts(market) == []
    opened(market, "--isolated", str((NOW - 9 * DAY).date()), onset=str((NOW - 9 * DAY).date()))
    assert contacts(market, "F0-0002") == []


def test_the_list_has_the_order_and_the_minutes_of_the_page(world):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        for number in range(7):
            who = replace(
                cast.NEIGHBOUR, full_name=f"Trần Văn {number}", phone=f"+8490411822{number}", birth_year=1970 + number
            )
            at = NOW - DAY - timedelta(minutes=7 * number)
            factories.check_in(app, session, vault, market, cast.healthy(who), at=at)
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - DAY)
        factories.commit()
    opened(app)
    listed = contacts(app)
    assert [line["rank"] for line in listed] == list(range(1, 8))
    possible = [line["possible_minutes"] for line in listed]
    assert possible == sorted(possible, reverse=True)
    assert contacts(app, "F0-0001", "--limit", "3") == listed[:3]
