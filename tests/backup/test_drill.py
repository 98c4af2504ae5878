"""The drill: copy while people check in, restore elsewhere, and find everything there, equal and working."""

import json
import stat
import threading
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit import queries as audit
from checkin.audit.models import AuditEntry
from checkin.backup import manifest as manifests
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.venues.models import Venue
from checkin.visits.models import Visit
from tests import cast, factories
from tests.backup.targets import content, empty_beside, fill, run
from tests.conftest import NOW
from tests.worlds import inside, vault_of


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


def test_what_is_restored_is_what_was_there_row_by_row(filled, backup, target):
    before = content(filled)
    done = run(target.world, "restore", backup)
    assert done.exit_code == 0, done.output
    assert "every table equal" in done.output and "WARNING" not in done.output
    after = content(target.world)
    assert len(before["visit"]) == len(before["declaration"]) == 3 and len(before["lookup"]) == 1
    # What the log got since the copy is the end of the copy here, and of the restore there.
    assert after.pop("audit")[:-1] == before.pop("audit")[:-1]
    assert after == before


@pytest.mark.long
def test_the_manifest_says_every_table_with_its_rows(filled, backup):
    said = manifests.read(backup)
    rows = {name: len(there) for name, there in content(filled).items()}
    assert {name: table.rows for name, table in said.tables.items()} == {
        **rows,
        "audit": rows["audit"] - 1,
        "alembic_version": 1,
    }
    assert said.audit_entries == rows["audit"] - 1
    assert (said.engine, said.bytes) == (filled.kind, (backup / said.file).stat().st_size)


@pytest.mark.long
def test_a_copy_made_while_people_check_in_is_one_moment(filled, target, tmp_path):
    stop, made, failed = threading.Event(), [], []

    def go_on():
        try:
            with clock.fixed(NOW), inside(filled.app()):
                session, vault = db.session(), vault_of(filled.app())
                where = session.scalars(sa.select(Venue).where(Venue.kind == "supermarket")).one()
                while not stop.is_set():
                    number = len(made)
                    factories.check_in(
                        filled.app(),
                        session,
                        vault,
                        where,
                        at=NOW + timedelta(seconds=number),
                        device=number.to_bytes(16),
                    )
                    session.commit()
                    made.append(number)
        except Exception as error:
            failed.append(error)

    db.session.rollback()
    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        while not made and thread.is_alive():
            stop.wait(0.01)
        first = len(made)
        done = run(filled, "create", tmp_path / "backup")
        last = len(made)
    finally:
        stop.set()
        thread.join(30)
    assert not failed and done.exit_code == 0, (failed, done.output)
    assert last > first  # nobody was kept waiting for the whole of the copy
    assert run(target.world, "restore", tmp_path / "backup").exit_code == 0
    with inside(target.world.app()):
        visits = list(db.session.scalars(sa.select(Visit).where(Visit.device != b"d" * 16)))
        there = sorted(int.from_bytes(visit.device) for visit in visits)
        # All up to a moment and none after it, each with its declaration.
        assert there == list(range(len(there))) and first <= len(there) <= last + 1
        declared = set(db.session.scalars(sa.select(Declaration.id)))
        assert {visit.declaration_id for visit in visits} <= declared


@pytest.mark.long
def test_the_same_keys_open_what_was_sealed_and_the_log_goes_on(filled, backup, target):
    done = run(target.world, "restore", backup)
    assert done.exit_code == 0, done.output
    app = target.world.app()
    with inside(app):
        opened = [vault_of(app).open(sealed) for sealed in db.session.scalars(sa.select(Declaration.details))]
        assert {details["full_name"] for details in opened} == {cast.CITIZEN.full_name, cast.NEIGHBOUR.full_name}
        assert audit.broken_link(db.session()) is None
        newest = audit.newest(db.session(), None, 2)
        assert [entry.action for entry in newest] == ["backup.restore", "backup.begin"]
        said = manifests.read(backup)
        assert newest[0].detail["sha256"] == said.sha256
        assert (newest[1].seq, newest[1].hash.hex()) == (said.audit_entries, said.audit_head)


