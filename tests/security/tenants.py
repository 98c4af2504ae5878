"""Two of everything: two owners, communes and officers, each with names that nobody else may ever be shown.

A canary is made of letters alone, so that it is the same in a page, a header, a file and a log.
"""

import contextlib
import io
import sqlite3
import zipfile
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdfium2
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from checkin import scope
from checkin.accounts.models import Account, AccountSession
from checkin.accounts.service import NOBODY as NOBODYS
from checkin.api import service as api
from checkin.api.models import SCOPES
from checkin.approvals import service as approvals
from checkin.approvals.limits import Limits
from checkin.audit.models import Finding, FindingEntry
from checkin.calls import queries as calls
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.cases.models import Case
from checkin.claims import service as claims
from checkin.clusters import service as clusters
from checkin.commitments import service as commitments
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact
from checkin.db import Model, db, reading
from checkin.declarations.told import Identity
from checkin.derivations.models import Derivation
from checkin.desk import service as desk
from checkin.desk.issuing import seal_who
from checkin.duty.models import DutyHandover
from checkin.exposure import service as exposure
from checkin.exposure.models import DOUBLES, Export, Lookup
from checkin.handovers import service as handovers
from checkin.ids import new_id
from checkin.invitations import service as invitations
from checkin.joins.models import Pair
from checkin.movements import service as movements
from checkin.notices import queries as notice_queries
from checkin.notices import service as notices
from checkin.personcards import service as personcards
from checkin.posters import service as posters
from checkin.posters.models import DONE
from checkin.register import service as register
from checkin.register.about import About
from checkin.register.rows import Terms
from checkin.register.showing import KINDS, pages
from checkin.register.tables import read
from checkin.register.writing import Looking, work
from checkin.replies import service as replies
from checkin.replies.models import NoticeAnswer
from checkin.replies.telling import Telling
from checkin.rights import queries as rights_queries
from checkin.rights import service as rights
from checkin.stations import service as stations
from checkin.venues import queries as venue_queries
from checkin.venues import service as venues
from checkin.visits import tokens
from checkin.visits.models import Visit
from checkin.visits.tokens import VisitToken
from checkin.workers import asked as workers_asked
from checkin.workers import service as workers
from checkin.workers.models import Worker
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import World, inside, vault_of

A, B = "Qwazo", "Xbimu"
COMMUNES = {A: factories.HA_TU, B: factories.HONG_GAI}
NOBODY = UUID("00000000-0000-7000-8000-000000000000")
PASSWORD = "mười lăm chữ và nhiều hơn nữa"
STAFF_ROLES = ("commune", "cdc", "command", "admin")
# Never touched by what is proven here.
FIXED_TABLES = {"place", "place_successor"}


def canaries(tenant: str) -> dict[str, tuple[str, ...]]:
    """What belongs to a tenant, by kind: every spelling in which it may show."""
    last = "1" if tenant == A else "2"
    return {
        "venue": (f"Zven{tenant}", f"Zdia{tenant}", f"Zkhu{tenant}"),
        "contact": (f"Zchu{tenant}", f"+8420338254{last}9", f"020338254{last}9"),
        "family": (f"Zho{tenant}",),
        "visitor": (f"Zten{tenant}", f"Zso{tenant}", f"+8491234567{last}", f"091234567{last}", f"02218500123{last}"),
        "travel": (f"Zqua{tenant}",),
        "case": (f"Zca{tenant}",),
        "reason": (f"Zlydo{tenant}",),
        "officer": (f"Zcanbo{tenant}",),
        "station": (f"Ztram{tenant}",),
        # Somebody who asks about their own data; a login that is on offer; a device at a counter.
        "asker": (f"Zhoi{tenant}", f"Zthu{tenant}@example.vn", f"Zkhieu{tenant}"),
        "invited": (f"Zmoi{tenant}",),
        "counter": (f"Zquay{tenant}",),
        # Of whom their owner typed all and sees a masked name.
        "worker": (f"Zlam{tenant}", f"+8493876543{last}", f"093876543{last}"),
        "register": (f"Zdk{tenant}", f"Ztep{tenant}"),
    }


CANARIES = {(kind, tenant): words for tenant in (A, B) for kind, words in canaries(tenant).items()}


