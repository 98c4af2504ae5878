"""SQLite: its online backup, out of one snapshot, while others write."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from checkin.backup import queries
from checkin.backup.manifest import BackupError, Manifest, Say, Taken, differences

FILE = "database.sqlite3"
PAGES = 4096  # a step of the copy: 16 MiB


def needed(url: str) -> int:
    """Bytes that a copy takes."""
    with _reading(_existing(url)) as connection:
        return queries.sqlite_size(connection)


def take(url: str, file: Path, say: Say) -> Taken:
    """Copy the database into a new file; raises BackupError."""
    with _errors("the copy"), _reading(_existing(url)) as source:
        # One read transaction over all: else each write by others would begin the copy anew, and under
        # steady check-ins it would never end.
        source.execute("BEGIN")
        schema = queries.schema_of(source) if "alembic_version" in queries.sqlite_tables(source) else None
        if schema is None:
            raise BackupError("the database has no tables of ours yet: nothing to copy")
        _create(file)
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as target:
            source.backup(target, pages=PAGES)
            # One file that needs no other beside it.
            target.execute("PRAGMA journal_mode=DELETE")
        say(f"  copied, {file.stat().st_size:,} bytes; counting and hashing the rows")
        tables = queries.sqlite_sums(source, queries.sqlite_tables(source), say)
        entries, head = queries.head_of(source)
    return Taken(engine="sqlite", client=0, schema=schema, tables=tables, audit_entries=entries, audit_head=head)


def check(file: Path, manifest: Manifest, say: Say) -> list[str]:
    """What in a copy is not as the manifest says; empty when all is."""
    try:
        with contextlib.closing(_open(file, "mode=ro&immutable=1")) as connection:
            return queries.sqlite_faults(connection) or _compared(connection, manifest, say)
    except sqlite3.Error as error:
        return [f"SQLite cannot read it: {error}"]


def things_in(url: str) -> list[str]:
    """Names of what is in the database that is to be filled; empty when there is none yet."""
    path = _path(url)
    if not path.exists():
        return []
    with _errors("the target"), _reading(path) as connection:
        return list(queries.sqlite_tables(connection))


def load(url: str, file: Path, manifest: Manifest, say: Say) -> None:
    """Put a copy into the empty database and compare; raises BackupError and then leaves nothing behind."""
    path = _path(url)
    new = not path.exists()
    with _errors("the target"):
        if new:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path)
        try:
            with (
                contextlib.closing(_open(file, "mode=ro&immutable=1")) as source,
                contextlib.closing(sqlite3.connect(path, isolation_level=None)) as target,
            ):
                source.backup(target, pages=PAGES)
                wrong = _compared(target, manifest, say)
            if wrong:
                raise BackupError("restored, but not equal to the backup: " + "; ".join(wrong))
        except BaseException:
            if new:
                for name in ("", "-journal", "-wal", "-shm"):
                    path.with_name(path.name + name).unlink(missing_ok=True)
            raise


def _compared(connection: sqlite3.Connection, manifest: Manifest, say: Say) -> list[str]:
    # Of the columns that were copied, in their order.
    tables = queries.sqlite_tables(connection)
    return differences(manifest.tables, queries.sqlite_sums(connection, tables, say))


def _path(url: str) -> Path:
    name = make_url(url).database
    if not name or name == ":memory:":
        raise BackupError("this SQLite database has no file")
    return Path(name)


def _existing(url: str) -> Path:
    path = _path(url)
    if not path.is_file():
        raise BackupError(f"there is no database at {path}")
    return path


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.resolve()))}?{mode}", uri=True, isolation_level=None, timeout=30)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with _errors(str(path)), contextlib.closing(_open(path, "mode=rw")) as connection:
        yield connection


@contextlib.contextmanager
def _errors(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupError(f"{what}: SQLite says: {error}") from None


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
