"""A worker that is killed while people check in: what was acknowledged is there exactly once."""

import http.client
import os
import signal
import threading
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.visits.models import Submission, Visit
from tests import cast, factories
from tests.servers import gunicorn
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.long

PEOPLE, KILLS = 400, 5


def children(pid):
    """Processes that a process started."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def request(address, fields=None):
    data = urllib.parse.urlencode(fields, doseq=True).encode() if fields else None
    with urllib.request.urlopen(urllib.request.Request(address, data), timeout=30) as answer:
        return answer.read().decode()


def test_every_acknowledged_visit_is_there_exactly_once(world, tmp_path):
    app = world.app()
    with inside(app):
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
        db.session.remove()
        db.engine.dispose()
    with gunicorn(world.env("public" if world.kind == "postgresql" else "all"), tmp_path / "log", workers=2) as address:
        page = f"{address}/v/{code}"
        stop = threading.Event()
        killed = []

        def reaper():
            # The master is our own child's process; its workers are its children.
            master = next(
                pid
                for pid in children(os.getpid())
                if f"PORT={address.rsplit(':', 1)[1]}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
            )
            # A bounded number, with time between for the next worker to come up on a busy machine.
            while len(killed) < KILLS and not stop.wait(2):
                for worker in children(master)[:1]:
                    os.kill(worker, signal.SIGKILL)
                    killed.append(worker)

        def visit(number):
            """Fill in one form and send it until it is acknowledged, as a person would."""
            deadline = time.monotonic() + 60
            fields = None
            while time.monotonic() < deadline:
                try:
                    if fields is None:
                        fields = cast.form(
                            submission=factories.hidden(request(page), "submission"),
                            full_name=f"Người Thứ {number}",
                            phone=f"09123{number:05d}",
                        )
                    if "ĐÃ KHAI BÁO" in request(page, fields):
                        return True
                except (OSError, http.client.HTTPException):  # an answer that breaks off is none
                    time.sleep(0.05)
            return False

        thread = threading.Thread(target=reaper)
        thread.start()
        try:
            with ThreadPoolExecutor(8) as pool:
                acknowledged = sum(pool.map(visit, range(PEOPLE)))
        finally:
            stop.set()
            thread.join()
    assert len(killed) >= 2, "no worker was killed, so nothing was shown"
    assert acknowledged == PEOPLE
    with inside(app):
        counts = [
            db.session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (Visit, Declaration, Submission)
        ]
        unfinished = db.session.scalar(sa.select(sa.func.count()).where(Submission.result.is_(None)))
    assert counts == [PEOPLE] * 3
    assert unfinished == 0
