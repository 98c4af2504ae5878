"""The log as a file for auditors: JSON lines that anybody can check without us, or CSV for a spreadsheet."""

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from checkin.audit.entry import canonical, entry_hash
from checkin.cells import safe


def json_lines(entries: Iterable[tuple[dict[str, Any], bytes, bytes]]) -> Iterator[str]:
    """A line for each (fields, former hash, hash): the fields in the very form that is hashed."""
    for fields, previous, own in entries:
        yield f'{{"previous":"{previous.hex()}","hash":"{own.hex()}","entry":{canonical(fields)}}}\n'


def csv_lines(entries: Iterable[tuple[dict[str, Any], bytes, bytes]]) -> Iterator[str]:
    """Heads and a line for each entry, every cell neutral; to be read, not to be checked."""
    heads: list[str] | None = None
    for fields, _previous, own in entries:
        values = {**fields, "at": fields["at"].isoformat(), "detail": canonical(fields["detail"]), "hash": own.hex()}
        if heads is None:
            heads = list(values)
            yield "\ufeff" + _line(heads)
        yield _line(values.values())


def check(lines: Iterable[str]) -> tuple[int, int, str]:
    """First and last entry of a file of JSON lines and the last hash. Raises ValueError naming what does not hold.

    Between the entries of a whole log nothing is missing; a file of some days begins after the hash it names first.
    """
    first = last = 0
    before = ""
    for number, line in enumerate(lines, start=1):
        try:
            told = json.loads(line)
            seq, previous, own = told["entry"]["seq"], told["previous"], told["hash"]
            fits = entry_hash(bytes.fromhex(previous), told["entry"]).hex() == own
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} cannot be read") from error
        if not fits:
            raise ValueError(f"line {number}: entry {seq} was changed")
        if last and (previous != before or seq != last + 1):
            raise ValueError(f"line {number}: entry {seq} does not follow entry {last}")
        first, last, before = first or seq, seq, own
    if not last:
        raise ValueError("no entry in this file")
    return first, last, before


def _line(values: Iterable[Any]) -> str:
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(
        [safe(value if isinstance(value, str | int | None) else str(value)) for value in values]
    )
    return out.getvalue()
