import hashlib
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import is_postgresql
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.register import queries
from checkin.register.about import About
from checkin.register.models import (
    ABOUT,
    CHECK,
    DONE,
    FAILED,
    FILE,
    LOAD,
    RUNNING,
    WAITING,
    RegisterImport,
    RegisterNumber,
    RegisterPart,
)
from checkin.register.planning import CREATED, UPDATED, Decision
from checkin.register.values import contact_of, is_numbered, values_of
from checkin.vault import Vault, VaultError
from checkin.venues.codes import new_code
from checkin.venues.models import ACTIVE, Code, Venue

# Of registers that are worked on at the same time; further ones wait.
AT_ONCE = 2
# A process that says nothing for so long has died: it says something every second.
SILENT = timedelta(seconds=60)
KEPT = timedelta(days=1)
PART = 256 * 1024
LONGEST_NAME = 120
# Any number that nothing else uses: one at a time decides which register is taken up.
QUEUE_LOCK = 0x52454749
# One at a time decides which venues there are, and makes the others.
VENUES_LOCK = 0x56454E55
TRIES = 5


def receive(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, commune_id: str | None, form: str, locale: str,
    name: str, file: IO[bytes],
) -> RegisterImport:  # fmt: skip
    """Keep a file in locked pieces and put it in the queue to be looked through. The caller commits at once."""
    if actor.id is None:
        raise AccessDenied("register")
    made = RegisterImport(
        id=new_id(now), made_by=actor.id, commune_id=commune_id, sent_at=now, asked_at=now, form=form, size=0,
        sha256="", locale=locale, step=CHECK, state=WAITING, gone_at=now + KEPT,
    )  # fmt: skip
    digest = hashlib.sha256()
    session.add(made)
    session.flush()
    number = 0
    while piece := file.read(PART):
        digest.update(piece)
        made.size += len(piece)
        _put(session, vault, made.id, FILE, number, piece)
        number += 1
    made.sha256 = digest.hexdigest()
    keep_about(session, vault, made.id, About(name=name[-LONGEST_NAME:]))
    session.flush()
    audit.record(
        session, now=now, actor=actor, action="register.send", subject=str(made.id), detail={"sha256": made.sha256}
    )
    return made


def body_of(session: Session, vault: Vault, import_id: UUID) -> bytes:
    """The file as it was sent. Raises VaultError where it cannot be unlocked or is gone."""
    pieces = [
        _open(vault, import_id, FILE, n, piece) for n, piece in enumerate(queries.parts(session, import_id, FILE))
    ]
    if not pieces:
        raise VaultError("gone")
    return b"".join(pieces)


def about(session: Session, vault: Vault, import_id: UUID) -> About:
    """What is known of a file; nothing once its time is over."""
    return About.unpacked(read_piece(session, vault, import_id, ABOUT, 0))


def keep_about(session: Session, vault: Vault, import_id: UUID, known: About) -> None:
    """Keep what is known of a file instead of what was."""
    _forget(session, import_id, [ABOUT])
    _put(session, vault, import_id, ABOUT, 0, zlib.compress(known.packed()))


def read_piece(session: Session, vault: Vault, import_id: UUID, kind: str, number: int) -> bytes | None:
    """A piece of what was found, unlocked and unpacked; None where there is none or it does not open."""
    locked = queries.part(session, import_id, kind, number)
    if locked is None:
        return None
    try:
        return zlib.decompress(_open(vault, import_id, kind, number, locked))
    except (VaultError, zlib.error):
        return None


def ask(session: Session, *, now: datetime, actor: Actor, register: RegisterImport, step: str) -> bool:
    """Put a register in the queue once more, to be looked through again or imported. The caller commits at once.

    False where it is in the queue or worked on already: a form sent twice is one wish. Raises DomainError: "gone",
    "unread" (an import of what could not be looked through).
    """
    if register.gone_at <= now:
        raise DomainError("gone")
    if register.state == RUNNING and not has_died(register, now):
        return False
    if register.state == WAITING and register.asked_at >= now - SILENT:
        return False
    if step == LOAD and register.step == CHECK and register.state != DONE:
        raise DomainError("unread")
    register.step, register.state, register.problem = step, WAITING, None
    register.asked_at, register.done, register.gone_at, register.stop_at = now, 0, now + KEPT, None
    if step == LOAD:
        audit.record(
            session, now=now, actor=actor, action="register.load.begin", subject=str(register.id),
            detail={"sha256": register.sha256},
        )  # fmt: skip
    session.flush()
    return True


