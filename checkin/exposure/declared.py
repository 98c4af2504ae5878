"""A case opened from a declaration: of whoever a lookup shows, or of a contact; filled with what they told."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.calls import queries as calls
from checkin.calls.journeys import ILL
from checkin.calls.models import StationCall
from checkin.calls.words import KIND_NAMES
from checkin.casefacts.forms import DeclaredForm
from checkin.casefacts.words import opened_before
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.cases.models import Case, kept_declaration
from checkin.cases.views import communes, disease_names
from checkin.db import db
from checkin.declarations import queries as declarations
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.declarations.models import Declaration
from checkin.errors import DomainError
from checkin.exposure import listing, queries, recording, second, showing
from checkin.exposure.asking import Asked
from checkin.exposure.listing import Person
from checkin.exposure.models import CASE, PERSON, PLACE, Lookup
from checkin.exposure.ofcase import case_of, contact_of, read
from checkin.exposure.queries import StayRow
from checkin.ids import is_id
from checkin.joins import queries as joins
from checkin.people import queries as people
from checkin.places import queries as places
from checkin.vault import Vault, VaultError

bp = Blueprint("declared", __name__, url_prefix="/cases")


@dataclass(frozen=True)
class Declared:
    """A declaration as pages showed it: its key, what of it is readable, and where its details are."""

    key: tuple[datetime, UUID]
    symptoms: Sequence[str]
    commune_id: str | None
    triage: str
    kind: str = ""
    kept: bool = False
    call: StationCall | None = None


@dataclass(frozen=True)
class Place:
    """Where the page with the declarations is, what it is called, and what is posted to open a case from it."""

    action: str
    back: str
    number: str


@bp.post("/declared/<uuid:lookup_id>")
def open_case(lookup_id: UUID) -> ResponseReturnValue:
    """From a declaration of somebody whom a lookup found."""
    row = queries.lookup(db.session(), lookup_id)
    if row is None or row[0].kind not in (PERSON, PLACE, CASE):
        abort(404)
    lookup, case = row
    if second.wants_reading(db.session(), lookup):
        abort(404)  # nobody has seen this list yet
    scope.bind(db.session(), queries.purpose(lookup))
    at = Place(url_for(".open_case", lookup_id=lookup_id), url_for("exposure.show", lookup_id=lookup_id), lookup.number)
    person_id = _meant()
    if not _found(db.session(), lookup, case, person_id):
        flash(gettext("Người này không còn trong tra cứu này, nên chưa mở ca nào."), "warn")
        return redirect(at.back, 303)
    told = _named(_of_lookup(db.session(), lookup, case, person_id))
    if (done := _opened(at, person_id, told)) is not None:
        return done
    reading = recording.begin(lookup, case, "lookup.read", rows=1)
    told = _named(_of_lookup(db.session(), lookup, case, person_id))
    answer = _page(at, person_id, told)
    recording.end(reading, "lookup.shown", 1)
    return answer


@bp.post("/<number>/contacts/<uuid:contact_id>/declared")
def open_contact(number: str, contact_id: UUID) -> ResponseReturnValue:
    """From a declaration of a contact of a case."""
    case = case_of(number)
    person_id = contact_of(case, contact_id).person_id
    at = Place(
        url_for(".open_contact", number=number, contact_id=contact_id),
        url_for("interview.show_contact", number=number, contact_id=contact_id),
        case.number,
    )
    told = _named(_of_contact(db.session(), case, person_id))
    if (done := _opened(at, person_id, told)) is not None:
        return done
    case = read(number, 1)
    return _page(at, person_id, _named(_of_contact(db.session(), case, person_id)))


def _opened(at: Place, person_id: UUID, told: Declared | None) -> ResponseReturnValue | None:
    """Open it where the form was sent and is right; None where the form is to be shown, with what is wrong."""
    session, form = db.session(), _form(None)
    if "title" not in request.form or not form.validate():
        return None
    if told is None and "without" not in request.form:
        return None  # deleted since it was shown: said on the page, where everything typed stays
    try:
        made = keeping.open_for(
            session, now=clock.now(), actor=current_user.actor, facts=form.facts(), person_id=person_id,
            found_by=at.number, rules=context.rules(clock.today()), told=told.key if told else None,
        )  # fmt: skip
        session.commit()
    except DomainError:
        session.rollback()
        return None  # another officer opened one meanwhile
    flash(gettext("Ca %(number)s đã gắn với người này. Các lượt liên quan được giữ lại.", number=made.number), "ok")
    return redirect(url_for("casework.show", number=made.number), 303)


def _page(at: Place, person_id: UUID, told: Declared | None) -> ResponseReturnValue:
    session, sent = db.session(), "title" in request.form
    if told is None and not sent:
        flash(gettext("Tờ khai này không còn: đã hết hạn giữ, hoặc bị xoá theo yêu cầu. Chưa mở ca nào."), "warn")
        return redirect(at.back, 303)
    who, since = _who(session, context.vault(), told) if told else (Person(readable=False), None)
    form = _form(None) if sent else _form(_known(told, since))
    wrong = sent and not form.validate()
    known = cases.open_case_of(session, person_id)
    news = opened_before(known, cases.opened_by(session, known.id)) if known else ""
    gone = sent and told is None
    return render_template(
        "exposure/open_declared.html",
        form=form,
        at=at,
        who=who,
        told=told,
        since=since,
        gone=gone,
        sent=sent,
        known=known,
        news=news,
        person_id=person_id,
        kind_names=KIND_NAMES,
        symptom_names=SYMPTOM_NAMES,
    ), 422 if wrong else 409 if sent and (known or gone) else 200


def _form(known: dict[str, Any] | None) -> DeclaredForm:
    return DeclaredForm.of(known, disease_names(), communes())


def _known(told: Declared | None, since: date | None) -> dict[str, Any]:
    """What the form says before an officer has looked at it; a declaration alone confirms no disease."""
    if told is None:
        return {}
    day = clock.to_local(told.key[0]).date()
    home = communes().get(told.commune_id or "", "")
    title = gettext("Tờ khai %(day)s", day=f"{day:%d/%m/%Y}")
    return {
        "title": f"{title}, {home}" if home else title,
        "state": "suspected",
        "onset_on": (since or day) if told.symptoms else since,
        "commune": told.commune_id if home else "",
        "symptoms": [code for code in told.symptoms if code in SYMPTOM_NAMES],
    }


def _who(session: Session, vault: Vault, told: Declared) -> tuple[Person, date | None]:
    """Who declared it, and since when they say that they are ill; the caller has put the reading on record."""
    details: dict[str, Any] | None = None
    if told.call is not None:
        with suppress(VaultError, ValueError):
            details = vault.open(told.call.details)
    else:
        table: Any = kept_declaration if told.kept else Declaration.__table__
        details = declarations.opened(session, vault, [told.key], table).get(told.key[1])
    homes = places.names(session, {told.commune_id} if told.commune_id else set())
    since, journey = None, (details or {}).get("journey")
    if told.kind == ILL and isinstance(journey, dict):
        with suppress(ValueError):
            since = date.fromisoformat(str(journey.get("day")))
    return listing.person_from(details, homes), since


def _meant() -> UUID:
    person = request.form.get("person", "")
    return UUID(person) if is_id(person) else UUID(int=0)


def _named(every: Iterable[Declared]) -> Declared | None:
    """The one that the form names."""
    asked = request.form.get("declaration", "")
    return next((one for one in every if str(one.key[1]) == asked), None)


def _found(session: Session, lookup: Lookup, case: Case | None, person_id: UUID) -> bool:
    """True for somebody whom the lookup shows."""
    if lookup.kind != PERSON:
        return bool(_stays(session, lookup, case, person_id))
    matches = people.matching(
        session, id_index=lookup.id_index, phone_index=lookup.phone_index, name_index=lookup.name_index,
        limit=showing.MOST_PEOPLE + 1,
    )  # fmt: skip
    groups = joins.groups_of(session, [match.person_id for match in matches])
    return person_id in {group.main for group in groups.values()}


def _stays(session: Session, lookup: Lookup, case: Case | None, person_id: UUID) -> list[StayRow]:
    """The stays by which a lookup of a place, or of a case, shows somebody."""
    if lookup.kind == PLACE:
        return [stay for one in Asked.of(session, lookup).some(session, [person_id]) for stay in one.stays]
    if case is None or person_id == case.person_id:
        return []
    return queries.met_stays(session, case.id, joins.group_of(session, person_id).members)


def _of_lookup(session: Session, lookup: Lookup, case: Case | None, person_id: UUID) -> list[Declared]:
    """Every declaration of somebody that the page of the lookup shows."""
    if lookup.kind != PERSON:
        kept = lookup.kind == CASE
        return [_of_stay(stay, kept=kept) for stay in _stays(session, lookup, case, person_id) if stay.declared_at]
    members = joins.group_of(session, person_id).members
    stays = queries.stays_of(session, members, lookup.start, lookup.end)
    kept_stays = queries.kept_stays_of(session, members, lookup.end, lookup.case_id)
    return _all(stays, kept_stays, calls.of_people(session, members))


def _of_contact(session: Session, case: Case, person_id: UUID) -> list[Declared]:
    members = joins.group_of(session, person_id).members
    return _all([], queries.stays_kept(session, members, case.id), calls.of_people(session, members))


def _all(stays: Iterable[StayRow], kept: Iterable[StayRow], called: Iterable[StationCall]) -> list[Declared]:
    found = [_of_stay(stay) for stay in stays if stay.declared_at]
    found += [_of_stay(stay, kept=True) for stay in kept if stay.declared_at]
    return found + [
        Declared((one.made_at, one.id), one.symptoms or (), one.commune_id, one.triage, one.kind, call=one)
        for one in called
    ]


def _of_stay(stay: StayRow, *, kept: bool = False) -> Declared:
    key = (stay.declared_at or stay.entered_at, stay.declaration_id or UUID(int=0))
    return Declared(key, stay.symptoms or (), stay.commune_id, stay.triage or "none", kept=kept)