# Requests of a tenant by how far they are: come in, looked up, identified, answered.
REQUESTS = ("reference", "looked_up", "identified", "seen", "answered")
# Values of a tenant that stand in addresses.
SHARED_NAMES = (
    "venue_id", "code", "lookup_id", "person_lookup", "case_lookup", "wide_lookup", "number", "free_case", "export_id",
    "approval_id", "job_id", "station_job", "invitation_id", "invitation_token", "finding_id", "import_id", "link_id", "desk_code",
    "zone_id", "inner_id", "handover_token", "call_id", "contact_id", "move_id", "contact_move", "f1_contact", "handover_number", "notice_number", "notice_draft", "notice_out", "signal_number",
    "doubles_lookup", "pair_id", "claimable", "claimed", "claim_id", "worker_id", "run_id", "card_id", "card_code", "token_id", *REQUESTS,
)  # fmt: skip


@dataclass
class Subject:
    """Somebody who knocks: their role and what their browser holds."""

    role: str
    cookies: str = ""
    token: str = ""
    # Of another program, which has no cookies.
    shows: str = ""


@dataclass
class Town:
    """The world with both tenants in it."""

    world: World
    app: Flask
    # Name in an address: the object of tenant A, of tenant B, and one of nobody.
    objects: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    # What forms carry, by tenant.
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    subjects: dict[str, Subject] = field(default_factory=dict)
    foreigners: dict[str, Subject] = field(default_factory=dict)
    saved: dict[str, Any] = field(default_factory=dict)
    # The same as rows.
    clean: dict[str, list[Any]] = field(default_factory=dict)
    # Fields of forms, once somebody looked for them.
    typed: dict[str, set[str]] = field(default_factory=dict)


def build(world: World) -> Town:
    """Fill an empty world; the clock must stand at NOW."""
    town = Town(world, world.app())
    for tenant in (A, B):
        town.values[tenant] = _fill(town, tenant)
    staff, owner = town.values[A]["other_staff"], town.values[A]["owner"]
    both = [town.values[tenant] for tenant in (A, B)]
    gone = {
        "code": "K7QF3M2P9XD",
        "card_code": "K7QF3M2P9XD",
        "number": "F0-9999",
        "free_case": "F0-9999",
        "notice_number": "TB-9999",
        "handover_number": "999",
        "signal_number": "TH-9999",
        **dict.fromkeys(REQUESTS, "YC-K7QF3M2P"),
    }
    for name in SHARED_NAMES:
        town.objects[name] = (both[0][name], both[1][name], gone.get(name, str(NOBODY)))
    town.objects["first"] = ("1", "1", "1")
    town.objects["first_window"] = ("forward", "forward", "forward")
    # Hà Nội, where somebody of either case lives.
    town.objects["province"] = ("01", "01", "98")
    # To an administrator staff are the objects, and owners are not.
    town.objects["account_id"] = (staff, owner, str(NOBODY))
    town.objects["session_id"] = (_session(town, A), _session(town, B), str(NOBODY))
    town.subjects = _subjects(town, A)
    town.foreigners = _subjects(town, B)
    save(town)
    return town