def stop(session: Session, *, now: datetime, actor: Actor, register: RegisterImport) -> None:
    """End what waits now, and what is worked on after the batch it is in; what is over is not touched.

    Rows that were imported stay; the others are refused as "stopped". The caller commits at once.
    """
    if register.state not in (WAITING, RUNNING) or register.stop_at is not None:
        return
    if register.state == WAITING:
        fail(session, now=now, import_id=register.id, problem="stopped")
    session.execute(
        sa.update(RegisterImport)
        .where(RegisterImport.id == register.id)
        .values(stop_at=now)
        .execution_options(synchronize_session=False)
    )
    session.expire(register)
    audit.record(session, now=now, actor=actor, action="register.stop", subject=str(register.id))


def forget(session: Session, *, now: datetime, actor: Actor, register: RegisterImport) -> None:
    """Let go of the file and of what was found in it, before its time is over; the counts stay."""
    if register.state in (WAITING, RUNNING) and not has_died(register, now):
        raise DomainError("busy")
    register.gone_at = now
    session.execute(sa.delete(RegisterPart).where(RegisterPart.import_id == register.id))
    audit.record(session, now=now, actor=actor, action="register.forget", subject=str(register.id))


def has_died(register: RegisterImport, now: datetime) -> bool:
    """True where the process that worked on it has been silent for too long."""
    return register.state == RUNNING and (register.beat_at or register.asked_at) < now - SILENT


def is_forgotten(session: Session, register: RegisterImport, now: datetime) -> bool:
    """True where a register has waited and no process lives that could take it up."""
    if register.state != WAITING or register.asked_at >= now - SILENT:
        return False
    return all(has_died(other, now) for other in queries.running(session))


def claim(session: Session, *, now: datetime) -> RegisterImport | None:
    """Take up the register that waited longest; None where none waits, or as many as may be are worked on.

    The caller commits at once. Those whose process died are marked as failed.
    """
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(QUEUE_LOCK)))
    lively = 0
    for register in queries.running(session):
        if has_died(register, now):
            fail(session, now=now, import_id=register.id, problem="died")
        else:
            lively += 1
    found = queries.next_waiting(session) if lively < AT_ONCE else None
    if found is not None:
        found.state, found.beat_at, found.done = RUNNING, now, 0
    session.flush()
    return found


def beat(session: Session, *, now: datetime, import_id: UUID, done: int, total: int) -> None:
    """Say that the process which works on this register lives, and how far it is."""
    session.execute(
        sa.update(RegisterImport)
        .where(RegisterImport.id == import_id, RegisterImport.state == RUNNING)
        .values(beat_at=now, done=done, total=total)
    )


