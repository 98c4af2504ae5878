from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.calls import service as calls
from checkin.casefacts.windows import rules_of
from checkin.cases import service as cases
from checkin.db import insert_if_new, is_postgresql
from checkin.declarations.models import Declaration
from checkin.errors import DomainError
from checkin.personcards import queries as cards
from checkin.personcards.models import PersonCard
from checkin.replies import queries as replies
from checkin.replies import service as answers
from checkin.rights import queries
from checkin.rights.deadlines import DELETING, SEE, deadlines, extended
from checkin.rights.models import DEVICE, GROUNDS, IDENTITY_WAYS, RightsRequest
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.venues.codes import ALPHABET
from checkin.visits.models import Visit
from checkin.workers import queries as workers
from checkin.workers.models import ShiftChange, Worker


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asks; phone and id number in their normal form or empty."""

    kind: str
    full_name: str
    birth_year: int
    phone: str = ""
    mail: str = ""
    id_number: str = ""
    text: str = ""


@dataclass(frozen=True)
class Receipt:
    """What the sender gets: a reference that says nothing of them, and the deadlines."""

    reference: str
    acknowledge_by: str
    answer_by: str


def ask(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    rules: RuleSet,
    request_id: UUID,
    wish: Wish,
    language: str,
    device: bytes | None,
) -> Receipt:
    """Take a request in, sealed. The same `request_id` again is the same request, with the same receipt."""
    due = deadlines(rules["rights"], wish.kind, clock.to_local(now).date())
    letters = vault.index("request", str(request_id))[:8]
    reference = "YC-" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in letters)
    insert_if_new(
        session,
        RightsRequest.__table__,  # type: ignore[arg-type]
        {
            "id": request_id,
            "reference": reference,
            "kind": wish.kind,
            "language": language,
            "device": device,
            "details": vault.seal({name: value for name, value in vars(wish).items() if name != "kind"}),
            "received_at": now,
            "acknowledge_by": due.acknowledge_by,
            "answer_by": due.answer_by,
        },
    )
    return Receipt(reference, due.acknowledge_by.isoformat(), due.answer_by.isoformat())


def opened(session: Session, *, now: datetime, actor: Actor, request: RightsRequest, what: str = "read") -> None:
    """Log that somebody reads a request or does something with it. The caller commits before it shows anything."""
    _record(session, now, actor, request, what)


def acknowledge(session: Session, *, now: datetime, actor: Actor, request: RightsRequest) -> None:
    """Say that the sender was told that the request came. Raises DomainError('done') the second time."""
    _still_open(request)
    if request.acknowledged_at is not None:
        raise DomainError("done")
    request.acknowledged_at = now
    session.flush()
    _record(session, now, actor, request, "acknowledge")


def extend(session: Session, *, now: datetime, actor: Actor, request: RightsRequest, rules: RuleSet, why: str) -> None:
    """Give the answer more time, once. Raises DomainError('extended') the second time."""
    _still_open(request)
    if request.extended_at is not None:
        raise DomainError("extended")
    request.answer_by = extended(rules["rights"], request.kind, request.answer_by)
    request.extended_at, request.extension_reason = now, why
    session.flush()
    _record(session, now, actor, request, "extend", reason=why, detail={"answer_by": str(request.answer_by)})


def looked_up(
    session: Session, *, now: datetime, actor: Actor, request: RightsRequest, lookup_id: UUID, number: str
) -> None:
    """Bind the lookup that looks for the sender's data; whom an earlier one found is not meant any more."""
    _still_open(request)
    if request.carried_out_at is not None:
        raise DomainError("done")
    request.lookup_id, request.subject_id = lookup_id, None
    request.identity_how, request.identity_checked_at = None, None
    session.flush()
    _record(session, now, actor, request, "lookup", detail={"lookup": number})


def identify(
    session: Session, *, now: datetime, actor: Actor, request: RightsRequest, subject_id: UUID, how: str
) -> None:
    """Say which of those found asks, and how that was made sure: one of IDENTITY_WAYS.

    Raises DomainError('device') where the device that asked did not make all of this person's visits.
    """
    _still_open(request)
    if how not in IDENTITY_WAYS or request.carried_out_at is not None:
        raise DomainError("how")
    if how == DEVICE and not _on_one_device(session, request, subject_id):
        raise DomainError("device")
    request.subject_id, request.identity_how, request.identity_checked_at = subject_id, how, now
    session.flush()
    _record(session, now, actor, request, "identify", detail={"how": how})


def check_identity(session: Session, *, request: RightsRequest) -> UUID:
    """Who asks, where that is still made sure; raises DomainError: 'unchecked', or 'device' where others came in since
    under the same name and number on another device."""
    subject = request.subject_id
    if subject is None or request.identity_checked_at is None:
        raise DomainError("unchecked")
    if request.identity_how == DEVICE and not _on_one_device(session, request, subject):
        raise DomainError("device")
    return subject


