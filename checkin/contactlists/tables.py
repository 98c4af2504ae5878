"""A file as rows of text below a heading, and such rows as the text that travels with the form."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from checkin.cells import restored, safe
from checkin.contactlists.columns import how_like
from checkin.csvlines import Line, read_lines
from checkin.register import workbook
from checkin.register.tables import CSV, HEADING_WITHIN, BadFile, encoding_of, form_of

LARGEST = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS, LONGEST_CELL = 40, 300
# Of the text that travels with the form.
MOST_TEXT = 8 * 1024 * 1024
# It is read while the officer waits, and others beside them.
LIMITS = workbook.Limits(
    unpacked=60 * 1024 * 1024, members=200, sheets=20, rows=MOST_ROWS + HEADING_WITHIN + 1, text=2000, merged=30_000,
    tags=4_000_000, cells=MOST_COLUMNS * (MOST_ROWS + HEADING_WITHIN + 1),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row: the line it stands in, its cells, and why it cannot be read ("")."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True)
class Table:
    """A list: its heading and all its rows."""

    heading: tuple[str, ...]
    rows: list[Row]


def read(body: bytes) -> Table:
    """Read a file. Raises BadFile, with a word of `register.reasons.FILES` or "rows" for more than MOST_ROWS."""
    if len(body) > LARGEST:
        raise BadFile("large")
    try:
        lines = _of_csv(body) if form_of(body[:512]) == CSV else _of_workbook(body)
        first = list(islice(lines, HEADING_WITHIN))
        if not first:
            raise BadFile("empty")
        at = max(range(len(first)), key=lambda one: (how_like(first[one].cells), -one))
        heading = _trimmed(first[at].cells)
        rest = [*first[at + 1 :], *islice(lines, MOST_ROWS + 1)]
    except workbook.Unreadable as error:
        raise BadFile(str(error)) from None
    if len(rest) > MOST_ROWS:
        raise BadFile("rows")
    if not rest:
        raise BadFile("no_rows")
    if not heading or len(heading) > MOST_COLUMNS:
        raise BadFile("header")
    return Table(heading, [_row(line, len(heading)) for line in rest])


def as_text(table: Table) -> str:
    """The rows as text that `of_text` reads back: tabs between cells, the line first."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(["", *table.heading])
    for row in table.rows:
        writer.writerow([row.line, *row.cells])
    return out.getvalue()


def of_text(text: str) -> Table:
    """What `as_text` made, or what somebody made of it meanwhile. Raises BadFile."""
    if len(text) > MOST_TEXT:
        raise BadFile("large")
    try:
        lines = [cells for cells in csv.reader(io.StringIO(text.replace("\x00", "")), delimiter="\t") if cells]
    except csv.Error:
        raise BadFile("damaged") from None
    if len(lines) < 2:
        raise BadFile("no_rows")
    if len(lines) > MOST_ROWS + 1:
        raise BadFile("rows")
    heading = _trimmed(lines[0][1:])
    if not heading or len(heading) > MOST_COLUMNS:
        raise BadFile("header")
    rows = []
    for cells in lines[1:]:
        number = int(cells[0]) if cells[0].isascii() and cells[0].isdigit() and len(cells[0]) < 8 else 0
        rows.append(_row(Line(number, cells[1:]), len(heading)))
    return Table(heading, rows)


def refused(table: Table, why: Sequence[tuple[Row, str]], heads: tuple[str, str]) -> bytes:
    """A CSV file of these rows as they were, before each the line and the reason; `heads` are what stands over them."""
    out = io.StringIO()
    # Semicolons, at which spreadsheets of a country with decimal commas split.
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([safe(cell) for cell in (*heads, *table.heading)])
    for row, reason in why:
        writer.writerow([safe(cell) for cell in (str(row.line), reason, *row.cells)])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _row(line: Line, width: int) -> Row:
    # Cells of a line that could not be read are one piece of text.
    cells = [restored(cell)[: LONGEST_CELL + 1].replace("\r", " ").replace("\n", " ") for cell in line.cells]
    fault = line.fault
    if not fault and any(cell.strip() for cell in cells[width:]):
        fault = "cells"
    if not fault and any(len(cell) > LONGEST_CELL for cell in cells):
        fault = "cell_long"
    return Row(line.number, tuple(cells[:width]), fault)


def _trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    last = max((at for at, cell in enumerate(cells) if cell.strip()), default=-1)
    return tuple(cell.strip()[:60] for cell in cells[: last + 1])


def _of_workbook(body: bytes) -> Iterator[Line]:
    for number, cells in workbook.lines(body, LIMITS):
        yield Line(number, cells)


def _of_csv(body: bytes) -> Iterator[Line]:
    with io.TextIOWrapper(io.BytesIO(body), encoding=encoding_of(body), newline="") as file:
        first = [file.readline(65_536) for _ in range(HEADING_WITHIN)]
        file.seek(0)
        counts = {
            sign: (max(how_like([cell.strip().strip('"') for cell in line.split(sign)]) for line in first),
                   max(line.count(sign) for line in first))
            for sign in (",", ";", "\t", "|")
        }  # fmt: skip
        delimiter = max(counts, key=lambda sign: counts[sign])
        yield from read_lines(file, delimiter, lambda cells: any(cell.count("\n") > 3 for cell in cells))
