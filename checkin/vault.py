"""Keys, sealing and blind indexes: the one place where personal data meets cryptography.

Details of people are sealed to the CDC's public key (libsodium sealed box); only a process that
holds the private key opens them. What must be found again without being read is a keyed hash
("blind index"). Owners' contacts and the visitor's own cookie are under symmetric keys that the
public tier holds. Every ciphertext begins with the id of its key, so that keys can be rotated.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox

INDEX_BYTES = 16
SECRET_NAMES = ("session", "index", "owner", "cookie")


class VaultError(Exception):
    """Keys are missing, misplaced or do not fit what is to be opened."""


@dataclass(frozen=True)
class Vault:
    public_key_id: bytes
    public_key: PublicKey
    # Never in a repr, and so in no traceback.
    private_keys: dict[bytes, PrivateKey] = field(repr=False)
    secrets: dict[str, bytes] = field(repr=False)

    @property
    def can_open(self) -> bool:
        """True where people's details can be read: the staff tier."""
        return bool(self.private_keys)

    @property
    def session_secret(self) -> bytes:
        """Signs sessions, form tokens and submissions."""
        return self.secrets["session"]

    def seal(self, details: dict[str, Any]) -> bytes:
        """Details as bytes that only the CDC's private key opens."""
        return self.public_key_id + SealedBox(self.public_key).encrypt(_dump(details))

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Details sealed by `seal`; raises VaultError without the right private key."""
        key = self.private_keys.get(bytes(sealed[:4]))
        if key is None:
            raise VaultError("no private key here opens this")
        try:
            return _load(SealedBox(key).decrypt(bytes(sealed[4:])))
        except CryptoError as error:
            raise VaultError("sealed details are damaged") from error

    def index(self, kind: str, value: str) -> bytes:
        """Blind index: 16 bytes of HMAC-SHA-256 over kind and value, equal for equal values."""
        return self._mac("index", f"{kind}\0{value}")

    def device(self, secret: str) -> bytes:
        """What the visit store keeps of a device's random secret."""
        return self._mac("index", f"device\0{secret}")

    def lock(self, name: str, value: dict[str, Any]) -> bytes:
        """Value under the symmetric key `owner` or `cookie`."""
        return self._lock_id(name) + bytes(SecretBox(self.secrets[name]).encrypt(_dump(value)))

    def unlock(self, name: str, locked: bytes) -> dict[str, Any]:
        """What `lock` locked; raises VaultError when it was changed or is of another key."""
        try:
            if bytes(locked[:4]) != self._lock_id(name):
                raise VaultError("of another key")
            return _load(SecretBox(self.secrets[name]).decrypt(bytes(locked[4:])))
        except (CryptoError, ValueError, TypeError) as error:
            raise VaultError("cannot be unlocked") from error

    def lock_part(self, file: str, number: int, body: bytes) -> bytes:
        """A piece of a file under a key of this piece alone, derived from the session secret.

        What signs the staff's sessions and never leaves their tier; the database does not hold it. A
        piece in another's place does not open.
        """
        return bytes(SecretBox(self._part_key(file, number)).encrypt(body))

    def unlock_part(self, file: str, number: int, locked: bytes) -> bytes:
        """What `lock_part` locked; raises VaultError when it is of another file, number or secret."""
        try:
            return SecretBox(self._part_key(file, number)).decrypt(bytes(locked))
        except (CryptoError, ValueError, TypeError) as error:
            raise VaultError("cannot be unlocked") from error

    def _part_key(self, file: str, number: int) -> bytes:
        return hmac.new(self.session_secret, f"part\0{file}\0{number}".encode(), hashlib.sha256).digest()

    def _lock_id(self, name: str) -> bytes:
        return hashlib.sha256(self.secrets[name]).digest()[:4]

    def _mac(self, name: str, text: str) -> bytes:
        return hmac.digest(self.secrets[name], text.encode(), "sha256")[:INDEX_BYTES]

    @classmethod
    def load(cls, folder: Path, tier: str) -> "Vault":
        """The keys of a folder; raises VaultError when one is missing, or one is there that must not be."""
        publics = sorted(folder.glob("cdc-*.public"))
        if not publics:
            raise VaultError(f"no keys in {folder}: run 'python -m checkin.keys FOLDER' first")
        privates = {_key_id(path): PrivateKey(_read(path)) for path in sorted(folder.glob("cdc-*.private"))}
        if tier == "public" and privates:
            raise VaultError(f"{folder} holds a private key, which the public tier must never have: move it")
        if tier != "public" and not privates:
            raise VaultError(f"{folder} holds no private key, without which staff can read nothing")
        newest = publics[-1]
        own = privates.get(_key_id(newest))
        if own is not None and bytes(own.public_key) != _read(newest):
            raise VaultError(f"{newest} does not belong to the private key of its name")
        return cls(
            public_key_id=_key_id(newest),
            public_key=PublicKey(_read(newest)),
            private_keys=privates,
            secrets={name: _read(folder / f"{name}.key") for name in SECRET_NAMES},
        )


def _key_id(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.stem.removeprefix("cdc-"))
    except ValueError:
        raise VaultError(f"{path.name}: the name of a key file is cdc-<8 hex digits>") from None


def _read(path: Path) -> bytes:
    try:
        value = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise VaultError(f"{path}: cannot be read as a key") from error
    if len(value) != 32:
        raise VaultError(f"{path}: 64 hex digits are needed")
    return value


# Made once: a sealed declaration costs more for the encoder than for its text.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _dump(value: dict[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode()


def _load(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("not what is kept here")
    return value