def _fill(town: Town, tenant: str) -> dict[str, str]:
    word = canaries(tenant)
    home, values = COMMUNES[tenant], {}
    client = town.app.test_client()
    with inside(town.app):
        session, vault = db.session(), vault_of(town.app)
        owner = factories.account(session, vault, "owner", (f"{word['contact'][0]}@example.vn", PASSWORD))
        officer = factories.account(session, vault, "cdc", (f"{word['officer'][0]}@cdc", PASSWORD))
        station = factories.account(session, vault, "commune", (f"{word['station'][0]}@tram", PASSWORD), home)
        station_id = station.id
        if tenant == A:
            factories.account(session, vault, "command", ("chihuy@bcd", PASSWORD))
            factories.account(session, vault, "admin", ("quantri@cdc", PASSWORD))
            other_staff = factories.account(session, vault, "command", ("khac@bcd", PASSWORD))
            other_staff.factor = b"a factor that nobody shows"
            values["other_staff"] = str(other_staff.id)
        where = factories.venue(
            session, vault, f"Quán {word['venue'][0]}", owner=owner, address=f"Ngõ {word['venue'][1]}",
            commune_id=home, phone=word["contact"][1],
        )  # fmt: skip
        zone = venues.add_zone(session, now=NOW, actor=owner.actor, venue=where, name=f"Cửa {word['venue'][2]}")
        first = factories.code_of(session, where)
        values["revoked"] = first
        values["code"] = venues.reissue(session, now=NOW, actor=owner.actor, code=first)
        values |= {"password": PASSWORD, "owner": str(owner.id), "venue_id": str(where.id), "zone_id": str(zone.id)}
        kiosk = factories.venue(
            session,
            vault,
            f"Quầy {word['venue'][0]}",
            owner=owner,
            address=f"Trong {word['venue'][1]}",
            commune_id=home,
        )
        venues.put_inside(session, venue=kiosk, outer_id=where.id)
        commitments.sign(
            session, vault, now=NOW, actor=owner.actor, venue=kiosk, version="2026-01-01",
            name=f"Ông {word['contact'][0]}", office="",
        )  # fmt: skip
        _, handover_token = handovers.make(session, vault, now=NOW, actor=owner.actor, venue=where)
        values |= {"inner_id": str(kiosk.id), "handover_token": handover_token}
        for name in ("claimable", "claimed"):  # of a register, without owner
            known = factories.venue(
                session, vault, f"Sổ {word['venue'][0]}", address=f"Sau {word['venue'][1]}", commune_id=home
            )
            values[name] = str(known.id)
        claim = claims.ask(
            session, vault, now=NOW, account=owner, venue=known, name=f"Bà {word['contact'][0]}", note=""
        )
        values["claim_id"] = str(claim.id)
        who = cast.Identity(
            full_name=f"Bà {word['worker'][0]} Thị Chợ", birth_year=1977, gender="", phone=word["worker"][1],
            province_id=None, commune_id=None,
        )  # fmt: skip
        post = workers_asked.Post(None, f"Bán {word['venue'][0]}", 127, 420, 960)
        workers.add(session, vault, now=NOW, actor=owner.actor, venue=where, new=workers_asked.New(who, post))
        values["worker_id"] = str(session.scalars(sa.select(Worker.id).where(Worker.venue_id == where.id)).one())
        officer_actor = officer.actor
        values |= {"job_id": _posters(session, owner, word), "station_job": _posters(session, station, word)}
        _, desk_code = desk.make(
            session, vault, now=NOW, actor=owner.actor, venue=where, name=f"Máy {word['counter'][0]}"
        )
        joined, code = desk.make(
            session, vault, now=NOW, actor=owner.actor, venue=where, name=f"Cổng {word['counter'][0]}"
        )
        secret = desk.join(session, vault, now=NOW, code=code, device_kind="Chrome")
        values |= {"desk": f"desk={secret}", "desk_code": desk_code, "link_id": str(joined.id)}
        invited, token = invitations.invite(
            session, vault, now=NOW, actor=factories.SYSTEM, login=f"{word['invited'][0]}@cdc", role="cdc"
        )
        values |= {"invitation_id": str(invited.id), "invitation_token": token}
        program, secret = api.create(session, now=NOW, actor=factories.SYSTEM, name="Tỉnh", scopes=SCOPES, days=30)
        values |= {"token_id": str(program.id), "api_token": secret}
        values |= _cards(session, vault, station, tenant)
        values["held"] = seal_who(_resident(tenant), NOW)
        factories.commit()
    values["import_id"] = str(_register(town, station_id, home, word))
    values["device"] = _declare(client, values["code"], tenant)
    values["call_id"] = str(_call(town, station_id, tenant))
    with inside(town.app):
        session, vault = db.session(), vault_of(town.app)
        own = vault.device(dict(cookie.split("=", 1) for cookie in values["device"].split("; "))["device"])
        issuer = personcards.Issuer("citizen", NOBODYS, device=own)
        (of_phone,) = personcards.issue(session, vault, now=NOW, issuer=issuer, people=[_resident(tenant)])
        values["device_card"] = str(of_phone.card_id)
        factories.commit()
    # Somebody of the same household, who is no case yet.
    _declare(town.app.test_client(), values["code"], tenant, full_name=f"{word['family'][0]} Văn Khác", id_number="")
    with inside(town.app):
        session, vault = db.session(), vault_of(town.app)
        visits = session.scalars(sa.select(Visit).where(Visit.venue_id == UUID(values["venue_id"]))).all()
        own = vault.device(dict(cookie.split("=", 1) for cookie in values["device"].split("; "))["device"])
        visit, other = sorted(visits, key=lambda one: one.device != own)
        case = factories.case(session, f"Ổ dịch {word['case'][0]}")
        free = factories.case(session, f"Chưa rõ {word['case'][0]}")
        case.opened_by = free.opened_by = officer_actor.id
        bound = exposure.Bound(case=case, signal=None, reason=f"Vì {word['reason'][0]}")
        unbound = exposure.Bound(case=None, signal=f"Tin {word['reason'][0]}", reason=f"Vì {word['reason'][0]}")
        hours = {"start": NOW - timedelta(hours=4), "end": NOW + timedelta(hours=1)}
        by_place = exposure.ask_place(
            session, now=NOW, actor=officer_actor, bound=bound,
            asked=exposure.PlaceAsked(venue_id=UUID(values["venue_id"]), **hours),
        )  # fmt: skip
        by_person = exposure.ask_person(
            session, vault, now=NOW, actor=officer_actor, bound=unbound,
            asked=exposure.PersonAsked(phone=word["visitor"][2], **hours),
        )  # fmt: skip
        keeping.link(
            session, now=NOW, actor=officer_actor, case=case, person_id=visit.person_id, found_by=by_person.number,
            rules=factories.rules(town.app),
        )  # fmt: skip
        wide = exposure.ask_place(
            session, now=NOW, actor=officer_actor, bound=bound,
            asked=exposure.PlaceAsked(commune_id=home, start=NOW - timedelta(days=3), end=NOW),
        )  # fmt: skip
        asked = approvals.ask(
            session, Limits.from_dict(factories.rules(town.app)["oversight"]["second_person"]), now=NOW, actor=officer_actor,
            about=approvals.About(
                what="export", lookup_id=by_place.id, lookup_number=by_place.number, title="Danh sách", start=NOW, end=NOW,
                case_number=case.number, rows=9,
            ), reason=f"Gấp {word['reason'][0]}", at_once=False,
        )  # fmt: skip
        finding = Finding(
            id=new_id(NOW), key=f"proof {tenant}", kind="odd_hour", account_id=officer_actor.id, who=officer_actor.name, at=NOW,
            found_at=NOW, count=9, bound=3, entries=1,
        )  # fmt: skip
        session.add(finding)
        session.flush()
        session.add(FindingEntry(finding_id=finding.id, seq=1))
        values |= {"wide_lookup": str(wide.id), "approval_id": str(asked.id), "finding_id": str(finding.id)}
        values |= _requests(town, session, vault, officer_actor, by_person.id, visit.person_id, word)
        values |= _notices(session, vault, officer_actor, case, word, home)
        stands_out = clusters.Found(
            kind="pile",
            count=9,
            expected=1.0,
            venue_id=UUID(values["venue_id"]),
            start=NOW - timedelta(hours=4),
            end=NOW,
        )
        values["signal_number"] = clusters.keep(
            session, now=NOW, known=[], found=stands_out, among=[stands_out], again=2
        ).number
        by_case = exposure.ask_case(session, now=NOW, actor=officer_actor, bound=bound, **hours)
        run = Derivation(
            id=new_id(NOW), asked_at=NOW, asked_by=officer_actor.id, asked_by_name="x", rules="keep",
            rules_on=NOW.date(), state="waiting", until_seq=0, total=1, beat_at=NOW,
        )  # fmt: skip
        session.add(run)
        values["run_id"] = str(run.id)
        values["export_id"] = str(_export(session, vault, officer_actor, by_place, word))
        values |= {
            "lookup_id": str(by_place.id), "person_lookup": str(by_person.id), "case_lookup": str(by_case.id),
            "number": case.number, "free_case": free.number, "free_person": str(other.person_id), "visit_id": str(visit.id), "asked_person": str(visit.person_id),
            "visit_token": tokens.visit_token(vault.session_secret, VisitToken(visit.id, visit.entered_at)),
        }  # fmt: skip
        factories.commit()
    values["contact_id"] = str(_contact(town, values["number"], home, word))
    values |= _moves(town, values["number"], UUID(values["contact_id"]))
    values["f1_contact"] = str(_contact(town, values["number"], home, word, stage="f1"))
    _contact(town, values["number"], None, word)
    values["handover_number"] = str(_handed_over(town))
    values |= _pair(town, values)
    return values


