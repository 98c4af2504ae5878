"""Sealing, locking and indexing: what the wrong key, the wrong tier or a changed byte must not give away."""

import shutil
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin import clock, keys
from checkin.vault import SECRET_NAMES, STAFF_SECRETS, Vault, VaultError

DETAILS = {
    "full_name": "Nguyễn Thị Ánh Tuyết",
    "birth_year": 1985,
    "phone": "+84912345678",
    "note": "Nguyễn\x00\u202e" * 3,
}
VALUES = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=20), max_size=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("keys")
    keys.generate(made)
    return made


@pytest.fixture(scope="module")
def vault(folder):
    return Vault.load(folder, "all")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    made = tmp_path_factory.mktemp("other")
    keys.generate(made)
    return Vault.load(made, "all")


@pytest.fixture
def public(folder, tmp_path):
    """The folder as the public tier has it."""
    return shutil.copytree(
        folder, tmp_path / "public", ignore=shutil.ignore_patterns("*.private", "staff.key", "seal.key")
    )


@given(VALUES)
def test_sealed_details_open_as_they_were(vault, details):
    assert vault.open(vault.seal(details)) == details


def test_sealed_details_show_nothing_and_never_look_alike(vault):
    one, other = vault.seal(DETAILS), vault.seal(DETAILS)
    assert one != other
    for readable in ("Tuyết", "Ánh", "1985", "912345678", "full_name"):
        assert readable.encode() not in one
    assert one[:4] == vault.public_key_id


def test_another_key_does_not_open(vault, stranger):
    with pytest.raises(VaultError):
        stranger.open(vault.seal(DETAILS))
    disguised = stranger.public_key_id + vault.seal(DETAILS)[4:]
    with pytest.raises(VaultError):
        stranger.open(disguised)


@pytest.mark.parametrize("where", [0, 4, 40, -1])
def test_a_changed_byte_does_not_open(vault, where):
    sealed = bytearray(vault.seal(DETAILS))
    sealed[where] ^= 1
    with pytest.raises(VaultError):
        vault.open(bytes(sealed))


@pytest.mark.parametrize("length", [0, 3, 4, 5, 36, 51, 52])
def test_what_was_cut_off_does_not_open(vault, length):
    with pytest.raises(VaultError):
        vault.open(vault.seal(DETAILS)[:length])


def test_the_public_tier_seals_and_cannot_open(vault, public):
    writer = Vault.load(public, "public")
    sealed = writer.seal(DETAILS)
    assert not writer.can_open and vault.can_open
    with pytest.raises(VaultError):
        writer.open(sealed)
    assert vault.open(sealed) == DETAILS


def test_the_public_tier_does_not_start_with_a_private_key_beside_it(folder):
    with pytest.raises(VaultError, match="must never have"):
        Vault.load(folder, "public")


def test_the_public_tier_does_not_start_with_a_key_of_the_staff_and_gets_none(folder, public):
    keys.generate(public)
    with pytest.raises(VaultError, match="no key 'staff'"):
        Vault.load(public, "public").lock("staff", {"a": 1})
    shutil.copy(folder / "staff.key", public)
    with pytest.raises(VaultError, match="key of the staff"):
        Vault.load(public, "public")


@pytest.mark.parametrize("tier", ["staff", "all"])
def test_the_staff_does_not_start_without_the_private_key(public, tier):
    with pytest.raises(VaultError, match="no private key"):
        Vault.load(public, tier)


def test_details_sealed_before_a_key_was_changed_still_open(folder, tmp_path, vault):
    both = shutil.copytree(folder, tmp_path / "both")
    sealed = vault.seal(DETAILS)
    added = tmp_path / "added"
    with clock.fixed(clock.now() + timedelta(days=30)):
        keys.generate(added)
    for path in added.glob("cdc-*"):
        shutil.copy(path, both)
    rotated = Vault.load(both, "all")
    assert rotated.open(sealed) == DETAILS
    assert rotated.open(rotated.seal(DETAILS)) == DETAILS
    assert len(rotated.private_keys) == 2


def test_keys_are_made_once_and_readable_to_their_owner_alone(tmp_path):
    made = tmp_path / "keys"
    assert keys.generate(made)
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    assert not keys.generate(made)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    for path in made.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(set(before.values())) == len(before) == 2 + len(SECRET_NAMES) + len(STAFF_SECRETS)


def test_a_secret_that_was_lost_is_made_again_and_the_others_stay(tmp_path):
    keys.generate(tmp_path)
    before = (tmp_path / "index.key").read_bytes()
    (tmp_path / "cookie.key").unlink()
    assert keys.generate(tmp_path)
    assert (tmp_path / "index.key").read_bytes() == before
    Vault.load(tmp_path, "all")


