"""The file of refused rows: as they were, each with its line and its reasons; it can be corrected and loaded."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from checkin.cells import safe
from checkin.loading.files import OWN_COLUMNS, Sheet
from checkin.loading.reasons import WORDS


class Refusals:
    """A file for nobody else's eyes, made when the first row is refused. An existing file is left alone."""

    def __init__(self, path: Path | None, sheet: Sheet) -> None:
        self.sheet = sheet
        self.file = None
        if path is None:
            return
        # Made at once, so that a name that cannot be used is said before the work and not after it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self.path, self.count = path, 0
        self.file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
        self.writer = csv.writer(self.file, delimiter=sheet.delimiter, lineterminator="\r\n")
        self.writer.writerow([*OWN_COLUMNS, *(safe(sheet.header[place]) for place in sheet.kept)])

    def add(self, line: int, reasons: Iterable[str], cells: Sequence[str]) -> None:
        """Write a refused row."""
        if self.file is None:
            return
        self.count += 1
        words = "; ".join(str(WORDS[reason]) for reason in reasons)
        kept = [cell for place, cell in enumerate(cells) if place not in self.sheet.dropped]
        self.writer.writerow([line, words, *(safe(cell) for cell in kept)])

    def __enter__(self) -> "Refusals":
        return self

    def __exit__(self, *_error: object) -> None:
        """Finish the file; without a row it is taken away."""
        if self.file is None:
            return
        self.file.close()
        if not self.count:
            self.path.unlink()
