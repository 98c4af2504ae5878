"""The rows of the first filled sheet of an XLSX file, read as a stream and within bounds that a bomb does not pass."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zlib import error as ZlibError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

MOST_WORDS = 64 * 1024 * 1024
# Sheets of equal rows pack to a fortieth; what packs tighter was made to be a bomb.
MOST_RATIO, RATIO_FROM = 200, 10 * 1024 * 1024
MOST_COLUMNS = 60
MOST_MERGED = 20_000
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})[\"']")
_WHOLE = 10**15
_CELL = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)[\s/>]")
_ENCODING = re.compile(rb"^<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
# A style costs the reader as much as so many other elements.
STYLES_COST = 16
_WIDE = b"\xff\xfe", b"\xfe\xff"


@dataclass(frozen=True)
class Limits:
    """How much a workbook may be. As it stands: a register, which a process beside reads for as long as it takes.

    It unpacks to some 100 MB where it has 100,000 rows; the words of its cells are kept in memory, the sheet is not.
    With `tags` the parts are looked through before one is parsed: no more elements, of them so many rows and cells.
    """

    unpacked: int = 250 * 1024 * 1024
    members: int = 2000
    sheets: int = 2000
    rows: int | None = None
    # Excel itself puts no more into a cell. One text may stand in every cell, at the cost of one.
    text: int = 32_767
    merged: int = 1_000_000
    tags: int | None = None
    cells: int = 0


REGISTER = Limits()


class Unreadable(ValueError):
    """Why it cannot be read: "damaged", "protected", "unpacked", "kind", "memory"."""


def lines(body: bytes, limits: Limits = REGISTER) -> Iterator[tuple[int, list[str]]]:
    """(line, cells as text) of each row that is not empty. Of formulas the saved values. Raises Unreadable."""
    _check(body, limits)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        try:
            for sheet in book.worksheets[: limits.sheets]:
                found = False
                for line in _of_sheet(sheet, body, limits):
                    found = True
                    yield line
                if found:
                    return
        finally:
            book.close()
    except MemoryError:
        raise Unreadable("memory") from None
    except (zipfile.BadZipFile, ParseError, DefusedXmlException, ZlibError, EOFError) as error:
        raise Unreadable("damaged") from error
    except Unreadable:
        raise
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        # What the library makes of a workbook that lacks a part, or has a wrong one.
        raise Unreadable("damaged") from error


def _of_sheet(sheet: Any, body: bytes, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # what the file says of its size need not be true
    merged = _Merged(body, str(sheet._worksheet_path).lstrip("/"), limits.merged)  # noqa: SLF001
    rows = sheet.iter_rows(max_row=limits.rows, max_col=MOST_COLUMNS, values_only=True)
    for number, row in enumerate(rows, start=1):
        if row.count(None) == len(row):
            continue  # a million of them may lie before the next one
        cells = merged.filled(number, [_text(value)[: limits.text] for value in row])
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield number, cells


def _check(body: bytes, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        raise Unreadable("damaged") from error
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("protected")
    names = {member.filename.lower() for member in members}
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Unreadable("kind")
    # No more than this comes out, whatever is packed: unpacking stops at the size that is declared here.
    if len(members) > limits.members or sum(member.file_size for member in members) > limits.unpacked:
        raise Unreadable("unpacked")
    for member in members:
        tight = member.file_size > RATIO_FROM and member.file_size > MOST_RATIO * max(member.compress_size, 1)
        if tight or (member.filename.lower().endswith("sharedstrings.xml") and member.file_size > MOST_WORDS):
            raise Unreadable("unpacked")
    if limits.tags is not None:
        _look_through(body, limits.tags, limits.cells)


def _look_through(body: bytes, tags: int, cells: int) -> None:
    """Count the elements of all parts, which takes no time, before they are parsed, which does."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for name in packed.infolist():
                part = packed.read(name).removeprefix(b"\xef\xbb\xbf").lstrip()
                if part[:2] not in _WIDE and part[:1] not in (b"<", b"\0"):
                    continue  # a picture
                # Elements are counted in what every program writes.
                if b"\0" in part or _ENCODING.match(part):
                    raise Unreadable("kind")
                tags -= part.count(b"<") + STYLES_COST * part.count(b"<xf")
                cells -= sum(1 for _ in _CELL.finditer(part)) if tags >= 0 else 0
                if tags < 0 or cells < 0:
                    raise Unreadable("unpacked")
    except (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Unreadable("damaged") from error


class _Merged:
    """Cells that were merged: each has what stands in the first one. The list of them is at the end of the sheet."""

    def __init__(self, body: bytes, path: str, most: int) -> None:
        self.first: dict[tuple[int, int], str] = {}
        self.source: dict[tuple[int, int], tuple[int, int]] = {}
        cells = 0
        for found in _merged(body, path):
            left, top, right, bottom = range_boundaries(found)
            # A title over all columns is no cell of every row.
            if left is None or top is None or right is None or bottom is None or right > MOST_COLUMNS or bottom == top:
                continue
            cells += (bottom - top + 1) * (right - left + 1)
            if cells > most:
                return
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    self.source[row, column] = top, left

    def filled(self, number: int, cells: list[str]) -> list[str]:
        if not self.source:
            return cells
        if not any(cell.strip() for cell in cells):
            return cells  # an empty row stays one
        for column in range(1, MOST_COLUMNS + 1):
            at = self.source.get((number, column))
            if at is None:
                continue
            if column > len(cells):
                cells += [""] * (column - len(cells))
            if at == (number, column):
                self.first[at] = cells[column - 1]
            elif not cells[column - 1]:
                cells[column - 1] = self.first.get(at, "")
        return cells


def _merged(body: bytes, path: str) -> list[str]:
    found: list[str] = []
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        if path not in packed.namelist():
            return found
        with packed.open(path) as sheet:
            rest = b""
            while block := sheet.read(1 << 20):
                text = rest + block
                ends = 0
                for match in _MERGED.finditer(text):
                    found.append(match[1].decode())
                    ends = match.end()
                    if len(found) == MOST_MERGED:
                        return found
                rest = text[max(ends, len(text) - 200) :]
    return found


def _text(value: object) -> str:
    """A cell as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _WHOLE:
            return str(int(value))
        # A moment of the day that the column's form does not show as one.
        return f"{value:.15g}"
    if isinstance(value, int):
        return str(value) if abs(value) < _WHOLE else f"{value:.5E}"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, datetime):
        return value.strftime("%H:%M") if value.date() <= date(1900, 1, 1) else value.strftime("%d/%m/%Y")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return str(value)