def keep_found(
    session: Session, vault: Vault, *, now: datetime, import_id: UUID, counts: dict[str, int], known: About,
    pieces: Iterable[tuple[str, int, bytes]], kinds: Sequence[str],
) -> bool:  # fmt: skip
    """Store what became of the rows, instead of what was found before; False where it was given up meanwhile."""
    rows = sum(counts.values())
    ended = {"state": DONE, "problem": None, "done": rows, "total": rows, "beat_at": now, "finished_at": now}
    result = session.execute(
        sa.update(RegisterImport)
        .where(RegisterImport.id == import_id, RegisterImport.state == RUNNING)
        .values(**ended, **counts),
        execution_options={"preserve_rowcount": True},
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        return False
    _forget(session, import_id, kinds)
    for kind, number, body in pieces:
        _put(session, vault, import_id, kind, number, zlib.compress(body))
    keep_about(session, vault, import_id, known)
    return True


def fail(session: Session, *, now: datetime, import_id: UUID, problem: str) -> None:
    """Say that it went wrong, and how: a word of `reasons.FILES`."""
    session.execute(
        sa.update(RegisterImport)
        .where(RegisterImport.id == import_id, RegisterImport.state.in_((WAITING, RUNNING)))
        .values(state=FAILED, problem=problem, finished_at=now)
    )


def purge(session: Session, *, now: datetime) -> int:
    """Take away the files whose time is over, and what was found in them; returns how many pieces went."""
    over = sa.select(RegisterImport.id).where(RegisterImport.gone_at <= now)
    result = session.execute(
        sa.delete(RegisterPart).where(RegisterPart.import_id.in_(over)),
        execution_options={"preserve_rowcount": True, "synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def record_loaded(
    session: Session, *, now: datetime, actor: Actor, subject: str, sha256: str, counts: dict[str, int], whole: bool
) -> None:
    """Log an import before its first row (`whole` is False), and what came of it."""
    action = "register.load" if whole else "register.load.begin"
    rows = counts.get("created", 0) if whole else None
    detail = {"sha256": sha256, **counts}
    audit.record(session, now=now, actor=actor, action=action, subject=subject, rows=rows, detail=detail)


def lock_venues(session: Session) -> None:
    """Let no other import decide until the caller commits: two of one file make no venue twice."""
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(VENUES_LOCK)))


def store(session: Session, vault: Vault, *, now: datetime, decisions: Sequence[Decision]) -> None:
    """Make and change the venues as it was decided; each new one has its code at once, and no owner yet."""
    made = [one.venue for one in decisions if one.outcome == CREATED and one.venue]
    changed = [one for one in decisions if one.outcome == UPDATED and one.venue and one.before]
    if made:
        rest = {"owner_id": None, "state": ACTIVE, "registered_at": now}
        table = Venue.__table__
        session.execute(sa.insert(table), [values_of(venue) | contact_of(vault, venue) | rest for venue in made])  # type: ignore[arg-type]
        _issue_codes(session, now=now, venues=[venue.id for venue in made])
    for one in changed:
        assert one.venue is not None  # noqa: S101  # nosec B101
        values = values_of(one.venue) | (contact_of(vault, one.venue) if "phone" in one.changed else {})
        values.pop("id")
        session.execute(sa.update(Venue).where(Venue.id == one.venue.id).values(**values))
    numbers = {
        one.venue.number: one.venue.id for one in decisions if one.venue and one.venue.number and is_numbered(one)
    }
    if numbers:
        # Those that are there are of venues that are closed.
        moved = queries.taken(session, list(numbers))
        for number in moved:
            session.execute(
                sa.update(RegisterNumber).where(RegisterNumber.number == number).values(venue_id=numbers[number])
            )
        fresh = [{"number": number, "venue_id": venue} for number, venue in numbers.items() if number not in moved]
        if fresh:
            session.execute(sa.insert(RegisterNumber.__table__), fresh)  # type: ignore[arg-type]


def _issue_codes(session: Session, *, now: datetime, venues: Sequence[UUID]) -> None:
    for tries_left in reversed(range(TRIES)):
        codes = [
            {"code": new_code(), "venue_id": venue_id, "zone_id": None, "issued_at": now, "revoked_at": None}
            for venue_id in venues
        ]
        try:
            with session.begin_nested():
                session.execute(sa.insert(Code.__table__), codes)  # type: ignore[arg-type]
            return
        except sa.exc.IntegrityError:
            # One of them is on a wall already: all are drawn again.
            if not tries_left:
                raise


def _put(session: Session, vault: Vault, import_id: UUID, kind: str, number: int, body: bytes) -> None:
    locked = vault.lock_part(f"{import_id}/{kind}", number, body)
    session.execute(sa.insert(RegisterPart).values(import_id=import_id, kind=kind, number=number, body=locked))


def _open(vault: Vault, import_id: UUID, kind: str, number: int, locked: bytes) -> bytes:
    return vault.unlock_part(f"{import_id}/{kind}", number, locked)


def _forget(session: Session, import_id: UUID, kinds: Sequence[str]) -> None:
    session.execute(
        sa.delete(RegisterPart).where(RegisterPart.import_id == import_id, RegisterPart.kind.in_(kinds)),
        execution_options={"synchronize_session": False},
    )
