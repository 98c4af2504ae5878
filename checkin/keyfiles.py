"""The files in a folder of keys: their names, what is written in them, and which of them is current.

A pair is `cdc-<8 hex digits>.public` and `.private`; a symmetric key is `<name>.key`, and those that came later are
`<name>-<8 hex digits>.key`. The newest name is the current one. A file that is there never changes, so the names alone
say whether anything is new, and a running process need look at nothing else.
"""

import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

ID_BYTES = 4
PAIR = "cdc"
# Lines after the key itself: for people, and for the start, which refuses keys that anybody's trial made.
MADE, DEMO = "# made ", "# for the demo alone"


class VaultError(Exception):
    """Keys are missing, misplaced or do not fit what is to be opened."""


@dataclass(frozen=True)
class KeyFile:
    """One file: whose key it is, its place in the order (empty for the first), and when it was made."""

    path: Path
    name: str
    order: str
    value: bytes = field(repr=False)
    made_at: datetime | None
    demo: bool

    @property
    def id(self) -> bytes:
        """The four bytes that everything under this key begins with."""
        return bytes.fromhex(self.order) if self.name == PAIR else hashlib.sha256(self.value).digest()[:ID_BYTES]


def names(folder: Path) -> frozenset[str]:
    """The names in a folder; empty where there is none."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def check_folder(folder: Path) -> None:
    """Raises VaultError where somebody else could put keys of their own into a folder, and open what is sealed then."""
    try:
        found = folder.stat()
    except OSError:
        return  # that keys are missing is said by whoever looks for them
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise VaultError(f"{folder}: others on this machine can put keys into it: chmod go-w {folder}")
    # Who administers the machine opens the folders of its services.
    if found.st_uid != 0 and os.geteuid() not in {0, found.st_uid}:
        raise VaultError(f"{folder}: belongs to another user of this machine, who could put keys into it")


def pairs(folder: Path, half: str) -> list[KeyFile]:
    """The `public` or `private` halves of the CDC's key, the current one last."""
    return [read(path, PAIR) for path in sorted(folder.glob(f"{PAIR}-*.{half}"))]


def paths(folder: Path, name: str) -> list[Path]:
    """The files of a symmetric key, the current one last."""
    first = folder / f"{name}.key"
    return [*([first] if first.exists() else []), *sorted(folder.glob(f"{name}-*.key"))]


def ring(folder: Path, name: str) -> list[KeyFile]:
    """A symmetric key and those before it, the current one last; raises VaultError where there is none."""
    return [read(path, name) for path in paths(folder, name) or [folder / f"{name}.key"]]


def read(path: Path, name: str) -> KeyFile:
    """One file; raises VaultError naming the file, never what is in it."""
    order = path.stem.removeprefix(name).removeprefix("-")
    if not re.fullmatch("[0-9a-f]{8}", order) and not (order == "" and name != PAIR):
        raise VaultError(f"{path.name}: the name of a key file is {name}-<8 hex digits>{path.suffix}")
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = file.read().strip().splitlines()
        value = bytes.fromhex(lines[0]) if lines else b""
        made = next((line.removeprefix(MADE) for line in lines if line.startswith(MADE)), None)
        made_at = datetime.fromisoformat(made) if made else None
    except (OSError, ValueError) as error:
        raise VaultError(f"{path}: cannot be read as a key") from error
    if len(value) != 32:
        raise VaultError(f"{path}: 64 hex digits are needed")
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise VaultError(f"{path}: others on this machine can change this key: chmod go-w {path}")
    if path.suffix != ".public" and mode & stat.S_IRWXO:
        raise VaultError(f"{path}: everybody on this machine can read this key: chmod 600 {path}")
    return KeyFile(path, name, order, value, made_at, DEMO in lines)


def next_order(present: list[str], today: date) -> str:
    """The place of a new key: the day as digits, or one more than the newest."""
    return f"{max(int(f'{today:%Y%m%d}', 16), *(int(order or '0', 16) + 1 for order in present), 0):08x}"


def write(path: Path, value: bytes, *, made_at: datetime, demo: bool) -> None:
    """Write a file of mode 0600 whole or not at all; raises FileExistsError rather than change one."""
    lines = [value.hex(), f"{MADE}{made_at.astimezone(UTC).isoformat(timespec='seconds')}", *([DEMO] if demo else [])]
    place(path, "\n".join(lines) + "\n")


def place(path: Path, text: str) -> None:
    """Put a text into a new file, which has its name only once everything is on the disk."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if os.geteuid() == 0:
            # An administrator makes it for the service, whose folder it is.
            folder = path.parent.stat()
            os.chown(part, folder.st_uid, folder.st_gid)
        os.link(part, path)
    finally:
        part.unlink()
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
