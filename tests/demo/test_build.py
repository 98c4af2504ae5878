"""The demo province in a database: what pages and lookups find there."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from checkin import ROOT, clock, context, create_app
from checkin.accounts.models import CDC, ROLES, Account
from checkin.audit import queries as audit
from checkin.cases.models import Case
from checkin.config import Config
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.demo import build as demo
from checkin.demo.generate import generate
from checkin.demo.landmarks import SEA
from checkin.demo.outbreak import WINDOW_DAYS_AGO, WINDOW_FROM, WINDOW_TO, moment
from checkin.demo.story import make_accounts, new_password, write_credentials
from checkin.errors import DomainError
from checkin.exposure import queries as exposure
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Window, presences
from checkin.keys import generate as make_keys
from checkin.people.models import Person
from checkin.places import service as places
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.venues.codes import is_well_formed
from checkin.venues.models import Code, Venue, Zone
from checkin.visits.models import Visit
from checkin.visits.stays import cap
from checkin.workers import queries as workers
from checkin.workers.models import Worker
from tests import factories

NOW = datetime(2026, 11, 18, 4, 30, tzinfo=UTC)
VISITS = 3000
VISITOR = Visit.channel != "shift"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    instance = tmp_path_factory.mktemp("instance")
    make_keys(instance / "keys")
    app = create_app(Config.from_env({"CHECKIN_INSTANCE": str(instance), "NO_DEMO": "1"}))
    with app.app_context(), clock.fixed(NOW):
        upgrade(directory=str(ROOT / "checkin" / "migrations"))
        places.load(db.session())
        db.session.commit()
        said = app.test_cli_runner().invoke(args=["demo", "build", "--venues", "200", "--visits", str(VISITS)])
        assert said.exit_code == 0, said.output
        app.extensions["said"] = said.output
        yield app
        db.session.remove()
        db.engine.dispose()


def instance_of(app: Flask) -> Path:
    return Path(app.instance_path)


def count(model: type, *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def test_the_command_stores_what_was_asked_and_says_so(built: Flask) -> None:
    assert count(Venue) == 200
    assert count(Visit, VISITOR) == VISITS
    assert "200 venues" in built.extensions["said"]
    assert "F0-0001" in built.extensions["said"]


def test_the_planted_outbreak_is_found_by_the_lookup(built: Flask) -> None:
    zone = db.session.scalars(
        sa.select(Zone).join(Venue, Zone.venue_id == Venue.id).where(Venue.name == "Chợ Hạ Long 1", Zone.name == SEA)
    ).one()
    window = Window(*(moment(NOW, WINDOW_DAYS_AGO, at) for at in (WINDOW_FROM, WINDOW_TO)))
    area = exposure.Area((zone.venue_id,), zone.id)
    stays = exposure.stays_at(
        db.session(), area, window.start, window.end, cap(context.rules(clock.to_local(window.start).date()))
    )
    found = presences(stays, window)
    assert len(found) >= 41
    # The trader herself was there all the time, for certain.
    assert found[0].certain_minutes == found[0].possible_minutes == 105
    assert {True, False} == {presence.certain_minutes > 0 for presence in found}
    opened = context.vault().open(
        db.session.scalars(sa.select(Declaration.details).where(Declaration.person_id == found[0].person_id)).first()
        or b""
    )
    assert opened["full_name"] == "Vũ Thị Mận"


def test_the_lookup_on_record_is_the_one_that_finds_it(built: Flask) -> None:
    lookups = db.session.scalars(sa.select(Lookup).order_by(Lookup.seq)).all()
    assert [(one.kind, bool(one.case_id)) for one in lookups] == [("place", True), ("person", True), ("place", False)]
    assert lookups[0].start == moment(NOW, WINDOW_DAYS_AGO, WINDOW_FROM)
    assert all(one.reason for one in lookups)


def test_the_first_case_is_the_trader_and_the_others_stand_elsewhere(built: Flask) -> None:
    cases = db.session.scalars(sa.select(Case).order_by(Case.seq)).all()
    assert (cases[0].number, cases[0].title, cases[0].state) == ("F0-0001", "Chợ Hạ Long 1, khu hải sản", "confirmed")
    assert [case.state for case in cases[1:]] == ["suspected", "recovered"]
    assert all(case.onset_on and case.sample_on and case.onset_on <= case.sample_on for case in cases)


def test_declarations_of_every_level_are_there_and_can_be_opened(built: Flask) -> None:
    assert set(db.session.scalars(sa.select(Declaration.triage).distinct())) == {"routine", "watch", "urgent", "none"}
    for declaration in db.session.scalars(sa.select(Declaration).limit(20)):
        details = context.vault().open(declaration.details)
        assert details["full_name"] and details["phone"].startswith("+")
        assert declaration.rules_id == context.rules(clock.to_local(declaration.made_at).date()).id


def test_visits_with_every_kind_of_end_are_there(built: Flask) -> None:
    assert set(db.session.scalars(sa.select(Visit.end_set_by).distinct())) == {
        "guessed",
        "visitor",
        "elsewhere",
        "desk",
    }
    assert count(Visit, Visit.left_at.is_not(None), Visit.until_latest != Visit.left_at) == 0
    assert count(Visit, Visit.left_at > NOW) == count(Visit, Visit.entered_at > NOW) == 0
    guessed = Visit.end_set_by.in_(["guessed", "elsewhere"])
    assert count(Visit, guessed, Visit.left_at.is_not(None)) == 0


def test_a_visit_without_a_declaration_came_from_the_desk(built: Flask) -> None:
    assert count(Visit, Visit.declaration_id.is_(None)) > 0
    assert count(Visit, Visit.declaration_id.is_(None), Visit.channel != "desk") == 0


def test_every_visit_leads_to_its_person_venue_and_declaration(built: Flask) -> None:
    joined = (
        sa.select(sa.func.count())
        .select_from(Visit)
        .join(Person, Person.id == Visit.person_id)
        .join(Venue, Venue.id == Visit.venue_id)
        .outerjoin(Zone, sa.and_(Zone.id == Visit.zone_id, Zone.venue_id == Visit.venue_id))
        .outerjoin(
            Declaration,
            sa.and_(
                Declaration.id == Visit.declaration_id,
                Declaration.made_at == Visit.declared_at,
                Declaration.person_id == Visit.person_id,
            ),
        )
        .where(Visit.zone_id.is_(None) | Zone.id.is_not(None))
        .where(Visit.declaration_id.is_(None) | Declaration.id.is_not(None))
    )
    assert db.session.scalar(joined) == count(Visit)


def test_every_door_has_one_code_in_force_and_revoked_ones_keep_their_history(built: Flask) -> None:
    in_force = count(Code, Code.revoked_at.is_(None))
    assert in_force == count(Venue) + count(Zone)
    revoked = db.session.scalars(sa.select(Code).where(Code.revoked_at.is_not(None))).all()
    assert revoked and all(code.issued_at < code.revoked_at for code in revoked)
    assert all(is_well_formed(code) for code in db.session.scalars(sa.select(Code.code)))


def test_the_file_for_printing_holds_the_supermarkets_own_code(built: Flask) -> None:
    code = (instance_of(built) / demo.CODE_FILE).read_text(encoding="ascii").strip()
    door = venues.door(db.session(), code)
    assert door is not None and door.open
    assert (door.venue_name, door.zone_id) == ("Siêu thị Bạch Đằng", None)


def test_the_accounts_file_is_private_and_its_passwords_work(built: Flask) -> None:
    path = instance_of(built) / demo.ACCOUNTS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    assert head == "role\tlogin\tpassword"
    told = [line.split("\t") for line in lines]
    assert [role for role, _, _ in told] == list(ROLES)
    assert all(len(password) >= 15 for _, _, password in told)
    for role, login, password in told:
        account = factories.signs_in(db.session(), context.vault(), (login, password), {role})
        assert account is not None and account.role == role
    db.session.rollback()


def test_the_owner_has_about_six_venues_the_market_and_the_supermarket_among_them(built: Flask) -> None:
    owner = db.session.scalars(sa.select(Account).where(Account.role == "owner")).one()
    names = [venue.name for venue, _ in venues.of_owner(db.session(), owner.id)]
    assert 5 <= len(names) <= 8
    assert {"Chợ Hạ Long 1", "Siêu thị Bạch Đằng"} <= set(names)


def test_a_stall_holder_whom_nobody_scanned_is_on_the_contact_list(built: Flask) -> None:
    zone = db.session.scalars(
        sa.select(Zone).join(Venue, Zone.venue_id == Venue.id).where(Venue.name == "Chợ Hạ Long 1", Zone.name == SEA)
    ).one()
    window = Window(*(moment(NOW, WINDOW_DAYS_AGO, at) for at in (WINDOW_FROM, WINDOW_TO)))
    area = exposure.Area((zone.venue_id,), zone.id)
    stays = exposure.stays_at(db.session(), area, window.start, window.end, timedelta(hours=12))
    sellers = set(db.session.scalars(sa.select(Worker.person_id).where(Worker.zone_id == zone.id)))
    scanned = set(db.session.scalars(sa.select(Visit.person_id).where(VISITOR)))
    met = {one.person_id for one in presences(stays, window)}
    assert len(sellers & met) >= 10 and not sellers & scanned


def test_the_owners_venues_have_people_at_work_one_who_is_absent_and_one_who_left(built: Flask) -> None:
    market = db.session.scalars(sa.select(Venue).where(Venue.name == "Chợ Hạ Long 1")).one()
    today = clock.to_local(NOW).date()
    listed = workers.of_venue(db.session(), market.id, since=today - timedelta(days=3))
    assert len(listed) >= 20 and len({row.zone_name for row in listed}) == 4
    assert len([row for row in listed if row.plan.last_day is not None]) == 1
    changes = workers.changes(db.session(), [row.id for row in listed], today, today)
    assert {change.absent for days in changes.values() for change in days.values() if change} == {True, False}
    # Nobody begins later than now, and every day until now has its shifts.
    begun = db.session.scalars(sa.select(Visit.entered_at).where(~VISITOR)).all()
    assert max(begun) <= NOW
    assert {clock.to_local(one).date() for one in begun} >= {today - timedelta(days=ago) for ago in range(14)}


def test_the_log_of_the_demo_is_whole_and_in_order(built: Flask) -> None:
    assert audit.broken_link(db.session()) is None
    opened = db.session.scalars(sa.select(Case).where(Case.seq == 1)).one()
    cdc = db.session.scalars(sa.select(Account).where(Account.role == CDC)).one()
    assert opened.opened_by == cdc.id
    assert cdc.created_at < NOW - timedelta(days=14)


def test_a_second_province_on_top_is_refused(built: Flask) -> None:
    before = count(Visit)
    said = built.test_cli_runner().invoke(args=["demo", "build"])
    assert said.exit_code != 0
    assert "venues already" in said.output
    assert count(Visit) == before


@pytest.mark.parametrize("option", [["--venues", "3"], ["--visits", "10"], ["--days", "40"]])
def test_a_size_that_makes_no_province_is_refused_in_words(built: Flask, option: list[str]) -> None:
    said = built.test_cli_runner().invoke(args=["demo", "build", *option])
    assert said.exit_code != 0
    assert "Traceback" not in said.output and said.output.strip()


def test_memory_of_known_people_is_bounded_by_the_pool_not_by_the_visits() -> None:
    assert generate(1, now=NOW, visits=40_000_000).people.size <= 1_300_032


def test_passwords_are_long_readable_and_never_alike() -> None:
    made = {new_password() for _ in range(500)}
    assert len(made) == 500
    assert all(len(password) == 19 and not set(password) & set("01ilo") for password in made)


def test_a_credentials_file_that_anybody_could_read_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "accounts.tsv"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    write_credentials(path, [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8") == "role\tlogin\tpassword\n"


def test_it_builds_the_same_story_on_every_database(app: Flask, session: Session, vault: Vault) -> None:
    world = generate(5, now=clock.now(), venues=170, visits=600, days=7)
    said: list[str] = []
    placed = demo.build(session, vault, context.config(), world, said.append)
    session.commit()
    assert count(Visit, VISITOR) == 600
    assert audit.broken_link(session) is None
    market = world.role("market")
    window = Window(*(moment(world.now, WINDOW_DAYS_AGO, at) for at in (WINDOW_FROM, WINDOW_TO)))
    stays = exposure.stays_at(
        session, exposure.Area((placed.venues[market],)), window.start, window.end, timedelta(hours=12)
    )
    assert len(presences(stays, window)) >= 60
    assert any("shift" in stay.flags for stay in stays)
    assert any("F0-0001" in line for line in said)


def test_nothing_is_written_beside_the_database_when_a_demo_account_exists(
    app: Flask, session: Session, vault: Vault, tmp_path: Path
) -> None:
    make_accounts(session, vault, NOW, "06685")
    config = replace(context.config(), instance=tmp_path)
    world = generate(5, now=clock.now(), venues=170, visits=600, days=7)
    with pytest.raises(DomainError, match="taken"):
        demo.build(session, vault, config, world, str)
    assert count(Venue) == 0
    assert list(tmp_path.iterdir()) == []
