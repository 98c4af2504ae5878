"""What became of the rows, in pages that are kept and shown, and as the file of those that were refused."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask_babel import gettext

from checkin.cells import safe
from checkin.register.columns import FIELDS as COLUMNS
from checkin.register.columns import Header
from checkin.register.models import ERRORS
from checkin.register.planning import ASKED, OUTCOMES, REJECTED
from checkin.register.reasons import FIELDS, NOTES, WORDS
from checkin.register.running import Findings, Result
from checkin.register.tables import Row

PAGE = 100
PIECE = 256 * 1024
KINDS = (*OUTCOMES, ASKED, ERRORS)
SHOWN = 200
_NAME, _ADDRESS, _COMMUNE, _DISTRICT, _NUMBER = (
    COLUMNS.index(name) for name in ("name", "address", "commune", "district", "number")
)


def pages(found: Findings, header: Header) -> Iterator[tuple[str, int, bytes]]:
    """(outcome, number, page) of everything, and the file of refused rows in pieces."""
    for outcome in (*OUTCOMES, ASKED):
        of = [result for result in found.results if result.outcome == outcome]
        for number, start in enumerate(range(0, len(of), PAGE)):
            lines = [_line(result) for result in of[start : start + PAGE]]
            yield outcome, number, json.dumps(lines, ensure_ascii=False).encode()
    number, waiting = 0, io.BytesIO()
    for line in refused_lines(found, header):
        waiting.write(line)
        if waiting.tell() >= PIECE:
            yield ERRORS, number, waiting.getvalue()
            number, waiting = number + 1, io.BytesIO()
    if waiting.tell():
        yield ERRORS, number, waiting.getvalue()


def opened(page: bytes) -> list[dict[str, Any]]:
    """The lines of a page, their reasons and notes in words."""
    lines: list[dict[str, Any]] = json.loads(page)
    for line in lines:
        line["why"] = [_word(word, line) for word in line["why"]]
        line["notes"] = [str(NOTES[word]) for word in line["notes"]]
        line["changed"] = [str(FIELDS[word]) for word in line["changed"]]
    return lines


def refused_lines(found: Findings, header: Header) -> Iterator[bytes]:
    """The file of refused rows: the cells as they were, before them the line and all reasons; nothing without a row."""
    first = True
    for result in found.results:
        if result.outcome not in (REJECTED, ASKED):
            continue
        if first:
            heads = [gettext("Dòng"), gettext("Lý do"), *(header.headings[at] for at in header.kept)]
            yield b"\xef\xbb\xbf" + _csv(heads)
            first = False
        yield _csv([str(result.row.line), reasons_of(result), *_kept(result.row, header)])


def reasons_of(result: Result) -> str:
    """All reasons of a row in words."""
    names = ", ".join(row.full_name for row in result.asked.communes) if result.asked else ""
    given = {"line": result.line or "", "communes": names}
    return "; ".join(_word(word, given) for word in result.reasons)


def _kept(row: Row, header: Header) -> list[str]:
    if len(row.cells) > len(header.headings) or row.fault:
        return list(row.cells)
    return [row.cells[at] if at < len(row.cells) else "" for at in header.kept]


def _csv(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    # Semicolons, at which spreadsheets of a country with decimal commas split.
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


def _line(result: Result) -> dict[str, Any]:
    told: Sequence[str] = result.told
    if result.row.fault:
        told = [result.row.cells[0] if at == _NAME and result.row.cells else "" for at in range(len(COLUMNS))]
    return {
        "n": result.row.line,
        "number": told[_NUMBER][:40],
        "name": told[_NAME][:SHOWN],
        "address": told[_ADDRESS][:SHOWN],
        "said": ", ".join(filter(None, (told[_COMMUNE][:80], told[_DISTRICT][:80]))),
        "commune": result.commune_id,
        "communes": ", ".join(row.full_name for row in result.asked.communes) if result.asked else "",
        "line": result.line,
        "why": list(result.reasons),
        "notes": list(result.notes),
        "changed": list(result.changed),
    }


def _word(word: str, given: dict[str, Any]) -> str:
    text = str(WORDS[word])
    return text % given if "%(" in text else text
