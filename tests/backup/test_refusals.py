"""What a backup does not do, said in words, with nothing half-made left behind."""

import json
import os
import resource
import subprocess
import sys
from collections import namedtuple

import psycopg
import pytest
import sqlalchemy as sa

from checkin.audit.models import AuditEntry
from checkin.backup import copies, programs
from checkin.backup import manifest as manifests
from checkin.backup.manifest import BackupError, TableSum
from checkin.db import db
from tests.backup.targets import content, empty_beside, fill, run
from tests.servers import ROOT
from tests.worlds import inside

pytestmark = pytest.mark.long


@pytest.fixture
def target(world, app, tmp_path):
    with empty_beside(world, tmp_path) as made:
        yield made


@pytest.fixture
def filled(world, app):
    fill(world)
    return world


@pytest.fixture
def backup(filled, tmp_path):
    made = run(filled, "create", tmp_path / "backup")
    assert made.exit_code == 0, made.output
    return tmp_path / "backup"


def refused(done, *words):
    """The command failed, with these words and no traceback."""
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit), (done.output, done.exception)
    assert "Traceback" not in done.output
    for word in words:
        assert word in done.output, done.output


def dump_of(backup):
    return backup / manifests.read(backup).file


def rewrite(backup, **changes):
    path = backup / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("where", [0.02, 0.5, 0.98], ids=["head", "middle", "end"])
def test_one_changed_byte_is_found_and_nothing_is_restored(filled, backup, target, where):
    file = dump_of(backup)
    content = bytearray(file.read_bytes())
    content[int(len(content) * where)] ^= 1
    file.write_bytes(content)
    refused(run(filled, "verify", backup), "damaged", "hash")
    refused(run(target.world, "restore", backup), "damaged", "hash")
    assert not target.exists()


def test_a_copy_cut_off_is_found(filled, backup, target):
    file = dump_of(backup)
    file.write_bytes(file.read_bytes()[:-1000])
    refused(run(target.world, "restore", backup), "damaged", "bytes instead of")
    assert not target.exists()


def test_a_damaged_copy_whose_hash_was_made_to_fit_is_found_by_its_rows(filled, backup, target):
    """Whoever changes the file can write its hash anew; the rows still have to add up."""
    said = json.loads((backup / "manifest.json").read_text())
    said["tables"]["visit"]["rows"] += 1
    rewrite(backup, tables=said["tables"])
    refused(run(filled, "verify", backup), "visit: 3 rows instead of 4")
    said["tables"]["visit"] |= {"rows": 3, "sum": "0" * 64}
    rewrite(backup, tables=said["tables"])
    refused(run(target.world, "restore", backup), "visit: 3 rows as it should be, but of other content")
    assert not target.exists()


def test_a_folder_without_a_manifest_or_with_another_is_no_backup(filled, backup, target, tmp_path):
    path = backup / "manifest.json"
    whole = path.read_text()
    for damage, words in (
        ("{", "not JSON"),
        ("[]", "damaged"),
        ("{}", "damaged"),
        (whole.replace('"format": 1', '"format": 2'), "newer version"),
        (whole.replace('"file": "', '"file": "../'), "damaged"),
        (" " * (manifests.LARGEST + 1), "too large"),
    ):
        path.write_text(damage)
        refused(run(target.world, "restore", backup), words)
    path.unlink()
    refused(run(target.world, "restore", backup), "is no backup")
    refused(run(filled, "verify", tmp_path / "nowhere"), "is no backup")
    assert not target.exists()


def test_the_file_beside_the_manifest_may_be_missing(filled, backup):
    dump_of(backup).unlink()
    refused(run(filled, "verify", backup), "cannot be read")


def test_a_database_with_anything_in_it_is_not_filled(filled, backup, target):
    if target.kind == "sqlite":
        (target.world.folder / "x").parent.mkdir(exist_ok=True)
        path = sa.make_url(target.world.migrate_url).database
        os.makedirs(os.path.dirname(path))
    target.execute("CREATE TABLE something (what text)")
    refused(run(target.world, "restore", backup), "not empty", "something", "never drops")
    before = content(filled)
    refused(run(filled, "restore", backup), "not empty", "never drops")
    assert content(filled) == before


