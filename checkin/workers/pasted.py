"""Many people at once, pasted from a spreadsheet or read from a file: lines of text, each a row of cells. Pure rules.

Columns are known by a heading, or else stand in the order that the page says.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from checkin.cells import restored
from checkin.fold import ascii_digits, fold
from checkin.names import clean_name, without_ordinal

MOST = 500
LONGEST = 200_000
LONGEST_HEADING = 60
# As the page says it: phone and id number share a column, which `entries.read` tells apart.
ORDER = ("full_name", "birth_year", "phone", "zone", "starts", "ends", "weekdays", "job")
_HEADINGS = {
    "full_name": "ho ten, ho va ten, ten, ten nhan vien, nhan vien, name, full name",
    "birth_year": "nam sinh, ngay sinh, sinh nam, birth year, year of birth, born, date of birth",
    "phone": "dien thoai, so dien thoai, sdt, dt, dien thoai hoac so can cuoc, so dien thoai hoac so can cuoc, "
    "dien thoai hoac can cuoc, phone, phone number, mobile, phone or id, phone or id number",
    "id_number": "so can cuoc, can cuoc, cccd, so cccd, cmnd, ma dinh danh, id, id number",
    "zone": "khu, khu vuc, ten khu, ten khu vuc, quay, quay hang, tang, cho lam, noi lam, noi lam viec, "
    "vi tri lam viec, bo phan, phong ban, phong, ban, doi, nhom, xuong, chuyen, lop, zone, area, department, "
    "section, team, workplace",
    "starts": "tu, tu gio, bat dau, gio vao, gio bat dau, ca, gio lam, from, start, starts",
    "ends": "den, den gio, ket thuc, gio ra, gio ket thuc, to, until, end, ends",
    "weekdays": "ngay lam, cac ngay, thu, ngay, days, weekdays",
    "job": "viec, cong viec, lam gi, chuc vu, vi tri, job, work, role",
}
# Nobody misses the numbers of the lines.
_NUMBERS = ("stt", "so tt", "tt", "so thu tu", "no")
_ORDINAL = re.compile(r"^\s*\d{1,4}[.)]?\s*$")
_MEANING = {words: field for field, listed in _HEADINGS.items() for words in listed.split(", ")}


@dataclass(frozen=True)
class Line:
    """A row: the line as it stood, and its cells by field."""

    text: str
    told: dict[str, str]


@dataclass(frozen=True)
class Pasted:
    """All rows of a text; the heading as it stood (""); True where there were more than are taken at once; what the
    heading calls columns that are not used."""

    lines: list[Line]
    heading: str
    more: bool
    ignored: tuple[str, ...] = ()


def read(text: str) -> Pasted:
    """The rows of a pasted text. Empty lines are passed over."""
    raw = [line for line in re.split(r"\r\n|\r|\n", text[:LONGEST].replace("\x00", "")) if line.strip(" \t;,")]
    if not raw:
        return Pasted([], "", False)
    sign = max("\t;,|", key=lambda one: sum(line.count(one) for line in raw[:20]) * (4 if one == "\t" else 1))
    order, heading = list(ORDER), ""
    ignored: tuple[str, ...] = ()
    named = [_meaning(cell) for cell in _cells(raw[0], sign)]
    if "full_name" in named and sum(field is not None for field in named) >= 2:
        ignored = _ignored(_cells(raw[0], sign), named)
        order, heading, raw = [field or "" for field in named], raw[0], raw[1:]
    lines = []
    for line in raw[:MOST]:
        cells = _cells(line, sign) if heading else _unnumbered(_cells(line, sign))
        told: dict[str, str] = {}
        for field, cell in zip(order, cells, strict=False):
            if field and not told.get(field):
                said = restored(cell).strip()
                told[field] = without_ordinal(said) if field == "full_name" else said
        lines.append(Line(line, told))
    return Pasted(lines, heading, len(raw) > MOST or len(text) > LONGEST, ignored)


def _ignored(cells: list[str], named: list[str | None]) -> tuple[str, ...]:
    """The columns that say nothing here, a second one of the same meaning too."""
    return tuple(
        clean_name(cell[:LONGEST_HEADING])
        for place, (cell, field) in enumerate(zip(cells, named, strict=True))
        if cell.strip() and _plain(cell) not in _NUMBERS and (field is None or field in named[:place])
    )


def _unnumbered(cells: list[str]) -> list[str]:
    """Cells without a first one that only numbers the lines."""
    return cells[1:] if len(cells) > 1 and _ORDINAL.match(ascii_digits(cells[0])) else cells


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """Rows of a workbook as the text that would have been pasted from it."""
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows)


def _cells(line: str, sign: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=sign), [])
    except csv.Error:
        return line.split(sign)


def _meaning(heading: str) -> str | None:
    plain = _plain(heading)
    # "Tổ", where somebody works, is the English "to" without its accents.
    return "zone" if plain == "to" and not heading.isascii() else _MEANING.get(plain)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(re.sub(r"\([^()]*\)|\*", " ", text[:100]))))
