"""Makers of the files that tests load."""

import csv
import json
from pathlib import Path

COLUMNS = ["code", "full_name", "id_number", "phone", "birth_year", "commune", "entered_at", "left_at"]
# What a good row holds; the code comes from the test.
GOOD = {
    "full_name": "Nguyễn Thị Ánh Tuyết",
    "id_number": "022185001234",
    "phone": "0912 345 678",
    "birth_year": "1985",
    "commune": "Phường Hà Tu",
    "entered_at": "2026-11-20T08:30:00+07:00",
    "left_at": "2026-11-20T09:15:00+07:00",
}


def row(code, **changes):
    """A good row with some cells changed."""
    return {"code": code, **GOOD, **changes}


def write(path, rows, columns=COLUMNS, delimiter=",", encoding="utf-8"):
    """A CSV file of these rows."""
    with Path(path).open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(columns)
        writer.writerows([found.get(name, "") for name in columns] for found in rows)
    return path


def load(app, *arguments):
    """(exit code, all that was said, the last line read as JSON where it is) of the command."""
    said = app.test_cli_runner().invoke(args=["visits", "load", *map(str, arguments)])
    last = said.output.strip().splitlines()[-1] if said.output.strip() else ""
    return said.exit_code, said.output, json.loads(last) if last.startswith("{") else None
