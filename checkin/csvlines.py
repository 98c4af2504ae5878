"""The records of a CSV file, one at a time, whatever is wrong with some of them."""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

LONGEST_LINE = 65_536
# A record may go on in the next line within quotes. One quote too many must not swallow the rows below.
MOST_LINES = 20
KEPT = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One record: the line it begins in, its cells, and why it cannot be used as a row ("" when it can)."""

    number: int
    cells: list[str]
    fault: str = ""


def read_lines(file: TextIO, delimiter: str, broken: Callable[[Sequence[str]], bool]) -> Iterator[Line]:
    """Every record but the empty ones, the first line among them.

    Where `broken` says so of a record over several lines, or it cannot be read, its first line is given up with
    the fault "quotes", and the others are read anew.
    """
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.record.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            number, text = lines.first()
            yield Line(number, [text[:KEPT].rstrip("\r\n")], "quotes")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        number, text = lines.record[0]
        if len(lines.record) > 1 and broken(cells):
            lines.first()
            yield Line(number, [text[:KEPT].rstrip("\r\n")], "quotes")
        else:
            yield Line(number, cells)


class _Lines:
    """The lines of a file with their numbers; those of a record that failed can be given once more."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.number = 0
        self.waiting: deque[tuple[int, str]] = deque()
        self.record: list[tuple[int, str]] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.record) == MOST_LINES:
            raise csv.Error("a record of too many lines")
        number, text = self.waiting.popleft() if self.waiting else self._read()
        self.record.append((number, text))
        if len(text) >= LONGEST_LINE:
            raise csv.Error("a line that is too long")
        return text

    def _read(self) -> tuple[int, str]:
        text = self.file.readline(LONGEST_LINE)
        if not text:
            raise StopIteration
        self.number += 1
        rest = text
        while len(rest) == LONGEST_LINE and not rest.endswith(("\n", "\r")):
            rest = self.file.readline(LONGEST_LINE)
        return self.number, text

    def first(self) -> tuple[int, str]:
        """The first line of this record; the others come again."""
        self.waiting.extendleft(reversed(self.record[1:]))
        return self.record[0]