def _moves(town: Town, number: str, contact_id: UUID) -> dict[str, str]:
    """What the case and the contact told in an interview."""
    with inside(town.app):
        session, vault, made = db.session(), vault_of(town.app), {}
        case, contact = cases.by_number(session, number), session.get(Contact, contact_id)
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc").order_by(Account.id)).first()
        assert case is not None and officer is not None and contact is not None and case.person_id is not None
        for name, person_id in (("move_id", case.person_id), ("contact_move", contact.person_id)):
            said = movements.Said(venue_id=None, place="Quán", start=NOW - timedelta(hours=9), end=NOW, note="")
            how = {"now": NOW, "actor": officer.actor, "case_id": case.id, "person_id": person_id, "said": said}
            made[name] = str(movements.tell(session, vault, **how).id)
        factories.commit()
    return made


def _resident(tenant: str) -> Identity:
    """Somebody of the tenant's commune who has a card."""
    word = canaries(tenant)
    return Identity(
        full_name=f"{word['family'][0]} Thị {word['visitor'][0]}", birth_year=1985, gender="female",
        phone=word["visitor"][2], province_id="22", commune_id=COMMUNES[tenant], id_number=word["visitor"][4],
        address=f"Tổ {word['visitor'][1]}",
    )  # fmt: skip


