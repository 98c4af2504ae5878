"""Working on runs over open cases, in a process of its own: block by block, whole for each case."""

import subprocess
import time
from collections.abc import Callable
from uuid import UUID

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from checkin import beside, clock, context, scope
from checkin.accounts import queries as accounts
from checkin.audit.entry import Actor
from checkin.config import Config
from checkin.db import db, is_postgresql, reading
from checkin.derivations import queries, service
from checkin.derivations.models import ACCOUNT, Derivation
from checkin.derivations.service import CaseFailed
from checkin.errors import frames

log = structlog.get_logger()

COMMAND = Actor.command("flask cases derive")
# Cases whose rows are read together, while nobody else changes what is kept: officers wait for half a second at most.
# SQLite has one writer, and visitors at the doors are others.
TOGETHER, TOGETHER_ON_SQLITE = 10, 1
# Who waits for SQLite's writer asks for it a few times a second: between two blocks it is free for so long.
GAP_SECONDS = 0.05
# What is no case's fault is tried again.
TRIES, PAUSE_SECONDS = 5, 2.0
Say = Callable[[Derivation], None]


def start(config: Config) -> "subprocess.Popen[bytes]":
    """Start a process that works on the runs that wait. It outlives the worker that started it."""
    return beside.start(config, "cases", "derive", "--waiting")


def work_through() -> int:
    """Work on what waits or was left, one after the other; returns how many runs that were."""
    count = 0
    while True:
        session = db.session()
        scope.enter(session, scope.SYSTEM)
        run = service.claim(session, now=clock.now())
        run_id = run.id if run else None
        session.commit()
        if run_id is None:
            return count
        count += 1
        work(run_id)


def work(run_id: UUID, say: Say = lambda _run: None) -> None:
    """Derive what is left of a claimed run; `say` hears how far it is after each block."""
    session = db.session()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    shared = is_postgresql(session)
    most = TOGETHER if shared else TOGETHER_ON_SQLITE
    alone, tries = 0, 0
    with _progress(app, run_id):
        going = True
        while going:
            limit = 1 if alone else most
            try:
                going = _block(session, run_id, limit)
            except Exception as error:
                session.rollback()
                cause = error.__cause__ if isinstance(error, CaseFailed) else error
                tries += 1
                if isinstance(cause, OperationalError) and tries < TRIES:
                    time.sleep(PAUSE_SECONDS)  # somebody else holds what is kept, or the database comes back
                    continue
                _tell(cause or error, str(error) if isinstance(error, CaseFailed) else "")
                if isinstance(error, CaseFailed):
                    scope.enter(session, scope.CASEWORK)
                    service.skip(session, now=clock.now(), run_id=run_id, seq=error.seq)
                    session.commit()
                elif limit == 1:
                    raise
                else:
                    alone, tries = most, 0  # one of the block, or several: each by itself
                    continue
            alone, tries = max(0, alone - 1), 0
            if not going:
                return
            with reading():
                run = queries.run_of(session, run_id)
                if run is not None:
                    say(run)
                session.rollback()
            if not shared:
                time.sleep(GAP_SECONDS)


def _block(session: Session, run_id: UUID, limit: int) -> bool:
    """Derive the next cases in the name of who works on the run now; stop it where they may not any more."""
    asker, now = _asker(session, run_id), clock.now()
    if asker is None:
        scope.enter(session, scope.SYSTEM)
        service.stop(session, now=now, actor=COMMAND, run_id=run_id, problem=ACCOUNT)
        session.commit()
        return False
    actor, who = asker
    scope.enter(session, who)
    going = service.advance(session, now=now, actor=actor, run_id=run_id, rules_on=context.rules, limit=limit)
    session.commit()
    return going


def _tell(error: BaseException, case: str = "") -> None:
    # Only the type and where it was raised: messages can carry what a person typed.
    log.error("derivation failed", case=case, kind=type(error).__name__, trace=frames(error))


def _asker(session: Session, run_id: UUID) -> tuple[Actor, scope.Scope] | None:
    """In whose name a run is worked on now, and what they see; what they asked for, for each case in turn. None where
    the account is locked out, or of the CDC no more."""
    with reading():
        scope.enter(session, scope.SYSTEM)
        run = queries.run_of(session, run_id)
        worker = run.worker if run else None
        found: tuple[Actor, scope.Scope] | None = (COMMAND, scope.CASEWORK)
        if worker is not None:
            account = accounts.by_id(session, worker)
            may = account is not None and account.active and account.role == scope.CDC
            found = (account.actor, scope.Scope(scope.CDC, account.id)) if account and may else None
        session.rollback()
    return found


def _progress(app: Flask, run_id: UUID) -> beside.Progress:
    """That the process lives: also while it waits for others."""

    def say(session: Session, _done: int, _total: int) -> None:
        service.beat(session, now=clock.now(), run_id=run_id)

    return beside.Progress(app, say)
