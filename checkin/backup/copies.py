"""A copy as a folder: made whole or not at all, looked through, and put back."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Protocol

from checkin.backup import manifest as manifests
from checkin.backup import postgresql, sqlite
from checkin.backup.manifest import BackupError, Manifest, Say, Taken
from checkin.config import ROOT


class Engine(Protocol):
    """What a database engine does for a copy; a module each."""

    FILE: str

    def needed(self, url: str) -> int: ...
    def take(self, url: str, file: Path, say: Say) -> Taken: ...
    def check(self, file: Path, manifest: Manifest, say: Say) -> list[str]: ...
    def things_in(self, url: str) -> list[str]: ...
    def load(self, url: str, file: Path, manifest: Manifest, say: Say) -> None: ...


ENGINES: dict[str, Engine] = {"sqlite": sqlite, "postgresql": postgresql}


def engine_of(url: str) -> str:
    """`sqlite` or `postgresql`, whichever the address leads to."""
    return "sqlite" if url.startswith("sqlite") else "postgresql"


def prepare(url: str, folder: Path) -> None:
    """See that a copy can be made there; raises BackupError in words before anything is read."""
    if folder.exists() or folder.is_symlink():
        raise BackupError(f"{folder} is there already: a backup never overwrites anything")
    above = folder.parent
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise BackupError(f"{above} is no folder that can be written to")
    needed, free = ENGINES[engine_of(url)].needed(url), shutil.disk_usage(above).free
    if free < needed:
        raise BackupError(f"{above} has {free / 1e6:,.0f} MB free, and up to {needed / 1e6:,.0f} MB are needed")


def make(url: str, folder: Path, *, now: datetime, index_key: str, say: Say) -> Manifest:
    """Copy the database into a new folder and read the copy back; raises BackupError and leaves nothing."""
    engine = ENGINES[engine_of(url)]
    with _whole(folder) as part:
        file = part / engine.FILE
        taken = engine.take(url, file, say)
        made = Manifest(
            **{**asdict(taken), "tables": taken.tables},
            format=manifests.FORMAT,
            product=product_version(),
            made_at=now.isoformat(timespec="seconds"),
            file=file.name,
            bytes=file.stat().st_size,
            sha256=manifests.file_hash(file),
            index_key=index_key,
        )
        say("  reading the copy back")
        # Row-level security can leave rows out without an error; a copy that nobody read back is a hope.
        if wrong := engine.check(file, made, say):
            raise BackupError("the copy is not equal to the database: " + "; ".join(wrong))
        manifests.write(part, made)
    return made


def verify(folder: Path, say: Say) -> Manifest:
    """The manifest of a copy that is as it was when made; raises BackupError saying what is not."""
    found = manifests.read(folder)
    file = folder / found.file
    try:
        size = file.stat().st_size
        if size != found.bytes:
            raise BackupError(f"{file} is damaged: {size:,} bytes instead of {found.bytes:,}")
        if manifests.file_hash(file) != found.sha256:
            raise BackupError(f"{file} is damaged: its hash is not the one in {manifests.NAME}")
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}") from None
    say(f"  the file is as it was written, {found.bytes:,} bytes; reading its rows")
    if wrong := ENGINES[found.engine].check(file, found, say):
        raise BackupError(f"{file} does not hold what {manifests.NAME} says: " + "; ".join(wrong))
    return found


def put_back(url: str, folder: Path, known: list[str], say: Say) -> Manifest:
    """Fill the empty database from a copy; raises BackupError before the first row when it must not be.

    `known`: the revisions of the schema that this version of the product has.
    """
    found = manifests.read(folder)
    if found.engine != engine_of(url):
        raise BackupError(f"this is a backup of {found.engine}, and the database is {engine_of(url)}")
    if found.schema not in known:
        raise BackupError(
            f"the backup has schema {found.schema}, which this version does not know: "
            f"install checkin {found.product} or newer"
        )
    engine = ENGINES[found.engine]
    if there := engine.things_in(url):
        raise BackupError(
            f"the database is not empty: it holds {len(there)} tables and other things, {there[0]} among them. "
            "A restore needs an empty one, and never drops anything"
        )
    verify(folder, say)
    engine.load(url, folder / found.file, found, say)
    return found


def product_version() -> str:
    """The version that the list of changes begins with."""
    found = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "unknown"


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder, closed to others, that gets its name once everything is in it; else it is taken away."""
    part = None
    try:
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.part-", dir=folder.parent))  # mode 0700
        yield part
        part.rename(folder)
        descriptor = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BackupError(f"{folder} cannot be written: {error.strerror}") from None
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
