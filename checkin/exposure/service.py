from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import scope
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.db import is_postgresql
from checkin.errors import AccessDenied, DomainError
from checkin.exposure import queries, scored
from checkin.exposure.models import (
    CASE,
    CONTACTS,
    DIED,
    DONE,
    FAILED,
    PERSON,
    PLACE,
    RUNNING,
    TAKEN_BACK,
    WAITING,
    Export,
    ExportPart,
    Lookup,
    LookupVenue,
    met_person,
)
from checkin.exposure.scored import Question
from checkin.exposure.signals import lookup_read
from checkin.exposure.terms import Bound as Bound
from checkin.exposure.terms import ContactsAsked as ContactsAsked
from checkin.exposure.terms import PersonAsked as PersonAsked
from checkin.exposure.terms import PlaceAsked as PlaceAsked
from checkin.ids import new_id
from checkin.people.identity import name_index
from checkin.vault import Vault

# Of files that are made at the same time; further ones wait.
AT_ONCE = 2
# A process that says nothing for so long has died: it says something every second.
SILENT = timedelta(seconds=60)
# A finished file is kept for an hour, and no longer than ten minutes after somebody took it.
KEPT, KEPT_AFTER_DOWNLOAD = timedelta(hours=1), timedelta(minutes=10)
PART = 256 * 1024
# Any number that nothing else uses: one at a time decides which file is asked for, or made next.
EXPORT_LOCK = 0x584C5358


def ask_place(session: Session, *, now: datetime, actor: Actor, bound: Bound, asked: PlaceAsked) -> Lookup:
    """Put a lookup by place on record. The caller commits before it reads the first row."""
    return _record(
        session,
        now,
        actor,
        bound,
        kind=PLACE,
        start=asked.start,
        end=asked.end,
        venue_id=asked.venue_id,
        zone_id=asked.zone_id,
        commune_id=asked.commune_id,
        venue_kind=asked.kind,
        daily=asked.daily,
        other_start=asked.other_start,
        other_end=asked.other_end,
        headcount=asked.headcount,
        repeats=asked.repeats,
        more=[
            LookupVenue(number=number, other=other, venue_id=venue_id, zone_id=zone_id)
            for number, (other, (venue_id, zone_id)) in enumerate(asked.besides)
        ],
    )


def ask_person(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, bound: Bound, asked: PersonAsked
) -> Lookup:
    """Put a lookup by person on record, what was asked sealed. The caller commits before it reads."""
    named = asked.full_name and asked.birth_year
    return _record(
        session,
        now,
        actor,
        bound,
        kind=PERSON,
        start=asked.start,
        end=asked.end,
        asked=vault.seal({name: getattr(asked, name) for name in ("id_number", "phone", "full_name", "birth_year")}),
        id_index=vault.index("id", asked.id_number) if asked.id_number else None,
        phone_index=vault.index("phone", asked.phone) if asked.phone else None,
        name_index=name_index(vault, asked.full_name, asked.birth_year or 0) if named else None,
    )


def ask_case(
    session: Session, *, now: datetime, actor: Actor, bound: Bound, start: datetime, end: datetime, kind: str = CASE
) -> Lookup:
    """Put a lookup by case, of its source, or for a signal, on record. The caller commits before it reads.

    Raises DomainError('unlinked') for a case of which it is not known who it is."""
    if bound.signal is None and (bound.case is None or bound.case.person_id is None):
        raise DomainError("unlinked")
    person_id = bound.case.person_id if bound.case else None
    return _record(session, now, actor, bound, kind=kind, start=start, end=end, person_id=person_id)


def ask_contacts(session: Session, *, now: datetime, actor: Actor, bound: Bound, asked: ContactsAsked) -> Lookup:
    """Put a list of contacts, of the case or of all for a signal, on record. The caller commits before it reads."""
    return _record(session, now, actor, bound, kind=CONTACTS, start=now, end=now, **vars(asked))


