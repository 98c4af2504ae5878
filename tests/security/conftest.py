"""The small province for the tests of the walls; and the town of two tenants, built once in a run for each database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import beside, clock
from checkin.accounts import service as accounts
from checkin.accounts.models import Account
from checkin.api import service as api
from checkin.api.models import ApiCall
from checkin.approvals.models import Approval
from checkin.audit.models import Finding, FindingEntry
from checkin.calls.models import StationCall, StationStep
from checkin.cases import service as cases
from checkin.cases.models import Case, CaseWindow
from checkin.chains.models import Infection
from checkin.claims.models import VenueClaim
from checkin.clusters.models import Signal, SignalStep
from checkin.commitments.models import Commitment
from checkin.contactlists.models import ListHeading
from checkin.contacts.models import Contact, ContactCheck, ContactNear, ContactStep
from checkin.db import db
from checkin.declarations.told import Told
from checkin.derivations.models import Derivation
from checkin.desk.models import DeskLink
from checkin.duty.models import DutyHandover
from checkin.exposure import service as lookups
from checkin.exposure.models import met_person
from checkin.handovers.models import Handover
from checkin.ids import new_id
from checkin.invitations.models import Invitation
from checkin.joins.models import Pair, PairScan, PairStep, joined
from checkin.me.models import Reading
from checkin.messages.models import Message
from checkin.movements.models import ToldMove
from checkin.notices import service as notices
from checkin.notices.models import NoticeReceipt, NoticeText
from checkin.owners.models import ContactCode
from checkin.people.models import Person
from checkin.personcards import service as personcards
from checkin.posters.models import PosterFile, PosterJob
from checkin.register.models import RegisterImport, RegisterNumber, RegisterPart
from checkin.replies.models import NoticeAnswer
from checkin.rights.models import RightsRequest
from checkin.venues.models import CodeGuess
from checkin.visits.models import Visit
from checkin.workers.models import ShiftChange, Worker
from tests import cast, factories
from tests.conftest import NOW
from tests.fuzz import cheap
from tests.security import tenants
from tests.security.province import HERE, THERE, Data, Who
from tests.security.tenants import Town
from tests.worlds import World, inside, vault_of

TABLES = ("visit", "declaration", "person", "person_card", "kept_visit", "kept_declaration", "case_visit", "met_person", "venue", "zone", "code",
          "account", "account_session", "recovery_code", "case", "lookup", "lookup_venue", "export", "export_part", "audit", "place",
          "place_successor", "alembic_version", "reading", "rights_request", "message", "contact_code", "invitation",
          "desk_link", "commitment", "handover", "venue_claim", "finding", "finding_entry", "approval", "code_guess", "poster_job",
          "poster_file", "register_import", "register_part", "register_number", "worker", "shift_change", "station_call",
          "station_step", "contact", "contact_step", "notice", "case_step", "case_window", "told_move", "contact_check", "contact_near",
          "duty_handover", "signal", "signal_step", "infection", "notice_answer", "notice_text", "notice_receipt", "notice_draft", "api_token", "api_call", "list_heading", "derivation", "pair", "pair_step", "pair_scan", "joined")  # fmt: skip
PEOPLE = {
    # Where they say they live: by person, what they said at one time after the other.
    "Người Hà Tu": [HERE],
    "Người Hồng Gai": [THERE],
    "Người Nơi Khác": [None],
    "Người Đã Chuyển": [HERE, THERE],
}


@dataclass(frozen=True)
class Province:
    """The database, what is in it, and everybody who asks."""

    world: World
    data: Data
    everybody: dict[str, Who]


def _identity(name: str, number: int, commune: str | None) -> cast.Identity:
    return cast.Identity(
        full_name=name, birth_year=1980, gender="female", phone=f"+8490411822{number}", province_id="22", commune_id=commune
    )  # fmt: skip


def _fill(world: World, session: Session) -> dict[str, Who]:
    app = world.app()
    vault = vault_of(app)
    ids = {
        "station": factories.account(session, vault, "commune", cast.COMMUNE, HERE),
        "other station": factories.account(session, vault, "commune", ("tram@kia", cast.COMMUNE[1]), THERE),
        "cdc": factories.account(session, vault, "cdc", cast.CDC),
        "other cdc": factories.account(session, vault, "cdc", ("minh@cdc", cast.CDC[1])),
        "command": factories.account(session, vault, "command", cast.COMMAND),
        "admin": factories.account(session, vault, "admin", cast.ADMIN),
        "owner": factories.account(session, vault, "owner", cast.OWNER),
        "other owner": factories.account(session, vault, "owner", cast.OUTSIDER),
    }
    for one in ids.values():
        accounts.begin_session(session, now=NOW, account=one, user_agent="", whole=True)
        accounts.replace_codes(session, now=NOW, account=one, code_hashes=[b"c" * 16])
    venues = [
        factories.venue(session, vault, name, owner=ids[owner], commune_id=commune)
        for name, owner, commune in (("Quán của Bình", "owner", HERE), ("Quán của Chi", "other owner", THERE))
    ]
    for number, (name, homes) in enumerate(PEOPLE.items()):
        for when, home in enumerate(homes):
            for venue in venues[when:]:
                told = cast.coughing(_identity(name, number, home))
                at = NOW - timedelta(hours=3 * (len(homes) - when), minutes=number)
                factories.check_in(app, session, vault, venue, told, at=at)
    # Somebody of nowhere in whose name a card says to live here: nobody asked them.
    stranger = _identity("Người Có Thẻ Lạ", 9, None)
    factories.check_in(app, session, vault, venues[1], cast.healthy(stranger), at=NOW - timedelta(hours=2))
    told = Told(who=replace(stranger, commune_id=HERE), answers=None)
    factories.check_in(app, session, vault, venues[1], told, at=NOW - timedelta(hours=1))
    issuer = personcards.Issuer("commune", ids["station"].actor)
    people = [_identity(name, number, homes[-1]) for number, (name, homes) in enumerate(PEOPLE.items())]
    personcards.issue(session, vault, now=NOW, issuer=issuer, people=people)
    # Somebody whom nobody asked.
    one = session.scalars(sa.select(Visit).order_by(Visit.entered_at)).first()
    assert one is not None
    one.declaration_id = one.declared_at = None
    session.flush()
    actor, rules = ids["cdc"].actor, factories.rules(app)
    case = factories.case(session)
    person = one.person_id
    cases.link(session, now=NOW, actor=actor, case=case, person_id=person, found_by="TC-000001", rules=rules)
    asked = lookups.PlaceAsked(
        start=NOW - timedelta(hours=9), end=NOW, venue_id=venues[0].id, more=((venues[0].id, None),)
    )
    made: list[UUID] = []
    for bound, who in (
        (lookups.Bound(case=case, signal=None, reason="Truy vết"), "cdc"),
        (lookups.Bound(case=None, signal="Ho nhiều ở chợ", reason="Truy vết"), "other cdc"),
    ):
        lookup = lookups.ask_place(session, now=NOW, actor=ids[who].actor, bound=bound, asked=asked)
        made.append(lookup.id)
        lookups.ask_export(session, now=NOW, actor=ids[who].actor, lookup=lookup, form="xlsx", locale="vi", total=2)
        export = lookups.claim_export(session, now=NOW)
        assert export is not None
        lookups.keep_export(session, vault, now=NOW, export_id=export.id, body=b"x" * 10, total=2)
    _newer(session, ids, venues[0].id, made[0], person)
    _called(session, ids, person)
    _contacted(session, ids, case.id)
    _told(session, ids, case.id)
    _paired(session, ids)
    for out in (False, True):
        told = notices.Words(
            venue_id=venues[0].id, zone_id=None, start=NOW - timedelta(hours=3), end=NOW, severity="watch",
            words_vi="Theo dõi", words_en=None,
        )  # fmt: skip
        notice = notices.write(session, now=NOW, actor=actor, case=case, words=told)
        notices.change(session, now=NOW, actor=actor, case=case, notice=notice, words=told, seen=1)
        if out:
            notices.publish(session, now=NOW, actor=actor, case=case, notice=notice, lasts=timedelta(days=14))
        # Of either station; who knows of which is a matter of rows alone here.
        known = {"notice_id": notice.id, "commune_id": HERE if out else THERE, "at": NOW, "by_name": "x"}
        session.add(NoticeReceipt(account_id=ids["station" if out else "other station"].id, **known))
    session.add(NoticeText(notice_id=notice.id, phone_index=b"p" * 16, at=NOW))
    session.add(
        NoticeAnswer(
            id=new_id(NOW), notice_id=notice.id, made_at=NOW, person_id=person, commune_id=HERE, phone_index=b"p" * 16,
            details=b"x",
        )
    )  # fmt: skip
    known = {name: Who(name, one.role, str(one.id), one.commune_id or "") for name, one in ids.items()}
    cdc, kind = known["cdc"], "cdc"
    return {
        **known,
        "cdc for a case": Who("cdc for a case", kind, cdc.account, purpose=str(case.id), bound=True),
        "cdc for a lookup": Who("cdc for a lookup", kind, cdc.account, purpose=str(made[1]), bound=True),
        "rounds": Who("rounds", "system"),
    }


def _called(session: Session, ids: dict[str, Account], person: UUID) -> None:
    """Who is on either station's list, and one whom the station moved to the other one."""
    for home, steps in ((HERE, [(HERE, None)]), (THERE, [(THERE, None)]), (THERE, [(HERE, THERE), (THERE, None)])):
        call = StationCall(
            id=new_id(NOW), made_at=NOW, kind="enter", person_id=person, commune_id=home, day=NOW.date(), triage="watch",
            reasons=["cough"], symptoms=["cough"], details=b"x", reference=f"KB-{new_id(NOW).hex[-11:]}", version=len(steps),
        )  # fmt: skip
        session.add(call)
        session.flush()
        for number, (commune, to) in enumerate(steps, 1):
            what = {"what": "move", "to_commune_id": to} if to else {"what": "take"}
            by = ids["station" if commune == HERE else "other station"]
            session.add(
                StationStep(
                    call_id=call.id, number=number, at=NOW, commune_id=commune, account_id=by.id, by_name="x",
                    state_before="new", **what,
                )
            )  # fmt: skip
    session.flush()