def _cards(session: Any, vault: Any, station: Account, tenant: str) -> dict[str, str]:
    """A card that the tenant's station issued."""
    issuer = personcards.Issuer("commune", station.actor, subject=COMMUNES[tenant])
    (made,) = personcards.issue(session, vault, now=NOW, issuer=issuer, people=[_resident(tenant)])
    return {"card_id": str(made.card_id), "card_code": made.code, "lost_code": made.lost_code}


def _requests(
    town: Town, session: Any, vault: Any, actor: Any, lookup_id: UUID, person_id: UUID, word: dict[str, tuple[str, ...]]
) -> dict[str, str]:
    """One request about own data for each of REQUESTS."""
    rules, made = factories.rules(town.app), {}
    for name in REQUESTS:
        wish = rights.Wish(
            kind="delete" if name in {"looked_up", "identified"} else "see", full_name=f"Bà {word['asker'][0]}", birth_year=1985,
            phone=word["visitor"][2], mail=word["asker"][1], text=word["asker"][2],
        )  # fmt: skip
        receipt = rights.ask(
            session, vault, now=NOW, rules=rules, request_id=new_id(NOW), wish=wish, language="vi", device=None
        )
        made[name] = receipt.reference
        found = rights_queries.by_reference(session, receipt.reference)
        step = {"now": NOW, "actor": actor, "request": found}
        if name != "reference":
            rights.looked_up(session, lookup_id=lookup_id, number=session.get_one(Lookup, lookup_id).number, **step)
        if name in {"identified", "seen", "answered"}:
            rights.identify(session, subject_id=person_id, how="papers", **step)
        if name == "answered":
            rights.extend(session, rules=rules, why="Cần thêm thời gian", **step)
            rights.close(session, vault, answer="Đây là dữ liệu của bà.", **step)
    return made


def _posters(session: Any, account: Account, word: dict[str, tuple[str, ...]]) -> str:
    job, _ = posters.ask(
        session,
        now=NOW,
        actor=account.actor,
        role=account.role,
        form="a4",
        language="vi",
        commune_id=account.commune_id,
    )
    step = {"session": session, "job_id": job.id}
    posters.claim(session, now=NOW, roles=[account.role])
    body = f"{word['venue'][0]}".encode()
    posters.keep_file(number=1, name="001-a4.pdf", title="", posters=1, body=body, **step)
    posters.beat(now=NOW, done=1, total=1, **step)
    posters.end(now=NOW, state=DONE, **step)
    return str(job.id)


