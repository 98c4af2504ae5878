"""A large file, one process of two killed in the middle: repeated, it is as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.config import ROOT
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.people.models import Person
from checkin.visits.models import Visit
from tests import factories
from tests.loading.files import COLUMNS
from tests.worlds import inside, vault_of

# Four loads, and more where the first was too fast to be caught.
pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

ROWS, PEOPLE = 20_000, 6_000


def write(path, code, now, rows):
    """Rows of people who told a phone, a number, both or neither, over a day."""
    rng = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for _ in range(rows):
            number = rng.randrange(PEOPLE)
            phone = f"0912{number:06d}" if number % 3 else ""
            paper = f"0220{number % 90 + 10}{number:06d}" if number % 2 else ""
            moment = (now - timedelta(seconds=rng.randrange(80_000))).isoformat()
            file.write(f"{code},Người {'abcdefghij'[number % 10]},{paper},{phone},{1950 + number % 60},,{moment},\n")


def workers(pid):
    """The processes that do the work of a load."""
    children = [int(c) for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()]
    return [child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def command(world, path):
    own = {name: value for name, value in os.environ.items() if not name.startswith("CHECKIN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "visits", "load", str(path)],
        cwd=ROOT, env={**own, **world.env()}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def stored(app):
    """Every visit with what belongs to it, people by their indexes, whatever their ids."""
    with inside(app):
        root = sa.orm.aliased(Person)
        rows = db.session.execute(
            sa.select(
                Visit.id, Visit.entered_at, Visit.until_latest, Visit.masked_name, Declaration.id, root.name_index
            )
            .join(
                Declaration, sa.and_(Declaration.made_at == Visit.declared_at, Declaration.id == Visit.declaration_id)
            )
            .join(root, sa.and_(root.id == Visit.person_id, root.id == Declaration.person_id))
            .order_by(Visit.entered_at, Visit.id)
        )
        found = [tuple(row) for row in rows]
        db.session.remove()
        db.engine.dispose()
        return found


def counts(app):
    with inside(app):
        found = [db.session.scalar(sa.select(sa.func.count()).select_from(t)) for t in (Visit, Declaration, Person)]
        db.session.remove()
        db.engine.dispose()
        return found


def clear(app):
    """Take every visit out again."""
    with inside(app):
        for table in (Visit, Declaration, Person):
            db.session.execute(sa.delete(table))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def killed(world, path, rows):
    """Load the file and kill one of its processes once some rows are stored; what it said, and its exit code."""
    load = command(world, path)
    deadline = time.monotonic() + 400
    while counts(world.app())[0] < rows // 20:
        assert time.monotonic() < deadline, "nothing was stored"
        if load.poll() is not None:
            break
        time.sleep(0.05)
    # A load that has ended by now has none.
    with suppress(FileNotFoundError, ProcessLookupError):
        for victim in workers(load.pid)[:1]:
            os.kill(victim, signal.SIGKILL)
    said = load.communicate(timeout=600)[0]
    return said, load.returncode


@pytest.mark.wide
def test_a_killed_load_leaves_whole_batches_and_a_repeated_one_completes_it(world, tmp_path):
    app, now = world.app(), clock.now()
    with inside(app):
        venue = factories.venue(db.session(), vault_of(app))
        code = factories.code_of(db.session(), venue)
        db.session.execute(sa.update(factories.Code).values(issued_at=now - timedelta(days=3)))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    path = tmp_path / "visits.csv"
    # Where a machine is too fast to be caught in the middle, a longer file is tried.
    for rows in (ROWS, 4 * ROWS):
        write(path, code, now, rows)
        said, ended_with = killed(world, path, rows)
        visits, declarations, _ = counts(app)
        if visits < rows:
            break
        clear(app)
    assert rows // 20 <= visits < rows, "it was killed too late, so nothing was shown"
    assert ended_with == 1 and "a process was ended from outside" in said
    assert "Traceback" not in said
    assert visits == declarations == len(stored(app))

    for _ in range(2):
        again = command(world, path)
        said = again.communicate(timeout=600)[0]
        assert again.returncode == 0, said
    assert f'"created": 0, "same": {rows}' in said
    repeated = stored(app)
    total = counts(app)
    assert total[0] == total[1] == len(repeated)

    # The same file into an empty store, undisturbed.
    clear(app)
    whole = command(world, path)
    said = whole.communicate(timeout=600)[0]
    assert whole.returncode == 0, said
    assert stored(app) == repeated and counts(app) == total