def _told(session: Session, ids: dict[str, Account], case: UUID) -> None:
    """What was done to a case, a window put right, and a movement told."""
    by: dict[str, Any] = {"case_id": case, "at": NOW, "by_name": "x"}
    session.add(CaseWindow(which="forward", start=NOW, reason="x", **by))
    session.add(
        ToldMove(
            id=new_id(NOW), case_id=case, person_id=new_id(NOW), start=NOW - timedelta(hours=1), end=NOW, details=b"x",
            told_at=NOW, told_by=ids["cdc"].id, told_by_name="x",
        )
    )  # fmt: skip
    session.flush()


def _contacted(session: Session, ids: dict[str, Account], case: UUID) -> None:
    """Whom the CDC gave to either station, and one whom no station of the province calls."""
    for home in (HERE, THERE, None):
        contact = Contact(
            id=new_id(NOW), case_id=case, person_id=new_id(NOW), disease="covid-19", stage="call", stage_at=NOW, stage_by_name="x",
            given_at=NOW, commune_id=home, due_at=NOW, met_on=NOW.date(), details=b"x", version=1,
        )  # fmt: skip
        session.add(contact)
        session.flush()
        session.add(
            ContactStep(
                contact_id=contact.id, number=1, at=NOW, account_id=ids["cdc"].id, by_name="x", what="assign", answers=[],
                stage="call",
            )
        )  # fmt: skip
        check = {"kind": "health", "day": NOW.date(), "number": 1, "said": "well", "at": NOW, "by_name": "x"}
        session.add(ContactCheck(contact_id=contact.id, account_id=ids["station"].id, **check))
        session.add(ContactNear(contact_id=contact.id, f1_id=new_id(NOW), case_id=case, at=NOW, by_name="x"))
        numbers = ("certain", "possible", "encounters", "same_zone", "setting", "crowded", "score")
        met = {"case_id": case, "person_id": contact.person_id, "first_at": NOW, "made_of": new_id(NOW)}
        session.execute(sa.insert(met_person).values(**met, **dict.fromkeys(numbers, 1)))
    session.add(
        DutyHandover(
            id=new_id(NOW),
            seq=1,
            made_at=NOW,
            made_by=ids["cdc"].id,
            made_by_name="x",
            since=NOW,
            numbers={},
            note=b"x",
        )
    )
    session.flush()