def _notices(session: Any, vault: Any, actor: Any, case: Case, word: Any, home: str) -> dict[str, str]:
    """A draft and one that is out, of a place whose name is on everybody's page: of the case nothing may be there."""
    place = factories.venue(session, vault, "Bến phà", commune_id=home)
    hours = {"start": NOW - timedelta(hours=3), "end": NOW}
    words = notices.Words(
        venue_id=place.id, zone_id=None, severity="watch", words_vi="Theo dõi sức khoẻ.", words_en=None, **hours
    )
    draft, out = (notices.write(session, now=NOW, actor=actor, case=case, words=words) for _ in range(2))
    notices.publish(session, now=NOW, actor=actor, case=case, notice=out, lasts=timedelta(days=14))
    # Somebody who says to have been there.
    telling = Telling(
        full_name=f"Lý {word['visitor'][0]}", birth_year=1991, phone=word["visitor"][2], commune_id=factories.HA_TU,
        elsewhere="", came=NOW - timedelta(hours=2), left=NOW, symptoms=(),
    )  # fmt: skip
    replies.answer(
        session, vault, now=NOW, notice=notice_queries.as_public(out), telling=telling, answer_id=new_id(NOW)
    )
    answer = session.scalars(sa.select(NoticeAnswer).where(NoticeAnswer.notice_id == out.id)).one()
    known = {"notice_draft": str(draft.id), "notice_out": str(out.id), "notice_number": out.number}
    return known | {"answerer": str(answer.person_id), "answer_id": str(answer.id)}


def _register(town: Town, station: UUID, home: str, word: dict[str, tuple[str, ...]]) -> UUID:
    """A register of the tenant's station that was looked through, with a row that fits and one that does not."""
    name, note = word["register"]
    body = f"Tên cơ sở,Địa chỉ,Ghi chú\nChợ {name},Ngõ {note},x\nQuán {name},,{note}\n".encode()
    with inside(town.app):
        session, vault = db.session(), vault_of(town.app)
        made = register.receive(
            session, vault, now=NOW, actor=session.get_one(Account, station).actor, commune_id=home, form="csv",
            locale="vi", name=f"{note}.csv", file=io.BytesIO(body),
        )  # fmt: skip
        import_id = made.id
        register.claim(session, now=NOW)
        factories.commit()
        table = read(body)
        found = work(table, Terms("22", home), Looking(session, vault, scope.SYSTEM), lambda _done: None)
        register.keep_found(
            session, vault, now=NOW, import_id=import_id, counts=found.counts, known=About(name=f"{note}.csv"),
            pieces=pages(found, table.header), kinds=KINDS,
        )  # fmt: skip
        factories.commit()
    return import_id


def _export(session: Any, vault: Any, actor: Any, lookup: Any, word: dict[str, tuple[str, ...]]) -> UUID:
    made: Export = exposure.ask_export(session, now=NOW, actor=actor, lookup=lookup, form="xlsx", locale="vi", total=1)
    exposure.claim_export(session, now=NOW)
    body = f"{word['family'][0]} {word['visitor'][0]}".encode()
    exposure.keep_export(session, vault, now=NOW, export_id=made.id, body=body, total=1)
    return made.id


def declaration(tenant: str, submission: str, **changes: str) -> dict[str, Any]:
    """The form of a visitor of this tenant."""
    word = canaries(tenant)
    told = {
        "full_name": f"{word['family'][0]} Thị {word['visitor'][0]}", "phone": word["visitor"][3],
        "id_number": word["visitor"][4], "address": f"Tổ {word['visitor'][1]}", "commune": COMMUNES[tenant],
        "travel": "yes", "travel_where": f"Chợ {word['travel'][0]}",
    }  # fmt: skip
    return cast.form(submission=submission, **told | changes)


def _call(town: Town, station: UUID, tenant: str) -> UUID:
    """Who declared at the door, whom the tenant's station is about to call."""
    with inside(town.app):
        session, commune = db.session(), COMMUNES[tenant]
        actor = session.get_one(Account, station).actor
        scope.enter(session, scope.Scope("commune", station, commune))
        waiting = calls.waiting(session, since=NOW - timedelta(days=1), most=9)
        one = next(told for told in waiting if told.commune_id == commune)
        stations.take(session, now=NOW, actor=actor, call=one)
        factories.commit()
        return one.id


def _handed_over(town: Town) -> int:
    """A shift that somebody handed over and nobody took."""
    with inside(town.app):
        session = db.session()
        seq = 1 + len(session.scalars(sa.select(DutyHandover)).all())
        session.add(
            DutyHandover(
                id=new_id(NOW), seq=seq, made_at=NOW, made_by=NOBODY, made_by_name="x", since=NOW, numbers={"late": 1}
            )
        )
        factories.commit()
        return seq