def carry_out(
    session: Session, *, now: datetime, actor: Actor, request: RightsRequest, rules: RuleSet
) -> dict[str, Any]:
    """Delete what is kept of who asked, cards, places on lists of working people and answers to notices too; what went,
    what cases keep.

    First every open case that can have met them copies what it needs: a deletion must not blind an outbreak. What
    cases keep stays with them. Raises DomainError: 'unchecked' or 'device' as `check_identity` does, 'done'.
    """
    _still_open(request)
    if request.kind not in DELETING:
        raise DomainError("unchecked")
    if request.carried_out_at is not None:
        raise DomainError("done")
    subject = check_identity(session, request=request)
    since = now - timedelta(days=rules.retention_days + 2)
    there = {venue for own in queries.places_of(session, subject, since) for venue in _around(session, own)}
    for case in queries.cases_there(session, subject, sorted(there), since):
        cases.freeze(session, now=now, actor=actor, case=case, rules=rules_of(case))
    listed, issued = len(workers.listed(session, subject)), len(cards.of_people(session, [subject]))
    answered = replies.count_of_person(session, subject)
    visits, declarations = _delete(session, request.id, subject)
    kept, numbers = queries.kept_of(session, subject)
    done = {"visits": visits, "declarations": declarations, "kept": kept, "cases": numbers}
    if listed:
        # From lists of people who work somewhere, so that no shift of theirs is written any more.
        done["listed"] = listed
    if issued:
        done["cards"] = issued
    if answered:
        # To public notices, also those that a case still reads.
        done["answers"] = answered
    request.carried_out_at, request.carried_out = now, done
    session.flush()
    _record(session, now, actor, request, "delete", rows=visits + declarations, detail=done)
    return done


def close(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    request: RightsRequest,
    answer: str,
    ground: str | None = None,
) -> None:
    """Answer a request, or refuse it on one of GROUNDS; the text is sealed.

    Raises DomainError: 'undone' for a request to delete that is answered before it was carried out, 'unseen' for one
    to see whose sender was not found and made sure of.
    """
    _still_open(request)
    if ground is not None and ground not in GROUNDS:
        raise DomainError("ground")
    if ground is None and request.kind in DELETING and request.carried_out_at is None:
        raise DomainError("undone")
    if ground is None and request.kind == SEE and request.subject_id is None:
        raise DomainError("unseen")
    request.acknowledged_at = request.acknowledged_at or now
    request.answer, request.ground = vault.seal({"text": answer}), ground
    request.closed_at, request.closed_by = now, actor.name
    session.flush()
    _record(session, now, actor, request, "refuse" if ground else "answer", detail={"ground": ground} if ground else {})


def forget_requests(session: Session, *, closed_before: datetime) -> int:
    """Delete requests that were answered before a moment; how many went."""
    result = session.execute(
        sa.delete(RightsRequest).where(RightsRequest.closed_at < closed_before),
        execution_options={"preserve_rowcount": True, "synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _on_one_device(session: Session, request: RightsRequest, subject: UUID) -> bool:
    return queries.traces(session, [subject], request.device)[subject].all_on_device


def _around(session: Session, venue_id: UUID) -> list[UUID]:
    return [venue_id, *venues.ancestors(session, venue_id)]


def _delete(session: Session, request_id: UUID, subject: UUID) -> tuple[int, int]:
    if is_postgresql(session):
        # A function of the tables' owner, bound to this request: staff may delete nothing by themselves.
        row = session.execute(sa.text("SELECT visits, declarations FROM delete_for_request(:of)"), {"of": request_id})
        found = row.one()
        return int(found.visits), int(found.declarations)
    calls.forget_person(session, subject)
    answers.forget_person(session, subject)
    own = sa.select(Worker.id).where(Worker.person_id == subject)
    quietly = {"synchronize_session": False}
    session.execute(sa.delete(ShiftChange).where(ShiftChange.worker_id.in_(own)), execution_options=quietly)
    session.execute(sa.delete(Worker).where(Worker.person_id == subject), execution_options=quietly)
    gone = [
        session.execute(
            sa.delete(table).where(table.person_id == subject),
            execution_options={"preserve_rowcount": True, "synchronize_session": False},
        ).rowcount  # type: ignore[attr-defined]
        for table in (Visit, Declaration, PersonCard)
    ]
    return gone[0], gone[1]


def _still_open(request: RightsRequest) -> None:
    if request.closed_at is not None:
        raise DomainError("closed")


def _record(session: Session, now: datetime, actor: Actor, request: RightsRequest, what: str, **more: Any) -> None:
    audit.record(session, now=now, actor=actor, action=f"request.{what}", subject=request.reference, **more)
