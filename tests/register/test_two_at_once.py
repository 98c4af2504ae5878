"""Two who import the same file at the same moment make no venue twice; a process that is killed leaves whole batches."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
import sqlalchemy as sa

from checkin.config import ROOT
from checkin.db import db
from checkin.venues.models import Code, Venue
from tests.register.files import register, row
from tests.worlds import inside

pytestmark = pytest.mark.long


def start(world, path):
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHECKIN_")} | world.env("staff")
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "venues", "import", str(path)]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def result(process):
    said = process.communicate(timeout=300)[0]
    assert process.returncode == 0, said[-2000:]
    return json.loads(said.strip().splitlines()[-1])


def counted(world):
    with inside(world.app()):
        names = Counter(db.session.scalars(sa.select(Venue.name)))
        codes = db.session.scalar(sa.select(sa.func.count()).select_from(Code))
    return names, codes


def big(tmp_path, rows):
    path = tmp_path / "so.csv"
    path.write_bytes(register(*(row(number=str(1000 + n) if n % 2 else "", name=f"Quán {n}") for n in range(rows))))
    return path


def test_two_at_once_make_no_venue_twice(world, tmp_path):
    path = big(tmp_path, 1500)
    found = [result(process) for process in (start(world, path), start(world, path))]
    names, codes = counted(world)
    assert len(names) == codes == 1500 and set(names.values()) == {1}
    assert sum(one["created"] for one in found) == 1500 and sum(one["same"] for one in found) == 1500


def test_a_killed_import_leaves_whole_batches_and_is_finished_by_the_next(world, tmp_path):
    path = big(tmp_path, 6000)
    process = start(world, path)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        names, codes = counted(world)
        if names:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()
    names, codes = counted(world)
    assert len(names) == codes and codes % 500 == 0
    ended = result(start(world, path))
    assert ended["created"] + ended["same"] == 6000 and ended["same"] == codes
    names, codes = counted(world)
    assert len(names) == codes == 6000
