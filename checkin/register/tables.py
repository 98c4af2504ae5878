"""The file of a register: whether it is a table at all, its heading, and its rows, whatever is wrong with some."""

import codecs
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from checkin.cells import restored
from checkin.csvlines import Line, read_lines
from checkin.errors import DomainError
from checkin.register import workbook
from checkin.register.columns import Header, Twice, header_of, how_like

LARGEST = 20 * 1024 * 1024
MOST_ROWS = 100_000
# Above the heading registers carry a title, the office and the date.
HEADING_WITHIN = 20
CSV, XLSX = "csv", "xlsx"
_KINDS = (
    (b"PK\x03\x04", XLSX),
    (b"\xd0\xcf\x11\xe0", "old_excel"),
    (b"PK\x05\x06", "empty"),
)
# What is certainly no table: PDF, pictures, archives, programs, databases.
_OTHERS = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\x7fELF", b"MZ",
    b"SQLite format", b"{\rtf", b"<!DOCTYPE", b"<html", b"<?xml",
)  # fmt: skip


class BadFile(DomainError):
    """The file as a whole cannot be used; `reason` is one of the words in `reasons.FILES`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the heading: the line it stands in, its cells as in the file, and why it cannot be read ("")."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""

    def told(self, header: Header) -> list[str]:
        """The cells of our fields, in their order."""
        return [self.cells[at] if at is not None and at < len(self.cells) else "" for at in header.places]


@dataclass(frozen=True, slots=True)
class Table:
    """A register: its heading and all its rows."""

    form: str
    sha256: str
    header: Header
    rows: list[Row]


def form_of(head: bytes) -> str:
    """CSV or XLSX, by how the file begins. Raises BadFile: "empty", "old_excel", "kind"."""
    if not head:
        raise BadFile("empty")
    for mark, form in _KINDS:
        if head.startswith(mark):
            if form != XLSX:
                raise BadFile(form)
            return XLSX
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_OTHERS):
        raise BadFile("kind")
    return CSV


def read(body: bytes) -> Table:
    """Read a whole file. Raises BadFile."""
    if len(body) > LARGEST:
        raise BadFile("large")
    form = form_of(body[:512])
    lines = _of_workbook(body) if form == XLSX else _of_csv(body)
    first = list(islice(lines, HEADING_WITHIN))
    if not first:
        raise BadFile("empty")
    at, header = _heading(first)
    rows: list[Row] = []
    for line in chain(first[at + 1 :], lines):
        if len(rows) == MOST_ROWS:
            raise BadFile("many")
        rows.append(_row(line, header))
    if not rows:
        raise BadFile("no_rows")
    return Table(form, hashlib.sha256(body).hexdigest(), header, rows)


def _row(line: Line, header: Header) -> Row:
    cells = tuple(line.cells)
    if line.fault:
        return Row(line.number, cells, line.fault)
    width = len(header.headings)
    if any(cell.strip() for cell in cells[width:]):
        return Row(line.number, cells, "cells")
    return Row(line.number, tuple(restored(cell) for cell in cells[:width]))


def _heading(first: Sequence[Line]) -> tuple[int, Header]:
    """Which of the first lines is the heading: the one that names most of our columns."""
    best = max(range(len(first)), key=lambda at: (how_like(first[at].cells), -at))
    try:
        header = header_of(first[best].cells)
    except Twice as error:
        raise BadFile("twice", str(error)) from None
    if header is None:
        raise BadFile("header")
    if not header.has("address"):
        raise BadFile("missing")
    return best, header


def _of_workbook(body: bytes) -> Iterator[Line]:
    try:
        for number, cells in workbook.lines(body):
            yield Line(number, cells)
    except workbook.Unreadable as error:
        raise BadFile(str(error)) from None


def _of_csv(body: bytes) -> Iterator[Line]:
    encoding = encoding_of(body)
    with io.TextIOWrapper(io.BytesIO(body), encoding=encoding, newline="") as file:
        delimiter = _delimiter(file)
        width = 0

        def broken(cells: Sequence[str]) -> bool:
            # A row over several lines is one only where it has the cells of the others and is no swallowed rest.
            return width > 0 and len(cells) != width or any(cell.count("\n") > 3 for cell in cells)

        for line in read_lines(file, delimiter, broken):
            width = max(width, len(line.cells)) if not line.fault and line.number <= HEADING_WITHIN else width
            yield line


def encoding_of(body: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, UTF-8 where it is that, else what Windows wrote Vietnamese in before."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif body.startswith(codecs.BOM_UTF8):
        encodings = ("utf-8-sig",)
    else:
        encodings = ("utf-8", "cp1258")
    for encoding in encodings:
        try:
            decoder = codecs.getincrementaldecoder(encoding)()
            nul = False
            for start in range(0, len(body), 1 << 20):
                nul = nul or "\x00" in decoder.decode(body[start : start + (1 << 20)])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        if nul:
            raise BadFile("kind")
        return encoding
    raise BadFile("encoding")


def _delimiter(file: io.TextIOWrapper) -> str:
    """What parts the cells: the sign by which one of the first lines names most of our columns."""
    first = [file.readline(65_536) for _ in range(HEADING_WITHIN)]
    file.seek(0)
    counts = {
        sign: max(how_like([cell.strip().strip('"') for cell in line.split(sign)]) for line in first)
        for sign in (",", ";", "\t", "|")
    }
    return max(counts, key=lambda sign: counts[sign])