@pytest.mark.long
def test_a_check_in_works_on_the_restored_one(filled, backup, target):
    assert run(target.world, "restore", backup).exit_code == 0
    if target.kind == "postgresql":
        with (
            psycopg.connect(target.world.urls["public"]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT count(*) FROM visit")
        target.world.grant()
    with inside(target.world.app()):
        code = factories.code_of(db.session(), db.session.scalars(sa.select(Venue).where(Venue.kind == "market")).one())
    with clock.fixed(NOW):
        client = target.world.app("public").test_client()
        answer = client.post(
            f"/v/{code}",
            data={**cast.form(), "submission": factories.submission(client, code)},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
    assert answer.status_code == 200 and "ĐÃ KHAI BÁO" in answer.text
    with inside(target.world.app()):
        assert len(factories.all_visits(db.session())) == 4


@pytest.mark.long
def test_a_restored_database_is_copied_and_restored_again_to_the_same_sums(filled, backup, target, tmp_path):
    assert run(target.world, "restore", backup).exit_code == 0
    if target.kind == "postgresql":
        target.world.grant()
    again = run(target.world, "create", tmp_path / "again")
    assert again.exit_code == 0, again.output
    first, second = manifests.read(backup).tables, manifests.read(tmp_path / "again").tables
    assert {n: t for n, t in first.items() if n != "audit"} == {n: t for n, t in second.items() if n != "audit"}


@pytest.mark.long
def test_taking_a_copy_is_on_record_before_it_is_taken_and_after(filled, backup):
    with inside(filled.app()):
        begun, made = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action.like("backup.%")).order_by(AuditEntry.seq)
        )
        said = manifests.read(backup)
        assert (begun.action, begun.subject, begun.seq) == ("backup.begin", "backup", said.audit_entries)
        assert made.action == "backup.create" and made.detail["tables"]["visit"] == 3
        assert made.detail["sha256"] == said.sha256
        assert audit.broken_link(db.session()) is None


@pytest.mark.long
def test_nobody_else_on_the_machine_reads_a_copy_and_no_key_is_in_it(filled, backup, target):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in backup.iterdir()} == {0o600}
    assert {path.name for path in backup.iterdir()} == {"manifest.json", manifests.read(backup).file}
    inside_of = b"".join(path.read_bytes() for path in backup.iterdir())
    for key in (filled.folder / "keys").glob("*.*"):
        value = key.read_text().split()[0]
        assert value.encode() not in inside_of and bytes.fromhex(value) not in inside_of
    assert cast.CITIZEN.full_name.encode() not in (backup / "manifest.json").read_bytes()


@pytest.mark.long
def test_the_last_line_says_where_the_keys_are(filled, tmp_path):
    done = run(filled, "create", tmp_path / "backup")
    last = done.output.strip().splitlines()[-1]
    assert "keys are NOT in it" in last and str(filled.keys("all")) in last


@pytest.mark.long
def test_verify_finds_a_good_copy_good_and_says_the_head_of_the_log(filled, backup):
    done = run(filled, "verify", backup, "--log")
    assert done.exit_code == 0, done.output
    said = json.loads((backup / "manifest.json").read_text())
    assert said["audit_head"] in done.output and f"{said['audit_entries']} entries" in done.output


@pytest.mark.long
def test_a_copy_of_an_older_schema_is_migrated_after_it_was_compared(filled, target, tmp_path):
    from flask_migrate import downgrade

    from checkin.backup.cli import MIGRATIONS
    from tests import worlds

    older = tmp_path / "older"
    with empty_beside(filled, tmp_path / "source") as source:
        assert run(filled, "create", tmp_path / "first").exit_code == 0
        assert run(source.world, "restore", tmp_path / "first").exit_code == 0
        with worlds.inside(source.world.app()):
            downgrade(directory=MIGRATIONS, revision="-1")
        assert run(source.world, "create", older).exit_code == 0
    done = run(target.world, "restore", older)
    assert done.exit_code == 0, done.output
    assert f"then migrated from {manifests.read(older).schema} to" in done.output
    assert len(content(target.world)["visit"]) == 3