def test_without_keys_the_start_stops_and_says_what_to_do(tmp_path):
    with pytest.raises(VaultError, match="checkin.keys"):
        Vault.load(tmp_path, "all")


@pytest.mark.parametrize("name", ["index.key", "session.key", "owner.key", "cookie.key"])
@pytest.mark.parametrize(
    "body", [None, "", "00" * 31, "zz" * 32, "ấ" * 64], ids=["missing", "empty", "short", "no hex", "no ascii"]
)
def test_a_key_file_that_is_no_key_stops_the_start_and_is_named(folder, tmp_path, name, body):
    made = shutil.copytree(folder, tmp_path / "keys")
    (made / name).unlink()
    if body is not None:
        (made / name).write_text(body, encoding="utf-8")
    with pytest.raises(VaultError, match=name):
        Vault.load(made, "all")


def test_a_key_file_with_another_name_stops_the_start(folder, tmp_path):
    made = shutil.copytree(folder, tmp_path / "keys")
    next(made.glob("cdc-*.private")).rename(made / "cdc-mine.private")
    with pytest.raises(VaultError, match="8 hex digits"):
        Vault.load(made, "all")


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_index_is_equal_for_equal_values_alone(vault, one, other):
    assert (vault.index("phone", one) == vault.index("phone", other)) == (one == other)


def test_an_index_differs_by_kind_and_key_and_has_16_bytes(vault, stranger):
    value = "022185001234"
    indexes = {vault.index(kind, value) for kind in ("id", "phone", "name", "login", "body", "device")}
    assert len(indexes) == 6
    assert stranger.index("id", value) not in indexes
    assert {len(index) for index in indexes} == {16}


def test_what_is_kept_of_a_device_is_not_its_secret(vault):
    secret = "0" * 64
    assert len(vault.device(secret)) == 16
    assert vault.device(secret) == vault.device(secret) != vault.device("1" * 64)


@pytest.mark.parametrize("name", ["owner", "cookie"])
def test_what_was_locked_unlocks_with_its_own_key_alone(vault, stranger, public, name):
    locked = vault.lock(name, DETAILS)
    assert vault.unlock(name, locked) == DETAILS == Vault.load(public, "public").unlock(name, locked)
    assert "Tuyết".encode() not in locked
    for other, key in ((vault, "cookie" if name == "owner" else "owner"), (stranger, name)):
        with pytest.raises(VaultError):
            other.unlock(key, locked)


@pytest.mark.parametrize("changed", [b"", b"x", b"x" * 23, b"x" * 24, b"x" * 200])
def test_what_was_not_locked_here_does_not_unlock(vault, changed):
    with pytest.raises(VaultError):
        vault.unlock("cookie", changed)


def test_a_vault_shown_in_an_error_tells_no_key(vault):
    shown = repr(vault) + str(vault)
    for secret in (*vault.secrets.values(), *(bytes(key) for key in vault.private_keys.values())):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown


@pytest.fixture
def own(folder, tmp_path):
    """A folder of keys that a test may spoil."""
    made = tmp_path / "keys"
    shutil.copytree(folder, made)
    made.chmod(0o700)
    return made


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_put_keys_into_is_refused(own, mode):
    own.chmod(mode)
    with pytest.raises(VaultError, match="can put keys into it"):
        Vault.load(own, "all")


def test_a_public_key_that_others_can_change_is_refused(own):
    next(own.glob("cdc-*.public")).chmod(0o664)
    with pytest.raises(VaultError, match="can change this key"):
        Vault.load(own, "all")


@pytest.mark.parametrize(
    "name", ["old.private.bak", "cdc-20261120.private~", "session.key.old", "notes.txt", "seal.bak"]
)
def test_the_public_tier_does_not_start_beside_a_file_that_is_none_of_its_keys(own, tmp_path, name):
    public = tmp_path / "public"
    keys.give_public(own, public)
    assert not Vault.load(public, "public").can_open
    (public / name).write_text("x")
    with pytest.raises(VaultError, match="no key of the public tier"):
        Vault.load(public, "public")


def test_a_blind_index_is_the_hmac_that_it_is_said_to_be(folder, vault):
    """Else nobody who is in the database would be found again. Worked out with OpenSSL, for a key of 32 times 0x0b:
    printf 'phone\\0+84912345678' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b0b..."""
    known = replace(vault, secrets={**vault.secrets, "index": b"\x0b" * 32})
    assert known.index("phone", "+84912345678").hex() == "4dc1372bbe569e8dd0da1c6c3771eb07"
    assert len(known.index("phone", "")) == 16
