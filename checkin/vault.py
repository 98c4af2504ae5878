"""Keys, sealing and blind indexes: the one place where personal data meets cryptography.

Details of people are sealed to the CDC's public key (libsodium sealed box); only a process that
holds the private key opens them. What must be found again without being read is a keyed hash
("blind index"). Owners' contacts and the visitor's own cookie are under symmetric keys that the
public tier holds. Every ciphertext begins with the id of its key, so that keys can be rotated: the newest
seals, those before it still open.
"""

import hashlib
import hmac
import json
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox

from checkin import keyfiles
from checkin.keyfiles import ID_BYTES, PAIR
from checkin.keyfiles import VaultError as VaultError  # known to all by this name

INDEX_BYTES = 16
SECRET_NAMES = ("session", "index", "owner", "cookie")
# What the public tier must never hold: `staff` locks the second factors of staff, `seal` signs the head of the log.
STAFF_SECRETS = ("staff", "seal")
# What both tiers must have alike. The session key is each tier's own.
PUBLIC_SECRETS = ("index", "owner", "cookie")


# Files of the public tier's folder; one that is being written has a point before its name.
_PUBLIC_FILE = re.compile(rf"\..*|{PAIR}-[0-9a-f]{{8}}\.public|({'|'.join(SECRET_NAMES)})(-[0-9a-f]{{8}})?\.key")