def test_a_copy_of_a_newer_schema_is_refused(filled, backup, target):
    rewrite(backup, schema="9999")
    refused(run(target.world, "restore", backup), "schema 9999", "does not know", "or newer")
    assert not target.exists()


def test_a_copy_of_the_other_engine_is_refused(filled, backup, target):
    rewrite(backup, engine="sqlite" if target.kind == "postgresql" else "postgresql")
    refused(run(target.world, "restore", backup), "this is a backup of", f"the database is {target.kind}")


def test_a_backup_is_never_written_over(filled, backup):
    before = {path.name: path.read_bytes() for path in backup.iterdir()}
    refused(run(filled, "create", backup), "never overwrites")
    assert {path.name: path.read_bytes() for path in backup.iterdir()} == before


def test_a_folder_that_is_not_there_is_said_before_anything_is_logged(filled, tmp_path):
    refused(run(filled, "create", tmp_path / "a" / "b"), "no folder that can be written to")
    with inside(filled.app()):
        actions = set(db.session.scalars(sa.select(AuditEntry.action)))
    assert not {action for action in actions if action.startswith("backup")}


def test_too_little_room_is_said_before(filled, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda _path: usage(10**9, 10**9 - 10**5, 10**5))
    refused(run(filled, "create", tmp_path / "backup"), "0 MB free", "are needed")
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_up_half_way_leaves_nothing(filled, tmp_path):
    """Files of this process may not grow beyond 300 kB, as on a disk that is full by then."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHECKIN_")}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "backup", "create", str(tmp_path / "backup")],
        cwd=ROOT,
        env={**env, **filled.env()},
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "Error: " in done.stderr and "backup" not in os.listdir(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_keys_that_do_not_fit_are_said_after_a_restore(filled, backup, target, tmp_path):
    target.world.folder = tmp_path / "other machine"
    done = run(target.world, "restore", backup)
    assert done.exit_code == 0
    assert "index key here is not the one" in done.output
    assert "no name can be read" in done.output


def test_a_log_that_was_cut_off_after_the_copy_is_seen(filled, tmp_path):
    assert run(filled, "create", tmp_path / "backup").exit_code == 0
    assert run(filled, "verify", tmp_path / "backup", "--log").exit_code == 0
    last = manifests.read(tmp_path / "backup").audit_entries
    statement = f"DELETE FROM audit WHERE seq >= {last}"
    db.session.rollback()
    if filled.kind == "sqlite":
        with inside(filled.app()):
            db.session.execute(sa.text("DROP TRIGGER audit_no_delete"))
            db.session.execute(sa.text(statement))
            db.session.commit()
    else:
        with psycopg.connect(filled.superuser_url.replace("+psycopg", "")) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement)
    refused(run(filled, "verify", tmp_path / "backup", "--log"), f"entry {last} of the log", "cut off")


@pytest.mark.postgresql
def test_rows_hidden_by_row_level_security_stop_a_copy_instead_of_being_left_out(postgresql, tmp_path):
    with inside(postgresql.app()):
        fill(postgresql)
        db.session.execute(sa.text("DROP POLICY all_rows ON visit"))
        db.session.commit()
        try:
            assert db.session.scalar(sa.text("SELECT count(*) FROM visit")) == 0  # the trap: no error, no rows
            db.session.commit()
            refused(run(postgresql, "create", tmp_path / "backup"), "may hide rows of visit", "database grant")
        finally:
            db.session.rollback()
            postgresql.grant()
    assert not list(tmp_path.iterdir())


@pytest.mark.postgresql
def test_a_restrictive_policy_stops_a_copy_too(postgresql, tmp_path):
    with inside(postgresql.app()):
        fill(postgresql)
        db.session.execute(sa.text("CREATE POLICY some_rows ON visit AS RESTRICTIVE USING (channel = 'desk')"))
        db.session.commit()
        try:
            refused(run(postgresql, "create", tmp_path / "backup"), "may hide rows of visit")
        finally:
            db.session.rollback()
            db.session.execute(sa.text("DROP POLICY some_rows ON visit"))
            db.session.commit()


@pytest.mark.postgresql
def test_a_role_that_does_not_own_the_tables_cannot_copy_them(postgresql, tmp_path):
    from dataclasses import replace

    with inside(postgresql.app()):
        fill(postgresql)
    staff = replace(postgresql, migrate_url=postgresql.urls["staff"], apps={})
    with inside(postgresql.app()):
        entries = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    refused(run(staff, "create", tmp_path / "backup"), "does not own", "MIGRATE_URL")
    assert not list(tmp_path.iterdir())
    with inside(staff.app()):
        db.engine.dispose()
    with inside(postgresql.app()):  # nor is it on record that one was begun
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == entries


@pytest.mark.postgresql
def test_a_restore_that_fails_half_way_leaves_an_empty_database(postgresql, tmp_path):
    with inside(postgresql.app()):
        fill(postgresql)
    assert run(postgresql, "create", tmp_path / "backup").exit_code == 0
    with empty_beside(postgresql, tmp_path) as target:
        # What stands in the way is seen by PostgreSQL alone: an operator's own type of the name of a table.
        target.execute("CREATE DOMAIN venue AS integer")
        refused(run(target.world, "restore", tmp_path / "backup"), "pg_restore failed", "venue")
        assert not target.exists()


@pytest.mark.postgresql
def test_no_password_is_on_a_command_line_or_in_an_error(postgresql, tmp_path):
    url = postgresql.migrate_url.replace("checkin_owner@", "checkin_owner:mat-khau-bi-mat@") + "?sslmode=prefer"
    env = programs.environment(url)
    assert env["PGPASSWORD"] == "mat-khau-bi-mat" and env["PGSSLMODE"] == "prefer" and env["PGUSER"] == "checkin_owner"
    with (
        pytest.raises(BackupError, match="failed") as raised,
        programs.running(programs.program("pg_dump", 0)[0], "--table=nothing_of_this_name", env=env),
    ):
        pass
    assert "mat-khau" not in str(raised.value)
    with pytest.raises(BackupError, match="sslpassword"):
        programs.environment(url + "&sslpassword=x")


def test_a_program_older_than_the_server_is_refused_in_words():
    with pytest.raises(BackupError, match="pg_dump of PostgreSQL 99 or newer is needed, and only version"):
        programs.program("pg_dump", 99)


def test_a_missing_program_is_named_with_what_brings_it(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "INSTALLED", tmp_path)
    monkeypatch.setattr(programs.shutil, "which", lambda _name: None)
    with pytest.raises(BackupError, match="none is installed: apt-get install postgresql-client-15"):
        programs.program("pg_restore", 15)


def test_the_oldest_program_that_is_new_enough_is_chosen(monkeypatch, tmp_path):
    for major in (14, 15, 17):
        path = tmp_path / str(major) / "bin" / "pg_dump"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.4'\n")
        path.chmod(0o755)
    monkeypatch.setattr(programs, "INSTALLED", tmp_path)
    monkeypatch.setattr(programs.shutil, "which", lambda _name: None)
    assert programs.program("pg_dump", 15) == (tmp_path / "15" / "bin" / "pg_dump", 15)
    assert programs.program("pg_dump", 16)[1] == 17


def test_the_sum_sees_rows_that_changed_vanished_or_came_twice_but_not_their_order():
    rows = [b"a\t1\n", b"b\t2\n", b"c\t3\n"]
    count, total = manifests.summed(rows)
    assert manifests.summed(reversed(rows)) == (count, total) and count == 3
    for other in (rows[:2], [*rows, rows[0]], [*rows, rows[0], rows[0]], [b"a\t1\n", b"b\t2\n", b"c\t4\n"]):
        assert manifests.as_hex(manifests.summed(other)[1]) != manifests.as_hex(total)
    one = TableSum(("x",), 3, manifests.as_hex(total))
    assert manifests.differences({"t": one}, {"t": one}) == []
    assert manifests.differences({"t": one}, {}) == ["t: missing"]
    assert manifests.differences({}, {"t": one}) == ["t: not in the manifest"]
    assert manifests.differences({"t": one}, {"t": TableSum(("y",), 3, one.sum)}) == [
        "t: 3 rows as it should be, but of other content"
    ]


def test_the_version_in_a_manifest_is_that_of_the_list_of_changes():
    assert copies.product_version() in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