def _pair(town: Town, values: dict[str, str]) -> dict[str, str]:
    """The tenant's two visitors as perhaps one, and the record of who compares them."""
    with inside(town.app):
        session, now = db.session(), NOW
        one, other = sorted((UUID(values["free_person"]), UUID(values["asked_person"])))
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc").order_by(Account.id)).first()
        assert officer is not None
        bound = exposure.Bound(case=None, signal="Rà người", reason="Rà người bị ghi hai lần")
        lookup = exposure.ask_case(session, now=now, actor=officer.actor, bound=bound, start=now, end=now, kind=DOUBLES)
        pair = Pair(id=new_id(now), one_id=one, other_id=other, likeness=1, state="open", version=0, found_at=now)
        session.add(pair)
        found = {"doubles_lookup": str(lookup.id), "pair_id": str(pair.id)}
        factories.commit()
        return found


def _contact(town: Town, number: str, home: str | None, word: dict[str, tuple[str, ...]], stage: str = "call") -> UUID:
    """Somebody of the tenant's commune (or of Hà Nội) whom the CDC gave to its station, for a case of theirs."""
    with inside(town.app):
        session, vault = db.session(), vault_of(town.app)
        case = cases.by_number(session, number)
        assert case is not None
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc").order_by(Account.id)).first()
        assert officer is not None
        person, name = new_id(NOW), f"{word['family'][0]} Thị {word['visitor'][0]}"
        details = {"full_name": name, "phone": word["visitor"][3], "met": []}
        given = contacts.Given(person, home, NOW.date(), details, "22" if home else "01")
        contacts.assign(
            session, vault, now=NOW, actor=officer.actor, case=case, people=[given], rules=factories.rules(town.app)
        )
        found = session.scalars(sa.select(Contact).where(Contact.person_id == person)).one()
        found_id = found.id
        if stage != "call":
            rules = factories.rules(town.app)
            contacts.decide(
                session,
                vault,
                now=NOW,
                actor=officer.actor,
                contact=found,
                stage=stage,
                reason="Người nhà",
                rules=rules,
            )
        factories.commit()
        return found_id


def _declare(client: FlaskClient, code: str, tenant: str, **changes: str) -> str:
    answer = client.post(f"/v/{code}", data=declaration(tenant, factories.submission(client, code), **changes))
    assert answer.status_code == 200, answer.text
    return _cookies(client)


def _cookies(client: FlaskClient) -> str:
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in client._cookies.values())


def _session(town: Town, tenant: str) -> str:
    """A session of the tenant's owner in another browser."""
    enter(town.app, "owner", f"{canaries(tenant)['contact'][0]}@example.vn")
    of_owner = sa.select(AccountSession.id).where(AccountSession.account_id == UUID(town.values[tenant]["owner"]))
    with inside(town.app):
        return str(db.session().scalars(of_owner).one())


def _subjects(town: Town, tenant: str) -> dict[str, Subject]:
    word, app = canaries(tenant), town.app
    found = {
        "desk": enter(app, "desk", cookies=town.values[tenant]["desk"]),
        "anonymous": enter(app, "anonymous"),
        "token": replace(enter(app, "token"), shows=town.values[tenant]["api_token"]),
        "visitor": enter(app, "visitor", cookies=town.values[tenant]["device"]),
    }
    logins = {
        "owner": f"{word['contact'][0]}@example.vn", "commune": f"{word['station'][0]}@tram", "cdc": f"{word['officer'][0]}@cdc",
        "command": "chihuy@bcd", "admin": "quantri@cdc",
    }  # fmt: skip
    for role, login in logins.items():
        if tenant == A or role in ("owner", "commune", "cdc"):
            found[role] = enter(app, role, login)
    return found


def enter(app: Flask, role: str, login: str = "", cookies: str = "") -> Subject:
    """Somebody with a session, signed in where there is a login, and the token of their forms."""
    client = app.test_client()
    for cookie in filter(None, cookies.split("; ")):
        client.set_cookie(*cookie.split("=", 1))
    if login:
        factories.sign_in(client, (login, PASSWORD))
    token = factories.hidden(client.get("/sign-in", follow_redirects=True).text, "csrf_token")
    return Subject(role, _cookies(client), token)


