"""Work that takes long, in a process beside the web process: starting it, and saying that it lives.

So the memory of a web worker does not grow, and a worker that starts anew breaks no work off.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from threading import Event, Thread

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from checkin import scope
from checkin.config import ROOT, Config
from checkin.db import db

log = structlog.get_logger()

BEAT_SECONDS = 1


def start(config: Config, *command: str) -> "subprocess.Popen[bytes]":
    """Start a command of ours as a process that outlives the worker that started it."""
    env = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
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


class Progress:
    """How far the work is, said once a second by a thread of its own; `say` writes `done` and `total` down."""

    def __init__(self, app: Flask, say: Callable[[Session, int, int], None], total: int = 0) -> None:
        self.app, self.say = app, say
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
                    scope.enter(db.session(), scope.SYSTEM)
                    self.say(db.session(), self.done, self.total)
                    db.session.commit()
                except Exception as error:
                    # The next one may get through; if none does, the work is given up as silent.
                    log.warning("beat failed", kind=type(error).__name__)
