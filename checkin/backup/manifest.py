"""What stands beside a copy: which tables, how many rows, their sums, and the hash of the file itself."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NAME = "manifest.json"
FORMAT = 1
LARGEST = 4 * 2**20
BLOCK = 2**20
SAY_EVERY = 5_000_000

Say = Callable[[str], None]


class BackupError(Exception):
    """A copy cannot be made, trusted or put back; the text is for whoever stands at the command line."""


@dataclass(frozen=True)
class TableSum:
    """A table's content as one number: its columns in order, its rows, and the sum of the rows' hashes."""

    columns: tuple[str, ...]
    rows: int
    sum: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was found in the database at the moment of the copy."""

    engine: str  # sqlite or postgresql
    client: int  # major version of the program that made it; 0 for SQLite, which needs none
    schema: str
    tables: Mapping[str, TableSum]
    audit_entries: int
    audit_head: str


@dataclass(frozen=True, kw_only=True)
class Manifest(Taken):
    """All of it: what was found, when, by which version of the product, and the file that holds it."""

    format: int
    product: str
    made_at: str
    file: str
    bytes: int
    sha256: str
    index_key: str  # tells whether the keys at hand are those of the copy; nothing can be computed from it

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


def summed(rows: Iterable[bytes], say: Say = lambda _line: None, name: str = "") -> tuple[int, int]:
    """Number of rows and the sum of their SHA-256, which does not depend on their order."""
    # A sum and not XOR: a row that is there twice must not vanish.
    count = total = 0
    for row in rows:
        total += int.from_bytes(hashlib.sha256(row).digest())
        count += 1
        if count % SAY_EVERY == 0:
            say(f"  {name}: {count:,} rows so far")
    return count, total


def as_hex(total: int) -> str:
    """A sum of hashes as 64 digits."""
    return f"{total % 2**256:064x}"


def differences(expected: Mapping[str, TableSum], found: Mapping[str, TableSum]) -> list[str]:
    """One line for each table that is not what the manifest says; empty when all are equal."""
    out = []
    for name in sorted(expected.keys() | found.keys()):
        wanted, there = expected.get(name), found.get(name)
        if wanted is None or there is None:
            out.append(f"{name}: {'missing' if there is None else 'not in the manifest'}")
        elif wanted.rows != there.rows:
            out.append(f"{name}: {there.rows:,} rows instead of {wanted.rows:,}")
        elif wanted != there:
            out.append(f"{name}: {there.rows:,} rows as it should be, but of other content")
    return out


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into its folder, mode 0600, on the disk when this returns."""
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=1, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of a copy; raises BackupError when it is missing or not one."""
    path = folder / NAME
    try:
        if path.stat().st_size > LARGEST:
            raise BackupError(f"{path}: too large for a manifest")
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise BackupError(f"{folder} is no backup: it has no {NAME} that can be read") from None
    except ValueError:
        raise BackupError(f"{path} is damaged: not JSON") from None
    try:
        return _manifest(fields)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BackupError(f"{path} is damaged, or of a newer version") from None


def _manifest(fields: dict[str, Any]) -> Manifest:
    tables = {
        name: TableSum(tuple(str(column) for column in table["columns"]), int(table["rows"]), str(table["sum"]))
        for name, table in fields["tables"].items()
    }
    made = Manifest(**{**fields, "tables": tables})
    # A name with a folder in it would lead elsewhere.
    if made.format != FORMAT or made.engine not in {"sqlite", "postgresql"} or Path(made.file).name != made.file:
        raise ValueError
    for name in ("client", "audit_entries", "bytes"):
        if not isinstance(getattr(made, name), int):
            raise TypeError
    for name in ("schema", "audit_head", "product", "made_at", "sha256", "index_key"):
        if not isinstance(getattr(made, name), str):
            raise TypeError
    return made
