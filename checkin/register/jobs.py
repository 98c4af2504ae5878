"""Looking through registers and importing them, in a process beside the web process."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from checkin import beside, clock, context, scope
from checkin.accounts import queries as accounts
from checkin.accounts.models import Account
from checkin.config import Config
from checkin.db import db
from checkin.errors import frames
from checkin.register import queries, service
from checkin.register.models import LOAD, RegisterImport
from checkin.register.rows import Terms
from checkin.register.running import Findings
from checkin.register.showing import KINDS, pages
from checkin.register.tables import BadFile, read
from checkin.register.writing import Importing, Looking, work

log = structlog.get_logger()

# What a process may hold in memory: files come from outside, and none may take the machine's.
MOST_MEMORY = 1024 * 1024 * 1024


class Stopped(Exception):
    """Somebody stopped the look at a file."""


def start(config: Config) -> "subprocess.Popen[bytes]":
    """Start a process that works through what waits. It outlives the worker that started it."""
    return beside.start(config, "register", "work")


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Inside, this process cannot take more memory than a file of the largest kind needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    given = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([MOST_MEMORY, *given]), hard))
    # Phones are open in memory here: a process that breaks leaves no picture of it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def work_through() -> int:
    """Work on what waits, one after the other; returns how many registers that were."""
    count = 0
    while True:
        session = db.session()
        scope.enter(session, scope.SYSTEM)
        service.purge(session, now=clock.now())
        register = service.claim(session, now=clock.now())
        session.commit()
        if register is None:
            return count
        count += 1
        _work(register)


def purge_round(session: Session) -> None:
    """Files past their time, in the server's hourly round."""
    scope.enter(session, scope.SYSTEM)
    service.purge(session, now=clock.now())


def _work(register: RegisterImport) -> None:
    session = db.session()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    import_id, locale = register.id, register.locale
    try:
        with _progress(app, register) as progress, force_locale(locale):
            _find(session, register, progress)
    except Exception as error:
        session.rollback()
        scope.enter(session, scope.SYSTEM)
        problem, detail = "broken", ""
        if isinstance(error, BadFile):
            problem, detail = error.reason, error.detail
        elif isinstance(error, Stopped):
            problem = "stopped"
        elif isinstance(error, MemoryError):
            problem = "memory"
        else:
            # Only the type and where it was raised: messages can carry what stood in a row.
            log.error("register failed", kind=type(error).__name__, trace=frames(error))
        service.fail(session, now=clock.now(), import_id=import_id, problem=problem)
        if detail:
            known = service.about(session, context.vault(), import_id)
            known.detail = detail
            service.keep_about(session, context.vault(), import_id, known)
        session.commit()


def _find(session: Session, register: RegisterImport, progress: beside.Progress) -> None:
    vault, config = context.vault(), context.config()
    import_id, step, commune_id, sha256 = register.id, register.step, register.commune_id, register.sha256
    made_by = accounts.by_id(session, register.made_by)
    if made_by is None:
        raise LookupError("account")
    actor, who = made_by.actor, _whose(made_by, commune_id)
    known = service.about(session, vault, import_id)
    body = service.body_of(session, vault, import_id)
    session.rollback()
    table = read(body)
    del body
    progress.total = len(table.rows)

    def done(rows: int) -> None:
        progress.done = rows

    terms = Terms(config.province, commune_id, known.choices)
    way = (Importing if step == LOAD else Looking)(session, vault, who)

    def stop() -> bool:
        scope.enter(session, scope.SYSTEM)
        asked = queries.is_to_stop(session, import_id)
        session.rollback()
        return asked

    found = work(table, terms, way, done, stop)
    if found.stopped and step != LOAD:
        raise Stopped  # half a preview says nothing of the whole
    scope.enter(session, scope.SYSTEM)
    known.ignored, known.noted, known.detail = list(table.header.ignored)[:30], found.noted, ""
    known.stopped = found.stopped
    known.questions = _questions(found)
    kept = service.keep_found(
        session, vault, now=clock.now(), import_id=import_id, counts=found.counts, known=known,
        pieces=pages(found, table.header), kinds=KINDS,
    )  # fmt: skip
    if kept and step == LOAD:
        service.record_loaded(
            session,
            now=clock.now(),
            actor=actor,
            subject=str(import_id),
            sha256=sha256,
            counts=found.counts,
            whole=True,
        )
    session.commit()


def _whose(account: Account, commune_id: str | None) -> scope.Scope:
    """Whose venues are seen and made: a station's own, or all, which nobody who signs in may."""
    if commune_id is None:
        return scope.SYSTEM
    if account.commune_id != commune_id:
        raise LookupError("the station is another one by now")
    return scope.Scope.of_account(account)


def _questions(found: Findings) -> list[dict[str, object]]:
    return [
        {
            "question": question,
            "text": asked.commune,
            "rows": count,
            "communes": [row.id for row in asked.communes],
        }
        for question, (asked, count) in list(found.questions().items())[:200]
    ]


def _progress(app: Flask, register: RegisterImport) -> beside.Progress:
    import_id = register.id

    def say(session: Session, done: int, total: int) -> None:
        service.beat(session, now=clock.now(), import_id=import_id, done=done, total=total)

    return beside.Progress(app, say)
