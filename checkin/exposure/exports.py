"""Lists as CSV, JSON and XLSX that no spreadsheet takes for formulas, and in which names stay what they were."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, Protocol

import xlsxwriter

from checkin import clock
from checkin.cells import Cell, safe
from checkin.i18n import format_moment

# Sheets hold 1,048,576 rows: a list that does not fit is refused, never cut (it happened).
XLSX_ROWS = 1_048_575
# A cell of a sheet holds so many letters, and whole numbers exactly up to here.
XLSX_LETTERS, XLSX_NUMBER = 32_767, 10**15
# What files are sent as, by their form.
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NOT_IN_XML = {0xFFFE: "?", 0xFFFF: "?"}
MOMENT = "%H:%M %d/%m/%Y"


class TooManyRows(Exception):
    """The list does not fit into the format."""


# What a CSV file begins with, so that spreadsheets read its Vietnamese as UTF-8.
MARK = b"\xef\xbb\xbf"


def csv_lines(lines: Iterable[Sequence[Cell]]) -> bytes:
    """Lines of CSV in UTF-8, every cell neutral; moments on the province's clocks."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([safe(_shown(cell)) for cell in line] for line in lines)
    return out.getvalue().encode()


def _shown(cell: Cell) -> Cell:
    if not isinstance(cell, datetime):
        return cell
    return clock.to_local(cell).strftime(MOMENT) if clock.is_readable(cell) else format_moment(cell)


def csv_end(heads: Sequence[str], about: Iterable[tuple[str, str]], title: str) -> bytes:
    """The last line of a CSV file: what it is, who made it and for what, as wide as the list, in its second cell.

    Readers that count columns meet no other shape, and a file without this line is not whole.
    """
    text = "; ".join(f"{name}: {value}" for name, value in about)
    return csv_lines([[title, text, *[""] * (len(heads) - 2)]])


def to_csv(heads: Sequence[str], lines: Iterable[Sequence[Cell]], end: bytes = b"") -> bytes:
    """A whole CSV file: the mark, the heads, the lines, and the `csv_end`."""
    return MARK + csv_lines([heads]) + csv_lines(lines) + end


class Text(Protocol):
    """A list as a text that is written while it goes out: how it begins, goes on and ends."""

    def start(self) -> bytes: ...
    def more(self, lines: Sequence[Sequence[Cell]]) -> bytes: ...
    def finish(self, about: Iterable[tuple[str, str]], title: str) -> bytes: ...
    def short(self, words: str) -> bytes:
        """What stands at the end of a list that is not whole."""


@dataclass
class Csv:
    """A list as CSV; a bare one is its heads and lines alone."""

    heads: Sequence[str]
    bare: bool = False

    def start(self) -> bytes:
        return (b"" if self.bare else MARK) + csv_lines([self.heads])

    def more(self, lines: Sequence[Sequence[Cell]]) -> bytes:
        return csv_lines(lines)

    def finish(self, about: Iterable[tuple[str, str]], title: str) -> bytes:
        return b"" if self.bare else csv_end(self.heads, about, title)

    def short(self, words: str) -> bytes:
        return b"" if self.bare else csv_lines([[words]])


@dataclass
class Json:
    """A list as JSON: `people` (`of`), each by the heads, and `about` at the end, without which it is no JSON.

    A bare one is an array alone, of what is not empty.
    """

    heads: Sequence[str]
    bare: bool = False
    of: str = "people"
    begun: bool = False

    def start(self) -> bytes:
        return b"[" if self.bare else f'{{"{self.of}": ['.encode()

    def more(self, lines: Sequence[Sequence[Cell]]) -> bytes:
        told = []
        for line in lines:
            told.append(("," if self.begun else "") + "\n" + _json(self._one(line)))
            self.begun = True
        return _utf8("".join(told))

    def _one(self, line: Sequence[Cell]) -> dict[str, Any]:
        cells = zip(self.heads, line, strict=True)
        return {head: plain(cell) for head, cell in cells if not self.bare or cell not in (None, "")}

    def finish(self, about: Iterable[tuple[str, str]], title: str) -> bytes:
        return b"\n]\n" if self.bare else _utf8(f'\n], "about": {_json(dict(about))}}}\n')

    def short(self, words: str) -> bytes:
        return b""


def text_of(form: str, heads: Sequence[str], *, bare: bool = False, of: str = "people") -> Text:
    """The writer of a CSV or JSON file."""
    return Csv(heads, bare) if form == "csv" else Json(heads, bare, of)


def plain(cell: Cell) -> Any:
    """A cell as JSON has it: moments as machines read them, with the province's offset."""
    if not isinstance(cell, datetime):
        return cell
    return clock.local_text(cell) if clock.is_readable(cell) else format_moment(cell)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # half a pair stops no file


def to_xlsx(
    title: str,
    heads: Sequence[str],
    lines: Iterable[Sequence[Cell]],
    about: Iterable[tuple[str, str]] = (),
    about_title: str = "Thông tin",
) -> bytes:
    """A workbook: the list with typed cells, and a second sheet that says who made it and for what, where that is told.

    Raises TooManyRows. Text is written as text, which no formula comes of, and so needs no apostrophe.
    All in memory, some 4 kB a line: what the library would put aside lies readable in a temporary folder.
    """
    out = BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    bold, moment = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "hh:mm dd/mm/yyyy"})
    sheet = book.add_worksheet(title[:31])
    widths = [len(head) for head in heads]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    number = 0
    for number, line in enumerate(lines, start=1):
        if number > XLSX_ROWS:
            raise TooManyRows
        for column, cell in enumerate(line):
            widths[column] = max(widths[column], _write(sheet, number, column, cell, moment))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + 2)
    sheet.freeze_panes(1, 0)
    if number:
        sheet.autofilter(0, 0, number, len(heads) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    if told := list(about):
        second = book.add_worksheet(about_title[:31])
        second.set_column(0, 0, 24)
        second.set_column(1, 1, 80)
        for number, (name, value) in enumerate(told):
            second.write_string(number, 0, name, book.add_format({"bold": True}))
            second.write_string(number, 1, _text(value))
    book.close()
    return out.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, moment: object) -> int:
    """Write a cell by its type; how wide it is."""
    if isinstance(cell, datetime) and not clock.is_readable(cell):
        cell = format_moment(cell)
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, clock.to_local(cell).replace(tzinfo=None, second=0, microsecond=0), moment)
        return len("00:00 00/00/0000")
    if isinstance(cell, int) and abs(cell) < XLSX_NUMBER:
        sheet.write_number(row, column, cell)
        return 1
    if cell is None or cell == "":
        return 0
    text = _text(str(cell))
    sheet.write_string(row, column, text)
    return min(len(text), 50)


def _text(value: str) -> str:
    # Half of a pair of surrogates, and what XML has no place for, is shown as a question mark: it stops no list.
    return value.encode("utf-8", "replace").decode().translate(NOT_IN_XML)[:XLSX_LETTERS]