def knock(
    app: Flask,
    subject: Subject,
    method: str,
    path: str,
    form: dict[str, Any] | None = None,
    first: str = "",
    **headers: str,
) -> Any:
    """One request as this subject, with a valid token, after opening `first`; what the answer sets is not kept."""
    if first:
        subject = _after(app, subject, first)
    data = {"csrf_token": subject.token, **(form or {})} if method == "POST" else None
    client = app.test_client(use_cookies=False)
    shown = {"Authorization": f"Bearer {subject.shows}"} if subject.shows else {}
    return client.open(
        path, method=method, data=data, headers={"Cookie": subject.cookies, **shown, **headers}, buffered=True
    )


def _after(app: Flask, subject: Subject, first: str) -> Subject:
    """The subject, whose session has also kept what the address `first` puts into it."""
    client = app.test_client()
    for cookie in filter(None, subject.cookies.split("; ")):
        client.set_cookie(*cookie.split("=", 1))
    client.get(first)
    return Subject(subject.role, _cookies(client), subject.token)


def text_of(answer: Any) -> str:
    """All that can be read in an answer: headers, body, and what is packed in files."""
    body = answer.get_data()
    parts = [str(answer.headers), body.decode("utf-8", "replace")]
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    if body[:4] == b"%PDF":
        document = pypdfium2.PdfDocument(body)
        parts += [page.get_textpage().get_text_bounded() for page in document]
        document.close()
    return "\n".join(parts)


def seen(text: str) -> set[tuple[str, str]]:
    """Which canaries, by kind and tenant, are in a text, also where a number is written in groups."""
    plain = text.casefold()
    grouped = plain.replace(" ", "").replace("\u00a0", "").replace("&nbsp;", "")
    return {
        key for key, words in CANARIES.items() if any(word.casefold() in plain or word.casefold() in grouped for word in words)
    }  # fmt: skip


def tables() -> list[str]:
    """Every table of the product that a request could change."""
    return sorted(set(Model.metadata.tables) - FIXED_TABLES)


def rows(town: Town) -> dict[str, list[Any]]:
    """Every row of every table, to be compared."""
    if town.world.kind == "postgresql":
        found: dict[str, list[Any]] = {name: [] for name in tables()}
        for name, row in town.world.superuser().execute(_every_row(), prepare=True):
            found[name].append(row)
        return {name: sorted(these) for name, these in found.items()}
    with inside(town.app), reading():
        connection = db.session.connection()
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"').all())) for name in tables()
        }


def save(town: Town) -> None:
    """Remember what every table holds, so that `restore` can bring it back."""
    town.clean = rows(town)
    if town.world.kind == "postgresql":
        town.saved = {name: _copy_out(town.world.superuser(), name) for name in tables()}
        return
    path = _settle(town)
    town.saved = {"file": path.read_bytes()}


def restore(town: Town) -> None:
    """Bring back what `save` remembered, where rows differ from it."""
    venue_queries.known_door.forget()
    if town.world.kind == "postgresql":
        now, connection = rows(town), town.world.superuser()
        with connection.transaction():
            for name in (name for name in tables() if now[name] != town.clean[name]):
                connection.execute(f'DELETE FROM "{name}"')
                with connection.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
                    copy.write(town.saved[name])
        return
    _settle(town).write_bytes(town.saved["file"])


def _settle(town: Town) -> Path:
    """SQLite's file with everything in it, and nobody connected to it."""
    for app in town.world.apps.values():
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    path = town.world.folder / "checkin.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy, "somebody is still connected"
    for name in ("checkin.db-wal", "checkin.db-shm"):
        (town.world.folder / name).unlink(missing_ok=True)
    return path


@cache
def _every_row() -> str:
    return " UNION ALL ".join(f"SELECT '{name}', whole_row::text FROM \"{name}\" AS whole_row" for name in tables())


def _copy_out(connection: Any, name: str) -> bytes:
    with connection.cursor().copy(f'COPY (SELECT * FROM "{name}") TO STDOUT') as copy:
        return b"".join(bytes(block) for block in copy)


assert {Account.__tablename__, Case.__tablename__} <= set(Model.metadata.tables)
