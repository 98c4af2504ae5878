"""Taking out a list of many people with their names opened: CSV as it comes, a workbook as a job."""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.loading import KIND, Loaded, Say
from bench.lookups import CAP
from bench.officer import Officer, moment
from bench.plan import Plan
from bench.province import TWIN_DAYS
from bench.report import Figure, rounded
from bench.serving import Served, serve
from tests.worlds import World

FLAT = 25
"""Megabytes by which a worker may grow while a list streams."""
JOB_SECONDS = 300
BOUNDS = """
v.venue_id IN (SELECT id FROM venue WHERE kind = %(kind)s) AND v.entered_at BETWEEN %(least)s AND %(end)s
  AND v.until_latest >= %(start)s
"""
PEOPLE = f"SELECT count(DISTINCT v.person_id) FROM visit v WHERE {BOUNDS}"
# One row for each person with the latest declaration: what a line of the list is made of.
ROWS = f"""
COPY (
  SELECT DISTINCT ON (v.person_id) v.person_id, v.venue_id, v.zone_id, v.entered_at, v.left_at, v.until_likely,
    v.until_latest, d.triage, d.commune_id, d.details
  FROM visit v JOIN declaration d ON d.made_at = v.declared_at AND d.id = v.declaration_id
    AND d.made_at BETWEEN %(least)s AND %(end)s
  WHERE {BOUNDS} ORDER BY v.person_id, v.entered_at DESC
) TO STDOUT
"""


@dataclass
class Watch:
    """The memory of each worker, looked at again and again until it is stopped."""

    served: Served
    before: dict[int, float] = field(default_factory=dict)
    most: dict[int, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def grown(self) -> float:
        """Megabytes by which the worker grew that grew most."""
        return max((most - self.before.get(pid, most) for pid, most in self.most.items()), default=0.0)

    def __enter__(self) -> "Watch":
        self.before = self.served.memory()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            for pid, memory in self.served.memory().items():
                self.most[pid] = max(memory, self.most.get(pid, 0.0))
            if self._stop.wait(0.1):
                return


def measure(world: World, loaded: Loaded, plan: Plan, folder: Path, say: Say) -> list[Figure]:
    """The list by CSV and as a workbook, beside COPY of the same people."""
    with (
        serve(world.env("staff"), folder / "staff-lists.log") as staff,
        psycopg.connect(world.urls["all"]) as raw,
    ):
        officer = Officer(staff.port)
        asked, people = _window(raw, loaded, plan.line_list)
        page = officer.ask_place(asked["start"], asked["end"], kind=KIND)
        officer.take_at_once(page)
        for _ in range(2):  # memory that any first page takes is no part of the list's
            officer.get(page)
        copied, times, firsts, grown = [], [], [], []
        lines = 0
        for _ in range(2):
            began = time.perf_counter()
            with raw.cursor() as cursor, cursor.copy(ROWS, asked) as copy:
                for _piece in copy:
                    pass
            copied.append(time.perf_counter() - began)
            raw.rollback()
            with Watch(staff) as watch:
                got = officer.post(f"{page}/export.csv", {"csrf_token": officer.csrf}, 200)
            # Without the heads, and the last line, which says who made the file.
            lines = got.body.count(b"\r\n") - 2
            times.append(got.took)
            firsts.append(got.first)
            grown.append(watch.grown)
        if lines != people:
            raise RuntimeError(f"the list has {lines} lines for {people} people")
        took, floor = min(times), min(copied)
        say(f"  {people:,} people: CSV {took:.1f} s, first byte {max(firsts):.2f} s, COPY {floor:.2f} s")
        figures = [
            Figure(
                f"line list of {people:,} people as CSV, names opened", rounded(took), "s", rounded(floor),
                rounded(took / floor), "the floor is COPY of the same people",
            ),
            Figure("its first byte", rounded(max(firsts)), "s", aim="under 1 s", holds=max(firsts) < 1),
            Figure(
                "memory by which its worker grew (PSS)", rounded(max(grown)), "MB", aim=f"flat: at most {FLAT} MB",
                holds=max(grown) <= FLAT,
            ),
        ]  # fmt: skip
        return figures + workbook(officer, staff, raw, page, people, floor, say)


def _window(connection: psycopg.Connection, loaded: Loaded, wanted: int) -> tuple[dict[str, Any], int]:
    """From when until the end of yesterday so many people were at venues of the kind, and how many exactly."""
    end = moment(loaded.today, 0, 0)
    low, high = end - timedelta(days=len(TWIN_DAYS)), end - timedelta(hours=1)
    for _ in range(6):
        middle = _minute(low + (high - low) / 2)
        _, people = _asked(connection, middle, end)
        low, high = (middle, high) if people >= wanted else (low, middle)
    return _asked(connection, _minute(low), end)


def _asked(connection: psycopg.Connection, start: datetime, end: datetime) -> tuple[dict[str, Any], int]:
    asked = {"kind": KIND, "start": start, "end": end - timedelta(microseconds=1), "least": start - CAP}
    row = connection.execute(PEOPLE, asked).fetchone()
    connection.rollback()
    return asked, int(row[0]) if row else 0


def _minute(value: datetime) -> datetime:
    return value.replace(second=0, microsecond=0)


def workbook(
    officer: Officer, staff: Served, raw: psycopg.Connection, page: str, people: int, floor: float, say: Say
) -> list[Figure]:
    """The same list as a workbook: asked for, waited for, fetched; afterwards nothing of it can be read."""
    began = time.perf_counter()
    shown = 0
    with Watch(staff) as watch:
        job = officer.post(f"{page}/export.xlsx", {"csrf_token": officer.csrf}, 303).headers["Location"]
        asked_after = time.perf_counter() - began
        while True:
            state = officer.get(job).body.decode()
            if 'data-state="done"' in state:
                break
            shown += 'role="progressbar"' in state
            if 'data-state="failed"' in state or 'data-state="gone"' in state:
                raise RuntimeError("the workbook could not be made")
            if time.perf_counter() - began > JOB_SECONDS:
                raise TimeoutError(f"no workbook within {JOB_SECONDS} s")
            time.sleep(0.5)
        ready = time.perf_counter() - began
        body = officer.post(f"{job}/file", {"csrf_token": officer.csrf}, 200).body
    if not body.startswith(b"PK"):
        raise RuntimeError("what came is no workbook")
    left = _readable(raw)
    say(f"  workbook of {len(body) / 1024**2:.1f} MB: answered after {asked_after:.2f} s, ready after {ready:.1f} s")
    return [
        Figure(f"line list of {people:,} people as XLSX, ready", rounded(ready), "s", rounded(floor),
               rounded(ready / floor), "a job with progress", shown > 0 or ready < 5),
        Figure("the page answers that the job runs", rounded(asked_after), "s"),
        Figure("memory by which a web worker grew meanwhile (PSS)", rounded(watch.grown), "MB",
               aim=f"flat: at most {FLAT} MB", holds=watch.grown <= FLAT),
        Figure("parts of workbooks that can be read without their key", left, "parts", aim="none", holds=left == 0),
    ]  # fmt: skip


def _readable(raw: psycopg.Connection) -> int:
    """Stored pieces in which the mark of a zip archive or a phone number stands unlocked."""
    rows = raw.execute("SELECT body FROM export_part").fetchall()
    raw.rollback()
    return sum(1 for (body,) in rows if body[:2] == b"PK" or b"xl/worksheets" in bytes(body) or b"+8491" in bytes(body))