@dataclass(frozen=True)
class Vault:
    public_key_id: bytes
    public_key: PublicKey
    # Never in a repr, and so in no traceback.
    private_keys: dict[bytes, PrivateKey] = field(repr=False)
    secrets: dict[str, bytes] = field(repr=False)
    # By name, the oldest first: what is under one of them can still be read.
    former: dict[str, list[bytes]] = field(repr=False, default_factory=dict)
    # True when a key was made for a demo.
    demo: bool = False
    folder: Path | None = None
    tier: str = "all"
    names: frozenset[str] = frozenset()

    @property
    def can_open(self) -> bool:
        """True where people's details can be read: the staff tier."""
        return bool(self.private_keys)

    @property
    def session_secret(self) -> bytes:
        """Signs sessions, form tokens and submissions."""
        return self.secrets["session"]

    @property
    def session_ring(self) -> list[bytes]:
        """What a signature may be of, the current secret last."""
        return [*self.former.get("session", ()), self.session_secret]

    def seal(self, details: dict[str, Any]) -> bytes:
        """Details as bytes that only the CDC's private key opens."""
        return self.public_key_id + SealedBox(self.public_key).encrypt(_dump(details))

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Details sealed by `seal`; raises VaultError without the right private key."""
        wanted = bytes(sealed[:ID_BYTES])
        if wanted not in self.private_keys:
            self._learn()
        key = self.private_keys.get(wanted)
        if key is None:
            raise VaultError("no private key here opens this")
        try:
            return _load(SealedBox(key).decrypt(bytes(sealed[ID_BYTES:])))
        except CryptoError as error:
            raise VaultError("sealed details are damaged") from error

    def index(self, kind: str, value: str) -> bytes:
        """Blind index: 16 bytes of HMAC-SHA-256 over kind and value, equal for equal values."""
        return self._mac("index", f"{kind}\0{value}")

    def device(self, secret: str) -> bytes:
        """What the visit store keeps of a device's random secret."""
        return self._mac("index", f"device\0{secret}")

    def lock(self, name: str, value: dict[str, Any], *, small: bool = False) -> bytes:
        """Value under a symmetric key: `owner`, `cookie`, or `staff`, which the public tier has not.

        `small`: compressed before; its length then says a little of what it holds.
        """
        if name not in self.secrets:
            raise VaultError(f"no key '{name}' here")
        plain = zlib.compress(_dump(value), 9) if small else _dump(value)
        return key_id(self.secrets[name]) + bytes(SecretBox(self.secrets[name]).encrypt(plain))

    def unlock(self, name: str, locked: bytes) -> dict[str, Any]:
        """What `lock` locked; raises VaultError when it was changed or is of another key."""
        try:
            key = self._key_of(name, bytes(locked[:ID_BYTES]))
            return _load(_unpacked(SecretBox(key).decrypt(bytes(locked[ID_BYTES:]))))
        except (CryptoError, ValueError, TypeError, zlib.error) as error:
            raise VaultError("cannot be unlocked") from error

    def current_id(self, name: str) -> bytes:
        """What everything sealed or locked from now on begins with."""
        return self.public_key_id if name == PAIR else key_id(self.secrets[name])

    def again(self, name: str, value: bytes) -> bytes:
        """What a former key sealed or locked, under the current one; raises VaultError when it does not open."""
        return self.seal(self.open(value)) if name == PAIR else self.lock(name, self.unlock(name, value))

    def lock_part(self, file: str, number: int, body: bytes) -> bytes:
        """A piece of a file under a key of this piece alone, derived from the session secret.

        What signs the staff's sessions and never leaves their tier; the database does not hold it. A
        piece in another's place does not open.
        """
        return bytes(SecretBox(_part_key(self.session_secret, file, number)).encrypt(body))

    def unlock_part(self, file: str, number: int, locked: bytes) -> bytes:
        """What `lock_part` locked; raises VaultError when it is of another file, number or secret."""
        for secret in reversed(self.session_ring):
            try:
                return SecretBox(_part_key(secret, file, number)).decrypt(bytes(locked))
            except (CryptoError, ValueError, TypeError):
                continue
        raise VaultError("cannot be unlocked")

    def renewed(self) -> "Vault":
        """These keys, or those that are in the folder by now; raises VaultError when these cannot be used."""
        if self.folder is None or keyfiles.names(self.folder) == self.names:
            return self
        return Vault.load(self.folder, self.tier)

    def _key_of(self, name: str, wanted: bytes) -> bytes:
        for learnt in (False, True):
            if learnt:
                self._learn()
            known: list[bytes] = [*self.former.get(name, ()), *([self.secrets[name]] if name in self.secrets else ())]
            for key in reversed(known):
                if key_id(key) == wanted:
                    return key
        raise VaultError("of another key")

    def _learn(self) -> None:
        """Add what can be read by now: somebody in the middle of a list meets rows sealed anew."""
        try:
            newer = self.renewed()
        except VaultError:
            return
        if newer is not self:
            self.private_keys.update(newer.private_keys)
            for name, current in newer.secrets.items():
                mine = self.former.setdefault(name, [])
                mine += [key for key in (*newer.former[name], current) if key not in (*mine, self.secrets.get(name))]

    def _mac(self, name: str, text: str) -> bytes:
        return hmac.digest(self.secrets[name], text.encode(), "sha256")[:INDEX_BYTES]

    @classmethod
    def load(cls, folder: Path, tier: str) -> "Vault":
        """The keys of a folder; raises VaultError when one is missing, or one is there that must not be."""
        keyfiles.check_folder(folder)
        names = keyfiles.names(folder)
        publics = keyfiles.pairs(folder, "public")
        if not publics:
            raise VaultError(f"no keys in {folder}: run 'python -m checkin.keys FOLDER' first")
        privates = keyfiles.pairs(folder, "private")
        if tier == "public" and privates:
            raise VaultError(f"{folder} holds a private key, which the public tier must never have: move it")
        if tier == "public" and any(keyfiles.paths(folder, name) for name in STAFF_SECRETS):
            raise VaultError(f"{folder} holds a key of the staff, which the public tier must never have: move it")
        if tier == "public" and (odd := sorted(name for name in names if not _PUBLIC_FILE.fullmatch(name))):
            raise VaultError(f"{folder} holds {odd[0]}, which is no key of the public tier: move it")
        if tier != "public" and not privates:
            raise VaultError(f"{folder} holds no private key, without which staff can read nothing")
        newest, opening = publics[-1], {file.id: PrivateKey(file.value) for file in privates}
        if tier != "public" and newest.id not in opening:
            raise VaultError(f"{newest.path} has no private key beside it: what it seals nobody would open")
        if tier != "public" and bytes(opening[newest.id].public_key) != newest.value:
            raise VaultError(f"{newest.path} does not belong to the private key of its name")
        rings = {
            name: keyfiles.ring(folder, name)
            for name in (SECRET_NAMES if tier == "public" else SECRET_NAMES + STAFF_SECRETS)
        }
        return cls(
            public_key_id=newest.id,
            public_key=PublicKey(newest.value),
            private_keys=opening,
            secrets={name: ring[-1].value for name, ring in rings.items()},
            former={name: [file.value for file in ring[:-1]] for name, ring in rings.items()},
            demo=any(file.demo for files in (publics, privates, *rings.values()) for file in files),
            folder=folder,
            tier=tier,
            names=names,
        )


def key_id(key: bytes) -> bytes:
    """The four bytes by which a symmetric key is known; they say nothing about it."""
    return hashlib.sha256(key).digest()[:ID_BYTES]


def _part_key(secret: bytes, file: str, number: int) -> bytes:
    return hmac.digest(secret, f"part\0{file}\0{number}".encode(), "sha256")


# Made once: a sealed declaration costs more for the encoder than for its text.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _dump(value: dict[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode()


def _unpacked(plain: bytes) -> bytes:
    # JSON begins with a brace, what is compressed never does.
    return plain if plain[:1] == b"{" else zlib.decompress(plain)


def _load(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("not what is kept here")
    return value
