"""The file: whether it is a table at all, and its rows one at a time, whatever is wrong with some of them."""

import codecs
import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from checkin.cells import restored
from checkin.csvlines import LONGEST_LINE, Line, read_lines
from checkin.errors import DomainError
from checkin.fold import fold

COLUMNS = ("code", "full_name", "id_number", "phone", "birth_year", "commune", "entered_at", "left_at")
# What a file of refused rows has besides; when it is loaded again, they are no news.
OWN_COLUMNS = ("line", "reason")
_BLOCK = 1 << 20


class BadFile(DomainError):
    """The file as a whole cannot be used; `reason` is one of the words in `cli.MESSAGES`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


@dataclass(frozen=True)
class Sheet:
    """A file that is a table. `places` are the columns of COLUMNS; `dropped` those of a file of refused rows."""

    path: Path
    sha256: str
    lines: int
    delimiter: str
    header: tuple[str, ...]
    places: tuple[int, ...]
    dropped: frozenset[int]
    stamp: tuple[int, int]

    @property
    def kept(self) -> list[int]:
        """The columns that were in the file at first."""
        return [place for place in range(len(self.header)) if place not in self.dropped]

    @property
    def ignored(self) -> list[str]:
        """Columns that mean nothing here."""
        return [self.header[place] for place in self.kept if place not in self.places]

    def changed(self) -> bool:
        """True when somebody wrote into the file since it was opened first."""
        return _stamp(self.path) != self.stamp


def open_sheet(path: Path) -> Sheet:
    """Read the file once from end to end and find its columns.

    Raises BadFile: "empty", "utf16", "encoding" (with the line), "header" (the first line is no header),
    "missing" (with the names of the columns), "twice" (a column that is there twice).
    """
    stamp = _stamp(path)
    digest, decoder, lines, first = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 0, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if not first:
                first = block[:4]
                if first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                    raise BadFile("utf16")
            digest.update(block)
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                raise BadFile("encoding", str(lines + block[: error.start].count(b"\n") + 1)) from None
            lines += block.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise BadFile("encoding", str(lines + 1)) from None
    delimiter, header = _header(path)
    names = [fold(name) for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BadFile("missing", ", ".join(missing))
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise BadFile("twice", ", ".join(twice))
    return Sheet(
        path=path,
        sha256=digest.hexdigest(),
        lines=max(lines, 1),
        delimiter=delimiter,
        header=tuple(header),
        places=tuple(names.index(name) for name in COLUMNS),
        dropped=frozenset(place for place, name in enumerate(names) if name in OWN_COLUMNS),
        stamp=stamp,
    )


def records(sheet: Sheet) -> Iterator[Line]:
    """Every record below the header but the empty ones, cells as they were before `cells.safe`.

    Faults: "quotes" (also of a line that is too long), "cells" (not as many as the header has). Of a record
    over several lines with a fault only the first line is given up; the others are read anew.
    """

    def broken(cells: Sequence[str]) -> bool:
        over = any("\n" in cells[p] or "\r" in cells[p] for p in sheet.places if p < len(cells))
        return over or len(cells) != len(sheet.header)

    with _open(sheet.path) as file:
        header = True
        for line in read_lines(file, sheet.delimiter, broken):
            if line.fault:
                yield line
            elif header:
                header = False
            else:
                fault = "cells" if len(line.cells) != len(sheet.header) else ""
                yield Line(line.number, [restored(cell) for cell in line.cells], fault)


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _header(path: Path) -> tuple[str, list[str]]:
    """The separator and the names: of both readings the one that has more of our columns."""
    with _open(path) as file:
        text = "\n"
        while text and not text.strip():
            text = file.readline(LONGEST_LINE)
    if not text:
        raise BadFile("empty")
    found = []
    for delimiter in (",", ";"):
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        cells = [restored(cell) for cell in cells]
        found.append((len(set(COLUMNS) & {fold(cell) for cell in cells}), delimiter, cells))
    best = max(found, key=lambda reading: reading[0], default=(0, "", []))
    if not best[0] or len(text) >= LONGEST_LINE:
        raise BadFile("header", ", ".join(COLUMNS))
    return best[1], best[2]


def _stamp(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns
