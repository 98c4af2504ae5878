"""Lists as CSV and XLSX that no spreadsheet takes for formulas, and in which names stay what they were."""

import csv
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO

import xlsxwriter

from checkin.cells import Cell, safe

# Sheets hold 1,048,576 rows: a list that does not fit is refused, never cut (it happened).
XLSX_ROWS = 1_048_575


class TooManyRows(Exception):
    """The list does not fit into the format."""


# What a CSV file begins with, so that spreadsheets read its Vietnamese as UTF-8.
MARK = b"\xef\xbb\xbf"


def csv_lines(lines: Iterable[Sequence[Cell]]) -> bytes:
    """Lines of CSV in UTF-8, every cell neutral."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([safe(cell) for cell in line] for line in lines)
    return out.getvalue().encode()


def to_csv(heads: Sequence[str], lines: Iterable[Sequence[Cell]]) -> bytes:
    """A whole CSV file: the mark, the heads and the lines."""
    return MARK + csv_lines([heads]) + csv_lines(lines)


def to_xlsx(
    title: str,
    heads: Sequence[str],
    lines: Iterable[Sequence[Cell]],
    about: Iterable[tuple[str, str]],
    about_title: str = "Thông tin",
) -> bytes:
    """A workbook: the list with typed cells, and a second sheet that says who made it and for what.

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
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet = book.add_worksheet(title[:31])
    widths = [len(head) for head in heads]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    number = 0
    for number, line in enumerate(lines, start=1):
        if number > XLSX_ROWS:
            raise TooManyRows
        for column, cell in enumerate(line):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell)
            elif cell:
                sheet.write_string(number, column, cell[:32_767])
                widths[column] = max(widths[column], min(len(cell), 50))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + 2)
    sheet.freeze_panes(1, 0)
    if number:
        sheet.autofilter(0, 0, number, len(heads) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    second = book.add_worksheet(about_title[:31])
    second.set_column(0, 0, 24)
    second.set_column(1, 1, 80)
    for number, (name, value) in enumerate(about):
        second.write_string(number, 0, name, book.add_format({"bold": True}))
        second.write_string(number, 1, value)
    book.close()
    return out.getvalue()