def read(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    lookup: Lookup,
    case: Case | None,
    action: str,
    rows: int | None,
) -> int:
    """Log that somebody reads or exports what a lookup found; for that, people may be read from here on.

    The caller commits before it shows anything. Returns the number of the entry.
    """
    entry = audit.record(
        session,
        now=now,
        actor=actor,
        action=action,
        subject=lookup.number,
        case_number=case.number if case else None,
        reason=lookup.reason,
        rows=rows,
    )
    scope.bind(session, queries.purpose(lookup))
    lookup_read.send(session, lookup=lookup, case=case, now=now)
    return entry


def ask_export(
    session: Session, *, now: datetime, actor: Actor, lookup: Lookup, form: str, locale: str, total: int
) -> Export:
    """Put a file in the queue; `total` is how many people it is expected to hold.

    Who asks again for what is not finished gets the same one: a form sent twice makes one file. One whose
    `asked_at` is `now` is new, or was forgotten: it needs a process. The caller commits at once.
    """
    if actor.id is None:
        raise AccessDenied("export")
    _lock_exports(session)
    for known in queries.unfinished_exports(session, lookup.id, actor.id):
        if known.state == WAITING or not has_died(known, now):
            if known.asked_at < now - SILENT and known.state == WAITING:
                known.asked_at = now  # nobody took it up; from here the time counts anew
            return known
    export = Export(
        id=new_id(now), lookup_id=lookup.id, made_by=actor.id, form=form, locale=locale, asked_at=now, state=WAITING,
        total=total,
    )  # fmt: skip
    session.add(export)
    session.flush()
    return export


def has_died(export: Export, now: datetime) -> bool:
    """True where the process that made the file has been silent for too long."""
    return export.state == RUNNING and (export.beat_at or export.asked_at) < now - SILENT


def is_forgotten(session: Session, export: Export, now: datetime) -> bool:
    """True where a file has waited and no process lives that could take it up."""
    if export.state != WAITING or export.asked_at >= now - SILENT:
        return False
    return all(has_died(other, now) for other in queries.exports_running(session))


def claim_export(session: Session, *, now: datetime) -> Export | None:
    """Take up the file that waited longest; None where none waits, or as many as may be are being made.

    The caller commits at once: nobody else decides meanwhile. Files whose process died are marked as failed.
    """
    _lock_exports(session)
    running = 0
    for export in queries.exports_running(session):
        if has_died(export, now):
            fail_export(session, now=now, export_id=export.id, problem=DIED)
        else:
            running += 1
    found = queries.next_export(session) if running < AT_ONCE else None
    if found is not None:
        found.state, found.beat_at, found.done = RUNNING, now, 0
    session.flush()
    return found


def beat(session: Session, *, now: datetime, export_id: UUID, done: int, total: int) -> None:
    """Say that the process which makes this file lives, and how far it is."""
    session.execute(
        sa.update(Export)
        .where(Export.id == export_id, Export.state == RUNNING)
        .values(beat_at=now, done=done, total=total)
    )


