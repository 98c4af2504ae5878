from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import notes
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.calls import queries as calls
from checkin.calls.models import CALL, CALLED, DONE, LEAVE_IT, MOVE, NEW, RESULTS, TAKE, UNDO, StationCall, StationStep
from checkin.calls.queries import Waiting
from checkin.db import insert_if_new, is_postgresql
from checkin.declarations import queries as declarations
from checkin.errors import DomainError
from checkin.scope import rows
from checkin.vault import Vault


def record_reading(session: Session, *, now: datetime, actor: Actor, commune: str, rows: int) -> None:
    """Log that a station reads names of so many declarations. The caller commits before it opens the first one."""
    audit.record(session, now=now, actor=actor, action="station.read", subject=commune, rows=rows)


def take(session: Session, *, now: datetime, actor: Actor, call: Waiting) -> None:
    """Say that this officer calls them, so that nobody else does; raises DomainError('changed') where they are no
    more as `call` says, or 'done'."""
    if call.state == DONE:
        raise DomainError("done")
    _step(session, now, actor, call, TAKE, {"taken_by": actor.id, "taken_by_name": actor.name[:80]})


def let_go(session: Session, *, now: datetime, actor: Actor, call: Waiting) -> None:
    """Say that somebody else may call them. Raises DomainError: 'changed', 'free' where nobody had taken them."""
    if call.taken_by is None:
        raise DomainError("free")
    _step(session, now, actor, call, LEAVE_IT, {"taken_by": None, "taken_by_name": None})


def called(
    session: Session, *, vault: Vault, now: datetime, actor: Actor, call: Waiting, result: str, note: str, done: bool
) -> None:
    """Note how a call went, one of RESULTS, the words sealed; `done` where nobody has to call any more.

    Who was called is taken by whoever called. Raises DomainError: 'changed', 'done', 'result'.
    """
    if call.state == DONE:
        raise DomainError("done")
    if result not in RESULTS:
        raise DomainError("result")
    change = {"state": DONE if done else CALLED, "taken_by": actor.id, "taken_by_name": actor.name[:80]}
    _step(session, now, actor, call, CALL, change, result=result, note=notes.sealed(vault, note))


def move(
    session: Session, *, vault: Vault, now: datetime, actor: Actor, call: Waiting, to_commune: str, note: str
) -> None:
    """Hand somebody who stays elsewhere over to the station of that commune, where they are new again.

    Here a trace stays: when, whither, by whom. Raises DomainError: 'changed', 'done', 'here' for the own commune and
    for one that is not of the province.
    """
    if call.state == DONE:
        raise DomainError("done")
    if to_commune == call.commune_id:
        raise DomainError("here")
    _keep(session, call)
    _insert(session, now, actor, call, MOVE, to_commune_id=to_commune, note=notes.sealed(vault, note))
    if is_postgresql(session):
        # A function of the tables' owner: the row leaves the sight of this station.
        asked = sa.text("SELECT move_call(:of, :seen, :target, :at)")
        gone = session.scalar(asked, {"of": call.id, "seen": call.version, "target": to_commune, "at": now})
    else:
        change = {"commune_id": to_commune, "state": NEW, "taken_by": None, "taken_by_name": None}
        gone = _change(session, now, call, change)
    if not gone:
        raise DomainError("here")
    _record(session, now, actor, call, MOVE, to=to_commune)


def undo(session: Session, *, now: datetime, actor: Actor, call: Waiting) -> None:
    """Take the last step back; it stays on record. Raises DomainError: 'changed', 'nothing' where the last one was a
    move or was taken back already."""
    last = next(reversed(calls.steps(session, call.id)), None)
    if last is None or last.what in (MOVE, UNDO):
        raise DomainError("nothing")
    if last.number != call.version:
        raise DomainError("changed")
    change = {
        "state": last.state_before,
        "taken_by": last.taken_before,
        "taken_by_name": last.taken_before_name,
    }
    _step(session, now, actor, call, UNDO, change)


def _step(
    session: Session, now: datetime, actor: Actor, call: Waiting, what: str, change: dict[str, Any], **more: Any
) -> None:
    _keep(session, call)
    _insert(session, now, actor, call, what, **more)
    if not _change(session, now, call, change):
        raise DomainError("changed")
    _record(session, now, actor, call, what, **{name: more[name] for name in ("result",) if name in more})


def _keep(session: Session, call: Waiting) -> None:
    """Copy a declaration at a door, sealed as it is, so that what is done about it outlives its day."""
    if call.kept:
        return
    details = declarations.sealed(session, call.made_at, call.id)
    if details is None:
        raise DomainError("changed")
    names = ("id", "made_at", "kind", "person_id", "commune_id", "day", "triage")
    values = {name: getattr(call, name) for name in names}
    lists = {"reasons": list(call.reasons), "symptoms": list(call.symptoms)}
    insert_if_new(session, StationCall.__table__, values | lists | {"details": details})  # type: ignore[arg-type]


def _insert(session: Session, now: datetime, actor: Actor, call: Waiting, what: str, **more: Any) -> None:
    """Write the next step down. Its number is what tells two who act on the same sight of things apart."""
    values = {
        "call_id": call.id,
        "number": call.version + 1,
        "at": now,
        "commune_id": call.commune_id,
        "account_id": actor.id,
        "by_name": actor.name[:80],
        "what": what,
        "state_before": call.state,
        "taken_before": call.taken_by,
        "taken_before_name": call.taken_by_name,
        **more,
    }
    if not insert_if_new(session, StationStep.__table__, values):  # type: ignore[arg-type]
        raise DomainError("changed")


def _change(session: Session, now: datetime, call: Waiting, change: dict[str, Any]) -> bool:
    done = session.execute(
        sa.update(StationCall)
        .where(rows(session, StationCall), StationCall.id == call.id, StationCall.version == call.version)
        .values(version=call.version + 1, changed_at=now, **change),
        execution_options={"synchronize_session": False},
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _record(session: Session, now: datetime, actor: Actor, call: Waiting, what: str, **detail: str) -> None:
    audit.record(session, now=now, actor=actor, action=f"station.{what}", subject=call.commune_id, detail=detail)
