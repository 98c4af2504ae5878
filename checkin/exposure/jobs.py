"""Making the files that take long, in a process beside the web process.

So the memory of a web worker does not grow, and a worker that starts anew breaks no file off. Names are
open in this process's memory alone; what is stored is locked.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from threading import Event, Thread
from uuid import UUID

import structlog
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.cells import Cell
from checkin.config import ROOT, Config
from checkin.db import db, reading
from checkin.errors import frames
from checkin.exposure import exporting, queries, service
from checkin.exposure.exports import TooManyRows
from checkin.exposure.models import BROKEN, TOO_MANY, Export

log = structlog.get_logger()

# A workbook takes some 4 kB of memory a line: beyond this a machine of 4 GB could not make two at once.
MOST_ROWS = 300_000
BEAT_SECONDS = 1


def start(config: Config) -> "subprocess.Popen[bytes]":
    """Start a process that works through what waits. It outlives the worker that started it."""
    env = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "exposure", "export"],
        cwd=ROOT,
        env=env | config.env(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    # Visitors at the doors come first.
    os.setpriority(os.PRIO_PROCESS, process.pid, 10)
    # Somebody must take note of its end.
    Thread(target=process.wait, daemon=True).start()
    return process


def work() -> int:
    """Make what waits, one after the other; returns how many files were made."""
    made = 0
    while True:
        session = db.session()
        service.purge_exports(session, now=clock.now())
        export = service.claim_export(session, now=clock.now())
        export_id = export.id if export else None
        session.commit()
        if export_id is None:
            return made
        made += _make(export_id)


def purge_round(session: Session) -> None:
    """Files past their time, in the server's hourly round."""
    service.purge_exports(session, now=clock.now())


class Progress:
    """How far a file is, said once a second by a thread of its own: also while the workbook is packed."""

    def __init__(self, app: Flask, export_id: UUID, total: int) -> None:
        self.app, self.export_id = app, export_id
        self.done, self.total = 0, total
        self._end = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Progress":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(BEAT_SECONDS):
            with self.app.app_context():
                try:
                    service.beat(
                        db.session(), now=clock.now(), export_id=self.export_id, done=self.done, total=self.total
                    )
                    db.session.commit()
                except Exception as error:
                    # The next one may get through; if none does, the file is given up as silent.
                    log.warning("export beat failed", kind=type(error).__name__)


def _make(export_id: UUID) -> bool:
    session, vault = db.session(), context.vault()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with reading():
            export = session.get_one(Export, export_id)
            found = queries.lookup(session, export.lookup_id)
            if found is None:
                raise LookupError("lookup")
            lookup, case = found
            with Progress(app, export_id, export.total) as progress, force_locale(export.locale):
                asked = exporting.whole_list(session, lookup, case)
                people = asked.ranked(session)
                progress.total = len(people)
                if len(people) > MOST_ROWS:
                    raise TooManyRows
                body = exporting.place_workbook(lookup, case, _lines(asked, people, progress))
            session.rollback()
        service.keep_export(session, vault, now=clock.now(), export_id=export_id, body=body, total=len(people))
        session.commit()
    except Exception as error:
        session.rollback()
        problem = TOO_MANY if isinstance(error, TooManyRows) else BROKEN
        # Only the type and where it was raised: messages can carry what a person typed.
        log.error("export failed", kind=type(error).__name__, trace=frames(error))
        service.fail_export(session, now=clock.now(), export_id=export_id, problem=problem)
        session.commit()
        return False
    return True


def _lines(asked: exporting.WholeList, people: Sequence[UUID], progress: Progress) -> Iterator[list[Cell]]:
    session = db.session()
    for block in exporting.place_blocks(session, context.vault(), asked, people):
        # Nothing is held in the database while lines are written, nor after the last one, while they are packed:
        # that can take minutes, and an open transaction would be ended, or keep a day from being taken away.
        session.rollback()
        yield from block
        progress.done += len(block)
