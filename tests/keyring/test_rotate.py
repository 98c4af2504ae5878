"""A key is changed while rows are under it: nothing is lost, nothing is doubled, and it can be broken off anywhere."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa
from nacl.public import PrivateKey, SealedBox
from nacl.secret import SecretBox

from checkin import create_app, keys
from checkin.audit.models import AuditEntry
from checkin.audit.queries import broken_link
from checkin.config import Config
from checkin.db import Model, db, reading
from checkin.declarations.models import Declaration
from checkin.keyring import cli, queries, service
from checkin.vault import Vault, VaultError
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.keyring.conftest import sealed_rows, values_under
from tests.servers import ROOT
from tests.worlds import inside

UNDER = {"cdc": 4 + 4 + 1, "owner": 2}


def opened(folder, name):
    """Every value under a key as JSON, opened from the newest file alone and without the product's vault."""
    if name == "cdc":
        file = sorted(folder.glob("cdc-*.private"))[-1]
        box, begin = SealedBox(PrivateKey(_hex(file))), bytes.fromhex(file.stem[4:])
    else:
        file = ([folder / f"{name}.key"] + sorted(folder.glob(f"{name}-*.key")))[-1]
        box, begin = SecretBox(_hex(file)), None
    values = values_under(name)
    assert begin is None or {value[:4] for value in values} <= {begin}
    return sorted((json.loads(box.decrypt(value[4:])) for value in values), key=repr)


def _hex(file):
    return bytes.fromhex(file.read_text().splitlines()[0])


def sealed_so_far(folder):
    """How many declarations are under the second key, asked such that nobody who writes has to wait."""
    pairs = sorted(folder.glob("cdc-*.public"))
    if len(pairs) < 2:
        return 0
    with reading():
        count = db.session.scalar(
            sa.text("SELECT count(*) FROM declaration WHERE substr(details, 1, 4) = :id"),
            {"id": bytes.fromhex(pairs[-1].stem[4:])},
        )
        db.session.rollback()
    return count


def without_values(rows):
    return {table: [[v for v in row if not isinstance(v, bytes)] for row in found] for table, found in rows.items()}


@pytest.mark.parametrize("name", ["cdc", "owner"])
def test_every_row_is_put_under_the_new_key_and_says_what_it_said(filled, name):
    before, rows = opened(filled.folder, name), sealed_rows(name)
    assert len(before) == UNDER[name]
    said = filled.done("rotate", name)
    assert f"made {filled.folder}/{name}-20261120" in said
    assert opened(filled.folder, name) == before
    # Not a row more or less, and nothing else in them is another.
    assert without_values(sealed_rows(name)) == without_values(rows)
    former, current = (file.id.hex() for file in cli._files(filled.folder, name, "all"))
    assert f"keys retire {former}" in said
    log = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action.like("keys.%")).order_by("seq")).all()
    assert [entry.action for entry in log] == ["keys.rotate.begin", "keys.rotate.end"]
    assert {entry.subject for entry in log} == {f"{name} {current}"}
    assert sum(counted["sealed"] for counted in log[1].detail.values()) == UNDER[name]
    assert broken_link(db.session()) is None


def test_it_can_be_broken_off_after_any_block_and_goes_on(filled, monkeypatch):
    before, again = opened(filled.folder, "cdc"), service.seal_again
    monkeypatch.setattr(cli, "BLOCK", 2)
    blocks = iter([0, 1, 2, 99])

    def broken(*arguments):
        if not budget:
            raise KeyboardInterrupt
        budget.pop()
        return again(*arguments)

    monkeypatch.setattr(service, "seal_again", broken)
    codes = []
    for allowed in blocks:
        budget = [None] * allowed
        codes.append(filled.run("rotate", "cdc").exit_code)
        db.session.rollback()
        # At any moment every row opens with the keys that are there.
        vault = filled.vault
        assert sorted((vault.open(value) for value in values_under("cdc")), key=repr) == before
    assert codes == [1, 1, 1, 0]
    assert opened(filled.folder, "cdc") == before
    assert len(list(filled.folder.glob("cdc-*.private"))) == 2


def test_a_pair_whose_making_was_interrupted_is_made_whole(holder):
    keys.renew(holder.folder, "cdc")
    newest = sorted(holder.folder.glob("cdc-*.public"))[-1]
    newest.unlink()
    assert keys.renew(holder.folder, "cdc") == newest.name
    assert len(list(holder.folder.glob("cdc-*"))) == 4
    holder.vault.open(holder.vault.seal({"a": 1}))


def test_going_on_makes_no_third_key_and_new_does(holder):
    holder.done("rotate", "cdc")
    assert "going on with" in holder.done("rotate", "cdc")
    assert len(holder.vault.private_keys) == 2
    holder.done("rotate", "cdc", "--new")
    assert len(holder.vault.private_keys) == 3


def test_a_row_that_does_not_open_is_left_and_said(filled):
    session = db.session()
    row = session.scalars(sa.select(Declaration).limit(1)).one()
    damaged = row.details[:-1] + bytes([row.details[-1] ^ 1])
    row.details = damaged
    session.commit()
    said = filled.refused("rotate", "cdc")
    assert "1 DO NOT OPEN" in said and "3 sealed anew" in said
    assert values_under("cdc").count(damaged) == 1
    former = min(filled.vault.private_keys)
    assert "1 rows in declaration.details" in filled.refused("retire", former.hex(), "--yes")