def _paired(session: Session, ids: dict[str, Account]) -> None:
    """Two people who are one, and the search that found them."""
    one, other = session.scalars(sa.select(Person.id).order_by(Person.id).limit(2)).all()
    pair = Pair(id=new_id(NOW), one_id=one, other_id=other, likeness=1, state="same", version=1, found_at=NOW)
    session.add_all([pair, PairScan(id=new_id(NOW), at=NOW, people=2, pairs=1, large=0, largest=0)])
    session.flush()
    step = {"at": NOW, "account_id": ids["cdc"].id, "by_name": "x", "what": "join", "reason": b"x"}
    session.add(PairStep(pair_id=pair.id, number=1, **step))
    session.execute(sa.insert(joined), [{"member_id": person, "main_id": one} for person in (one, other)])
    session.flush()


def _newer(session: Session, ids: dict[str, Account], venue: UUID, lookup: UUID, person: UUID) -> None:
    """A reading, a request, a message, an invitation, posters, and of the owner a code and a link."""
    day, later = NOW.date(), NOW + timedelta(hours=1)
    finding, officer = new_id(NOW), ids["cdc"]
    session.add_all(
        [
            Finding(id=finding, key="x", kind="volume", who="x", at=NOW, count=2, bound=1, entries=1, found_at=NOW),
            CodeGuess(day=day, kind="unknown", count=1),
            Approval(id=new_id(NOW), seq=1, what="read", lookup_id=lookup, lookup_number="TC-000001", title="x", start=NOW, end=later, asked_by=officer.id, asked_by_name="x", asked_at=NOW, reason="x", mode="before", state="asked"),
            Reading(id=new_id(NOW), lookup_id=lookup, kind="person", read_at=NOW, shown_from=later, start=NOW, end=later, subject_id=person),
            RightsRequest(id=new_id(NOW), reference="YC-K7QF3M2P", kind="see", language="vi", details=b"x", received_at=NOW, acknowledge_by=day, answer_by=day),
            Message(id=new_id(NOW), audience="staff", channel="mail", about="invitation", sealed=b"x", made_at=NOW, until=later, next_at=NOW, tries=0),
            Invitation(id=new_id(NOW), token_hash=b"t" * 32, login="moi@cdc", role="cdc", made_by_name="x", made_at=NOW, expires_at=later),
            ContactCode(id=new_id(NOW), account_id=ids["owner"].id, purpose="confirm", mac=b"m" * 16, made_at=NOW, expires_at=later, tries=0),
            Commitment(id=new_id(NOW), venue_id=venue, version="2026-01-01", signed_at=NOW, account_id=ids["owner"].id, signer=b"x"),
            Handover(id=new_id(NOW), venue_id=venue, from_id=ids["owner"].id, token_hash=b"h" * 16, made_at=NOW, expires_at=later),
            VenueClaim(id=new_id(NOW), venue_id=venue, account_id=ids["owner"].id, made_at=NOW, asker=b"x"),
            DeskLink(id=new_id(NOW), venue_id=venue, name="Quầy", made_at=NOW, expires_at=later, device_kind=""),
        ]
    )  # fmt: skip
    signal, case = new_id(NOW), session.scalars(sa.select(Case.id)).one()
    session.add(
        Signal(id=signal, seq=1, kind="pile", venue_id=venue, start=NOW, end=later, count=9, expected=1.0, found_at=NOW, changed_at=NOW)
    )  # fmt: skip
    session.flush()
    session.add_all(
        [
            SignalStep(signal_id=signal, number=1, at=NOW, account_id=officer.id, by_name="x", state="seen", count=9, note=""),
            Infection(case_id=case, number=1, at=NOW, account_id=officer.id, by_name="x", place="unknown", reason="x"),
        ]
    )  # fmt: skip
    token, _ = api.create(session, now=NOW, actor=ids["admin"].actor, name="Tỉnh", scopes=["cases:read"], days=30)
    session.add(ApiCall(token_id=token.id, key_index=b"k" * 16, body_index=b"b" * 16, at=NOW))
    session.add(ListHeading(heading_index=b"h" * 16, fields=["full_name", "phone"], said_at=NOW))
    # As if an officer's account were one: whose it is, is asked of both alike.
    session.add(ApiCall(token_id=officer.id, key_index=b"k" * 16, body_index=b"b" * 16, at=NOW))
    worker = new_id(NOW)
    session.add(
        Worker(
            id=worker,
            venue_id=venue,
            person_id=person,
            gender="",
            age_band="18-49",
            details=b"x",
            masked_name="x",
            job="",
            weekdays=127,
            starts=420,
            ends=960,
            first_day=day,
            added_at=NOW,
            due_at=NOW,
        )
    )
    session.flush()
    session.add(ShiftChange(worker_id=worker, day=day, kind="absent"))
    session.flush()
    for role, who in (("owner", "owner"), ("commune", "station"), ("admin", "admin")):
        job = PosterJob(id=new_id(NOW), role=role, made_by=ids[who].id, form="a4", language="vi", asked_at=NOW)
        session.add(job)
        session.flush()
        session.add(PosterFile(job_id=job.id, number=1, name="1.pdf", title="", posters=1, size=1, body=b"x"))
    session.add(FindingEntry(finding_id=finding, seq=1))
    session.add(RegisterNumber(number="5701234567", venue_id=venue))
    for who in ("admin", "station"):
        register = RegisterImport(
            id=new_id(NOW), made_by=ids[who].id, sent_at=NOW, asked_at=NOW, form="csv", size=1, sha256="", locale="vi",
            step="check", state="done", gone_at=later,
        )  # fmt: skip
        session.add(register)
        session.flush()
        session.add(RegisterPart(import_id=register.id, kind="file", number=0, body=b"x"))
    session.add(
        Derivation(
            id=new_id(NOW), asked_at=NOW, asked_by=ids["cdc"].id, asked_by_name="x", rules="keep", rules_on=NOW.date(),
            state="done", until_seq=9, total=1,
        )
    )  # fmt: skip
    session.flush()


