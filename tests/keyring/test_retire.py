"""An old key goes only when nothing needs it; what visitors and staff hold in their hands lives on until then."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.keyring import cli
from checkin.vault import VaultError
from tests import cast, factories
from tests.conftest import NOW


def ids(holder, name):
    return [file.id.hex() for file in cli._files(holder.folder, name, "all")]


def test_a_key_that_rows_are_under_stays_and_is_told_by_which(filled):
    filled.done("rotate", "cdc", "--key-only")
    said = filled.refused("retire", ids(filled, "cdc")[0], "--yes")
    assert "4 rows in declaration.details" in said
    assert "4 rows in kept_declaration.details" in said
    assert "1 rows in lookup.asked" in said
    assert len(ids(filled, "cdc")) == 2
    filled.done("rotate", "cdc")
    former, current = ids(filled, "cdc")
    said = filled.done("retire", former, "--yes")
    assert "Backups made before" in said and "without a copy of it" in said
    assert ids(filled, "cdc") == [current]
    assert sorted(path.suffix for path in filled.folder.glob("cdc-*")) == [".private", ".public"]
    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert (entry.action, entry.subject) == ("keys.retire", f"cdc {former}")


def test_nothing_goes_without_a_yes(holder):
    holder.done("rotate", "cdc")
    former = ids(holder, "cdc")[0]
    asked = holder.app.test_cli_runner().invoke(args=["keys", "retire", former], input="n\n")
    assert asked.exit_code == 1 and len(ids(holder, "cdc")) == 2


@pytest.mark.parametrize("name", ["cdc", "owner", "index", "session"])
def test_the_current_key_and_an_unknown_one_are_never_taken_away(holder, name):
    for key_id in (ids(holder, name)[-1], "00000000", "../x", ""):
        assert "no former key" in holder.refused("retire", key_id, "--yes", "--now")


@pytest.mark.parametrize(("name", "days"), [("cookie", 90), ("session", 1)])
def test_a_key_of_cookies_or_sessions_stays_until_they_have_run_out(holder, name, days):
    holder.done("rotate", name)
    former = ids(holder, name)[0]
    assert "is good until" in holder.refused("retire", former, "--yes")
    with clock.fixed(NOW + timedelta(days=days, seconds=-1)):
        holder.refused("retire", former, "--yes")
    with clock.fixed(NOW + timedelta(days=days)):
        holder.done("retire", former, "--yes")
    assert len(ids(holder, name)) == 1


def test_a_stolen_key_of_sessions_can_go_at_once(holder):
    holder.done("rotate", "session")
    holder.done("retire", ids(holder, "session")[0], "--yes", "--now")
    assert len(ids(holder, "session")) == 1


def test_who_is_signed_in_with_a_form_in_hand_stays_so_until_the_old_key_goes(filled):
    client = filled.browser()
    factories.sign_in(client, cast.CDC)
    form = {"csrf_token": factories.token(client, "/lookup/")}
    old = client.get_cookie("session").value
    filled.done("rotate", "session")
    assert client.get("/lookup/").status_code == 200
    # 422: the form was read, with its old token, and found empty.
    assert client.post("/lookup/place", data=form).status_code == 422
    filled.done("retire", ids(filled, "session")[0], "--yes", "--now")
    # Without --now it stays for longer than any session of staff lasts.
    assert client.get("/lookup/").location.startswith("/sign-in")
    client.set_cookie("session", old)
    assert client.get("/lookup/").status_code == 302


def test_what_a_device_remembers_is_read_under_the_former_key(filled):
    vault = filled.vault
    locked, part = vault.lock("cookie", {"who": 1}), vault.lock_part("file", 3, b"PK")
    for name in ("cookie", "session"):
        filled.done("rotate", name)
    assert filled.vault.unlock("cookie", locked) == {"who": 1}
    assert filled.vault.unlock_part("file", 3, part) == b"PK"
    assert filled.vault.lock("cookie", {})[:4] != locked[:4]
    for name in ("cookie", "session"):
        filled.done("retire", ids(filled, name)[0], "--yes", "--now")
    with pytest.raises(VaultError):
        filled.vault.unlock("cookie", locked)
    with pytest.raises(VaultError):
        filled.vault.unlock_part("file", 3, part)