def test_what_somebody_changes_meanwhile_is_not_overwritten(filled):
    keys.renew(filled.folder, "owner")
    vault, session = filled.vault, db.session()
    (sealed,) = (one for one in queries.sealed_columns("owner") if one.name == "venue.contact")
    former = [file.id for file in cli._files(filled.folder, "owner", "all")[:-1]]
    rows = queries.next_block(session, sealed, ids=former, within=None, after=None, limit=9)
    changed = vault.lock("owner", {"phone": "+84987654321"})
    session.execute(sa.update(Venue).values(contact=changed))
    assert service.seal_again(session, vault, sealed, rows) == (0, 0)
    assert bytes(session.scalars(sa.select(Venue.contact)).one()) == changed


def test_a_server_seals_with_the_new_key_at_once_and_its_lists_in_hand_still_open(filled):
    vault = filled.app.extensions["checkin_vault"]
    filled.done("rotate", "cdc")
    # Who began to read before the change meets rows of a key that was not there.
    assert vault.open(values_under("cdc")[0])
    filled.browser().get("/healthz")
    renewed = filled.app.extensions["checkin_vault"]
    assert renewed is not vault
    assert renewed.seal({"a": 1})[:4] == max(renewed.private_keys)


def test_a_folder_that_is_being_copied_changes_nothing(holder, capsys):
    client, vault = holder.browser(), holder.app.extensions["checkin_vault"]
    (holder.folder / "cdc-99999999.public").touch()
    assert client.get("/healthz").status_code == client.get("/healthz").status_code == 200
    assert holder.app.extensions["checkin_vault"] is vault
    assert capsys.readouterr().out.count("new keys not taken over") == 1
    (holder.folder / "cdc-99999999.public").unlink()
    with pytest.raises(VaultError):
        vault.open(b"\x99" * 100)


def test_the_index_key_is_not_rotated_and_the_reason_is_said(holder):
    assert "every person, login and device is found by" in holder.refused("rotate", "index")


def test_the_public_tier_rotates_its_session_key_alone(world, holder):
    keys.give_public(holder.folder, holder.public)
    env = {**world.env("public"), "CHECKIN_KEYS": str(holder.public)}
    app = create_app(Config.from_env(env))
    with inside(app):
        refused = app.test_cli_runner().invoke(args=["keys", "rotate", "cdc"])
        assert refused.exit_code == 1 and "where the staff's keys are" in refused.output
        assert app.test_cli_runner().invoke(args=["keys", "rotate", "session"]).exit_code == 0
    assert len(Vault.load(holder.public, "public").session_ring) == 2


def test_every_column_of_bytes_says_under_which_key_it_is():
    # Indexes and hashes have a length; pieces of files are under keys of their own, for an hour or a day. What posters
    # hold hangs on walls.
    known = {"export_part.body", "register_part.body", "poster_file.body"}
    unknown = {
        f"{table.name}.{column.name}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary) and column.type.length is None and "key" not in column.info
    }
    assert unknown == known
    said = {sealed.name: sealed.keys for sealed in queries.sealed_columns()}
    assert said["message.sealed"] == ("owner", "staff") and said["declaration.details"] == ("cdc",)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_process_that_is_killed_in_the_middle_loses_nothing_and_doubles_nothing(world, filled):
    session, vault = db.session(), filled.app.extensions["checkin_vault"]
    table = Declaration.__table__
    one = dict(session.execute(sa.select(table).limit(1)).mappings().one())
    rows = [
        {**one, "id": factories.new_id(NOW), "details": vault.seal({"full_name": f"Người {n}"})} for n in range(8_000)
    ]
    session.execute(sa.insert(table), rows)
    session.commit()
    db.session.remove()
    db.engine.dispose()
    before = opened(filled.folder, "cdc")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CHECKIN_", "DATABASE_", "MIGRATE_"))}
    env |= {**world.env(), "CHECKIN_KEYS": str(filled.folder)}
    command, killed = [sys.executable, "-m", "flask", "--app", "wsgi", "keys", "rotate", "cdc"], 0
    for _round in range(40):
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        while process.poll() is None and killed < 5:
            if sealed_so_far(filled.folder) > killed * 1500 + 300:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.02)
        code = process.wait(200)
        said = process.stdout.read().decode()
        process.stdout.close()
        assert code in (0, -signal.SIGKILL), said
        if code == 0:
            break
        killed += 1
    assert killed >= 3
    assert opened(filled.folder, "cdc") == before
    assert len(list(filled.folder.glob("cdc-*.private"))) == 2


def test_a_visit_declared_on_an_old_page_goes_through_after_the_change(filled):
    code = factories.code_of(db.session(), db.session.scalars(sa.select(Venue)).one())
    client = filled.browser()
    form = cast.form(submission=factories.submission(client, code))
    for name in ("cdc", "cookie", "session"):
        filled.done("rotate", name)
    answer = client.post(f"/v/{code}", data=form)
    assert answer.status_code == 200 and "ĐÃ KHAI BÁO" in answer.text
    with inside(filled.app):
        newest = db.session.scalars(sa.select(Declaration).order_by(Declaration.made_at.desc())).first()
        assert bytes(newest.details[:4]) == max(filled.vault.private_keys)