def _province(world: World) -> Iterator[Province]:
    with clock.fixed(NOW), inside(world.app()):
        session = db.session()
        everybody = _fill(world, session)
        session.commit()
        # As they are called in the database, by no model of the product: ids as its driver gives them, made one kind.
        data = {
            table: [dict(row._mapping) for row in session.execute(sa.select(sa.text("*")).select_from(sa.table(table)))]
            for table in TABLES
        }
    yield Province(world, _alike(data), everybody)
    world.empty()


def _alike(data: Data) -> Data:
    return {
        table: [{name: _plain(value) for name, value in row.items()} for row in rows] for table, rows in data.items()
    }


def _plain(value: object) -> object:
    """SQLite gives ids as 32 letters and moments as text, PostgreSQL says what they are."""
    if not isinstance(value, str):
        return value
    if re.fullmatch("[0-9a-f]{32}", value):
        return UUID(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


@pytest.fixture(scope="module")
def province(request: pytest.FixtureRequest) -> Iterator[Province]:
    """The province in PostgreSQL."""
    yield from _province(request.getfixturevalue("_postgresql"))


@pytest.fixture(scope="module", params=["_sqlite", pytest.param("_postgresql", marks=pytest.mark.postgresql)])
def provinces(request: pytest.FixtureRequest) -> Iterator[Province]:
    """The province in each database in turn."""
    yield from _province(request.getfixturevalue(request.param))


_built: dict[str, Town] = {}


def _town(request: pytest.FixtureRequest, name: str) -> Iterator[Town]:
    world = request.getfixturevalue(name)
    patch = pytest.MonkeyPatch()
    # A process beside would read the database of the next test.
    patch.setattr(beside, "start", lambda *_command: None)
    with clock.fixed(NOW), cheap.passwords():
        if name in _built:
            tenants.restore(_built[name])
        else:
            _built[name] = tenants.build(world)
        yield _built[name]
    patch.undo()
    world.empty()


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """Two tenants of everything, on SQLite; the clock stands at NOW."""
    yield from _town(request, "_sqlite")


@pytest.fixture(scope="module")
def postgresql_town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """The same on PostgreSQL."""
    yield from _town(request, "_postgresql")
