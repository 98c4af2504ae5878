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


def to_csv(heads: Sequence[str], lines: Iterable[Sequence[Cell]]) -> bytes:
    """CSV in UTF-8 with its mark, so that spreadsheets read Vietnamese; every cell neutral."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    for line in lines:
        writer.writerow([safe(cell) for cell in line])
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(
    title: str,
    heads: Sequence[str],
    lines: Sequence[Sequence[Cell]],
    about: Iterable[tuple[str, str]],
    about_title: str = "Thông tin",
) -> bytes:
    """A workbook: the list with typed cells, and a second sheet that says who made it and for what.

    Raises TooManyRows. Text is written as text, which no formula comes of, and so needs no apostrophe.
    """
    if len(lines) > XLSX_ROWS:
        raise TooManyRows
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
    for number, line in enumerate(lines, start=1):
        for column, cell in enumerate(line):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell)
            elif cell:
                sheet.write_string(number, column, cell[:32_767])
                widths[column] = max(widths[column], min(len(cell), 50))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width + 2)
    sheet.freeze_panes(1, 0)
    if lines:
        sheet.autofilter(0, 0, len(lines), len(heads) - 1)
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
