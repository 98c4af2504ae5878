"""Which keys there are, what is under each, and what the public tier gets of them."""

import shutil
import stat

import pytest

from checkin import keyfiles, keys, keywatch
from checkin.config import Config
from checkin.vault import Vault, VaultError


def test_the_list_says_every_key_and_what_is_under_it(filled):
    said = filled.done("list")
    former = max(filled.vault.private_keys).hex()
    assert f"cdc      {former}  current  made 24/01/2026" in said
    filled.done("rotate", "cdc", "--key-only")
    lines = [" ".join(line.split()) for line in filled.done("list").splitlines()]
    at = next(n for n, line in enumerate(lines) if line.startswith(f"cdc {former} former"))
    under = lines[at + 1 : at + 4]
    assert sorted(under) == ["1 in lookup.asked", "4 in declaration.details", "4 in kept_declaration.details"]
    assert lines[at + 4].startswith("cdc 20261120 current made 20/11/2026 10:30")
    assert "1 in venue.contact" in lines and "1 in account.contact" in lines
    assert "WHICH IS NOT HERE" not in "".join(lines)


def test_rows_whose_key_is_lost_are_said(filled):
    filled.done("rotate", "cdc", "--key-only")
    former = min(filled.vault.private_keys).hex()
    for path in filled.folder.glob(f"cdc-{former}.*"):
        path.unlink()
    assert f"4 in declaration.details are under {former}, WHICH IS NOT HERE" in filled.done("list")


def test_no_key_is_ever_shown(filled):
    said = "".join(filled.done(*command) for command in (["list"], ["rotate", "cdc"], ["rotate", "owner"], ["list"]))
    for path in filled.folder.iterdir():
        assert path.read_text().splitlines()[0][:16] not in said


def test_the_public_tiers_folder_has_nothing_that_opens_and_a_session_key_of_its_own(holder):
    holder.done("generate", "--public", holder.public)
    assert sorted(path.name for path in holder.public.iterdir()) == sorted(
        [
            *(path.name for path in holder.folder.glob("cdc-*.public")),
            "cookie.key",
            "index.key",
            "owner.key",
            "session.key",
        ]
    )
    assert (holder.public / "session.key").read_text() != (holder.folder / "session.key").read_text()
    assert (holder.public / "index.key").read_text() == (holder.folder / "index.key").read_text()
    for path in (holder.public, *holder.public.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    Vault.load(holder.public, "public")
    assert "has all it may have" in holder.done("generate", "--public", holder.public)
    for name in ("cdc", "owner", "cookie", "session"):
        holder.done("rotate", name, "--public", holder.public)
    writer = Vault.load(holder.public, "public")
    assert holder.vault.open(writer.seal({"a": 1})) == {"a": 1}
    assert holder.vault.unlock("owner", writer.lock("owner", {"a": 1})) == {"a": 1}
    assert writer.session_secret != holder.vault.session_secret
    assert len(writer.session_ring) == 2 and not list(holder.public.glob("*.private"))
    assert not list(holder.public.glob("staff*"))


def test_a_folder_with_a_private_key_is_never_made_the_public_tiers(holder, tmp_path):
    both = shutil.copytree(holder.folder, tmp_path / "both")
    for folder in (holder.folder, both):
        assert "holds a private key" in holder.refused("generate", "--public", folder)


def test_a_key_that_is_there_is_never_written_over(holder):
    path = holder.folder / "owner.key"
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        keyfiles.place(path, "other")
    assert path.read_bytes() == before
    assert not [name for name in keyfiles.names(holder.folder) if name.startswith(".")]


@pytest.mark.parametrize("name", ["session.key", "owner.key"])
def test_a_key_that_everybody_can_read_stops_the_start(holder, name):
    (holder.folder / name).chmod(0o644)
    with pytest.raises(VaultError, match=f"{name}: everybody on this machine"):
        holder.vault  # noqa: B018 reading it is the test
    (holder.folder / name).chmod(0o640)
    holder.vault  # noqa: B018


@pytest.mark.parametrize(
    "settings",
    [{"NO_DEMO": "1"}, {"PUBLIC_ORIGIN": "https://khaibao.example.vn"}, {"NO_DEMO": "1", "CHECKIN_TIER": "staff"}],
)
def test_keys_of_a_demo_serve_nobody_but_this_computer(tmp_path, settings):
    keys.generate(tmp_path, demo=True)
    env = {"CHECKIN_KEYS": str(tmp_path)}
    keywatch.load(Config.from_env(env))
    with pytest.raises(VaultError, match="made for a demo.*python -m checkin.keys FOLDER"):
        keywatch.load(Config.from_env(env | settings))


def test_one_key_of_a_demo_among_others_is_enough_to_refuse(tmp_path):
    keys.generate(tmp_path)
    (tmp_path / "cookie.key").unlink()
    keys.generate(tmp_path, demo=True)
    with pytest.raises(VaultError, match="made for a demo"):
        keywatch.load(Config.from_env({"CHECKIN_KEYS": str(tmp_path), "NO_DEMO": "1"}))


def test_the_mark_of_a_demo_goes_on_to_what_is_made_from_it(tmp_path):
    staff, public = tmp_path / "staff", tmp_path / "public"
    keys.generate(staff, demo=True)
    keys.give_public(staff, public)
    assert Vault.load(public, "public").demo
