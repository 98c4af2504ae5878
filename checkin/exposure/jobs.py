"""Making the files that take long, in a process beside the web process.

Names are open in this process's memory alone; what is stored is locked.
"""

import subprocess
from collections.abc import Iterator, Sequence
from uuid import UUID

import structlog
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from checkin import beside, clock, context, scope
from checkin.accounts import queries as accounts
from checkin.audit import service as audit
from checkin.cells import Cell
from checkin.config import Config
from checkin.db import db, reading
from checkin.errors import frames
from checkin.exposure import exporting, queries, service, sheets
from checkin.exposure.exports import TooManyRows
from checkin.exposure.models import BROKEN, TOO_MANY

log = structlog.get_logger()

# A workbook takes some 4 kB of memory a line: beyond this a machine of 4 GB could not make two at once.
MOST_ROWS = 300_000


def start(config: Config) -> "subprocess.Popen[bytes]":
    """Start a process that works through what waits. It outlives the worker that started it."""
    return beside.start(config, "exposure", "export")


def work() -> int:
    """Make what waits, one after the other; returns how many files were made."""
    made = 0
    while True:
        session = db.session()
        scope.enter(session, scope.SYSTEM)
        service.purge_exports(session, now=clock.now())
        export = service.claim_export(session, now=clock.now())
        claimed = (export.id, export.made_by) if export else None
        session.commit()
        if claimed is None:
            return made
        made += _make(*claimed)


def purge_round(session: Session) -> None:
    """Files past their time, in the server's hourly round."""
    scope.enter(session, scope.SYSTEM)
    service.purge_exports(session, now=clock.now())


def _progress(app: Flask, export_id: UUID, total: int) -> beside.Progress:
    """How far a file is: also while the workbook is packed."""

    def say(session: Session, done: int, total: int) -> None:
        service.beat(session, now=clock.now(), export_id=export_id, done=done, total=total)

    return beside.Progress(app, say, total)


def _make(export_id: UUID, made_by_id: UUID) -> bool:
    session, vault = db.session(), context.vault()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with reading():
            export = queries.export_of(session, export_id, made_by_id)
            found = queries.lookup(session, export.lookup_id) if export else None
            officer = accounts.by_id(session, made_by_id)
            if export is None or found is None or officer is None:
                raise LookupError("lookup")
            lookup, case = found
            made_by, form = officer.actor, export.form
            # People are read as who asked would read them, for what they asked.
            scope.enter(session, scope.Scope(scope.CDC, made_by_id, purpose=queries.purpose(lookup)))
            with _progress(app, export_id, export.total) as progress, force_locale(export.locale):
                sheet = sheets.whole(session, lookup, case)
                people = sheet.ranked(session)
                progress.total = len(people)
                if len(people) > MOST_ROWS:
                    raise TooManyRows
                with sheets.speaking(sheet):
                    about = exporting.counted(sheet.about(by=officer.display_name, at=export.asked_at), len(people))
                    body = sheets.workbook(sheet, _lines(sheet, people, progress), about)
            session.rollback()
        scope.enter(session, scope.SYSTEM)
        now = clock.now()
        if service.keep_export(session, vault, now=now, export_id=export_id, body=body, total=len(people)):
            # Not another reading: who asked for the file was put down then.
            audit.record(
                session,
                now=now,
                actor=made_by,
                action=f"lookup.made.{form}",
                subject=lookup.number,
                case_number=case.number if case else None,
                reason=lookup.reason,
                rows=len(people),
            )
        session.commit()
    except Exception as error:
        session.rollback()
        scope.enter(session, scope.SYSTEM)
        problem = TOO_MANY if isinstance(error, TooManyRows) else BROKEN
        # Only the type and where it was raised: messages can carry what a person typed.
        log.error("export failed", kind=type(error).__name__, trace=frames(error))
        service.fail_export(session, now=clock.now(), export_id=export_id, problem=problem)
        session.commit()
        return False
    return True


def _lines(sheet: sheets.Sheet, people: Sequence[UUID], progress: beside.Progress) -> Iterator[list[Cell]]:
    session = db.session()
    for block in sheet.blocks(session, context.vault(), people):
        # Nothing is held in the database while lines are written, nor after the last one, while they are packed:
        # that can take minutes, and an open transaction would be ended, or keep a day from being taken away.
        session.rollback()
        yield from block
        progress.done += len(block)
