"""A disk so small that it can be filled: a tmpfs of our own."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MISSING = "a small disk cannot be mounted here: run as root, or allow 'sudo -n mount'"


class Disk:
    """A mounted folder with a file in it that takes all the room that is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no byte, or hardly one: the database writes at the same time."""
        left = os.statvfs(self.folder)
        with self._filler.open("ab") as file, suppress(OSError):
            if room := left.f_bavail * left.f_frsize:
                os.posix_fallocate(file.fileno(), file.tell(), room)

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def mountable() -> bool:
    """True where a small disk can be mounted."""
    try:
        with small_disk(1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk]:
    """Mount a disk of that size, and take it away."""
    folder = Path(tempfile.mkdtemp(prefix="checkin-disk-"))
    size = f"size={megabytes}m,mode=1777"
    try:
        subprocess.run(
            [*_as_root(), "mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True, capture_output=True
        )
        try:
            yield Disk(folder)
        finally:
            subprocess.run([*_as_root(), "umount", "--lazy", str(folder)], check=True, capture_output=True)
    finally:
        folder.rmdir()