def keep_export(session: Session, vault: Vault, *, now: datetime, export_id: UUID, body: bytes, total: int) -> bool:
    """Store a finished file in locked pieces. Nothing is stored, and False, where it was given up meanwhile."""
    result = session.execute(
        sa.update(Export)
        .where(Export.id == export_id, Export.state == RUNNING)
        .values(state=DONE, done=total, total=total, beat_at=now, finished_at=now, size=len(body), gone_at=now + KEPT),
        execution_options={"preserve_rowcount": True},
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        return False
    for number, start in enumerate(range(0, len(body), PART)):
        piece = vault.lock_part(str(export_id), number, body[start : start + PART])
        session.execute(sa.insert(ExportPart).values(export_id=export_id, number=number, body=piece))
    return True


def fail_export(session: Session, *, now: datetime, export_id: UUID, problem: str) -> None:
    """Say that a file will not come, and why."""
    session.execute(
        sa.update(Export)
        .where(Export.id == export_id, Export.state.in_((WAITING, RUNNING)))
        .values(state=FAILED, problem=problem, finished_at=now, gone_at=now)
    )


def take_export(
    session: Session, *, now: datetime, actor: Actor, export: Export, lookup: Lookup, case: Case | None
) -> None:
    """Log that somebody takes a finished file; it goes soon after. The caller commits before the first byte."""
    export.gone_at = min(export.gone_at or now, now + KEPT_AFTER_DOWNLOAD)
    action = f"lookup.download.{export.form}"
    read(session, now=now, actor=actor, lookup=lookup, case=case, action=action, rows=export.total)


def withdraw_exports(session: Session, *, now: datetime, lookup_id: UUID, made_by: UUID | None) -> int:
    """Take back the files of a lookup that somebody (None: anybody) asked for, made or being made; returns how many."""
    session.flush()
    theirs = [Export.lookup_id == lookup_id, *([Export.made_by == made_by] if made_by else [])]
    still = sa.or_(Export.state.in_((WAITING, RUNNING)), sa.and_(Export.state == DONE, Export.gone_at > now))
    ids = list(session.scalars(sa.select(Export.id).where(*theirs, still)))
    session.execute(
        sa.update(Export)
        .where(Export.id.in_(ids))
        .values(state=FAILED, problem=TAKEN_BACK, finished_at=now, gone_at=now)
    )
    session.execute(sa.delete(ExportPart).where(ExportPart.export_id.in_(ids)))
    return len(ids)


def purge_exports(session: Session, *, now: datetime) -> int:
    """Take away the files whose time is over; returns how many pieces went."""
    over = sa.select(Export.id).where(Export.gone_at <= now)
    result = session.execute(
        sa.delete(ExportPart).where(ExportPart.export_id.in_(over)),
        execution_options={"preserve_rowcount": True, "synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def keep_ranked(session: Session, asked: Question, made_of: UUID) -> None:
    """Keep whom a case met, ranked; nothing made of the same may be kept yet. The caller holds what is kept for cases:
    what changes it meanwhile would not be seen here, and could not take away what is not yet there."""
    scored.make_room(session)
    everybody = asked.everybody(session).subquery("everybody")
    rows = sa.select(sa.literal(asked.case_id, sa.Uuid), sa.literal(made_of, sa.Uuid), *everybody.c)
    names = ["case_id", "made_of", *everybody.c.keys()]
    session.execute(sa.insert(met_person).from_select(names, rows.params(**asked.values(session))))


def forget_ranked(session: Session, cases: Any) -> None:
    """Rank anew whom these cases met, as soon as somebody asks; `cases` are ids, or selects them."""
    session.execute(sa.delete(met_person).where(met_person.c.case_id.in_(cases)))


def _lock_exports(session: Session) -> None:
    """Let nobody else decide about files until the caller commits; SQLite has one writer anyway."""
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(EXPORT_LOCK)))


def _record(session: Session, now: datetime, actor: Actor, bound: Bound, **values: Any) -> Lookup:
    if actor.id is None and (actor.role, values["kind"]) != (scope.SYSTEM.role, CASE):
        raise AccessDenied("lookup")
    audit.lock_chain(session)
    last = session.scalar(sa.select(sa.func.max(Lookup.seq))) or 0
    lookup = Lookup(
        id=new_id(now),
        seq=last + 1,
        case_id=bound.case.id if bound.case else None,
        signal=bound.signal,
        reason=bound.reason,
        made_at=now,
        made_by=actor.id,
        made_by_name=actor.name,
        **values,
    )
    where = (
        "venue_id", "zone_id", "commune_id", "venue_kind", "daily", "other_start", "other_end", "repeats", "listed",
        "file_columns", "case_state", "case_disease",
    )  # fmt: skip
    audit.record(
        session,
        now=now,
        actor=actor,
        action=f"lookup.{lookup.kind}",
        subject=lookup.number,
        case_number=bound.case.number if bound.case else None,
        reason=bound.reason,
        detail={"start": lookup.start.isoformat(), "end": lookup.end.isoformat()}
        | {name: str(values[name]) for name in where if values.get(name)}
        | ({"more": [str(one.zone_id or one.venue_id) for one in lookup.more]} if lookup.more else {}),
    )
    session.add(lookup)
    session.flush()
    return lookup
