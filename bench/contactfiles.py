"""The contacts of all cases as a file, with their names opened: CSV and JSON as they come, a workbook as a job."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import psycopg

from bench import cluster, loading, officer, report, staffpages, staffstore
from bench.lists import FLAT, Watch, workbook
from bench.loading import Say
from bench.officer import Officer
from bench.report import Figure, rounded
from bench.serving import serve
from checkin import clock
from checkin.db import db
from checkin.places import queries as places
from tests.worlds import World, inside

CASES = 1_000
# Everybody is still to be called: one list has them all.
TO_CALL = "UPDATE contact SET stage = 'call', result = NULL, quarantine_from = NULL, quarantine_until = NULL"
# What a line is made of.
ROWS = 'COPY (SELECT c.*, k.seq FROM contact c JOIN "case" k ON k.id = c.case_id ORDER BY k.seq, c.due_at) TO STDOUT'


def measure(world: World, folder: Path, say: Say) -> list[Figure]:
    """The list of people to call of all cases, beside COPY of the same rows."""
    with (
        serve(world.env("staff"), folder / "staff-files.log") as staff,
        psycopg.connect(world.superuser_url) as raw,
    ):
        raw.execute(TO_CALL)
        (people,) = raw.execute("SELECT count(*) FROM contact").fetchone() or (0,)
        raw.commit()
        browser = Officer(staff.port)
        fields = {"list": "call", "form": "csv", "columns": "own", "reason": officer.REASON, "csrf_token": browser.csrf}
        page = browser.post("/cases/export", fields, 307).headers["Location"].rpartition("/")[0]
        browser.take_at_once(page)
        for _ in range(2):  # memory that any first page takes is no part of the list's
            browser.get("/cases/")
        began = time.perf_counter()
        with raw.cursor() as cursor, cursor.copy(ROWS) as copy:
            for _piece in copy:
                pass
        floor = time.perf_counter() - began
        raw.rollback()
        figures = []
        for form, mark, more in (("csv", b"\r\n", 2), ("json", b'"STT"', 0)):
            with Watch(staff) as watch:
                got = browser.post(f"{page}/export.{form}", {"csrf_token": browser.csrf}, 200)
            if (lines := got.body.count(mark) - more) != people:
                raise RuntimeError(f"the list has {lines} lines for {people} people")
            say(f"  {people:,} contacts: {form} {got.took:.1f} s, first byte {got.first:.2f} s, {watch.grown:.0f} MB")
            figures += [
                Figure(f"{people:,} contacts as {form.upper()}, names opened", rounded(got.took), "s", rounded(floor),
                       rounded(got.took / floor), "the floor is COPY of the same rows"),
                Figure("its first byte", rounded(got.first), "s", aim="under 1 s", holds=got.first < 1),
                Figure("memory by which its worker grew (PSS)", rounded(watch.grown), "MB",
                       aim=f"flat: at most {FLAT} MB", holds=watch.grown <= FLAT),
            ]  # fmt: skip
        return figures + workbook(browser, staff, raw, page, people, floor, say)


def main() -> int:
    """Measure once, on a server of its own that is taken away at the end."""
    parser = argparse.ArgumentParser(prog="python -m bench.contactfiles", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help=f"{staffstore.EACH} contacts are made for each")
    asked = parser.parse_args()
    with cluster.own(small=True) as (server, folder):
        world = loading.make_world(folder, server, "big")
        with inside(world.app()):
            province = world.app().extensions["checkin_config"].province
            communes = [place.id for place in places.communes_of(db.session(), province) or ()]
        officer.enrol(world)
        say = partial(print, flush=True)
        staffpages.prepare(world, communes, asked.cases, say)
        cluster.make_durable(server)
        before = report.load_average()
        figures = measure(world, folder, say)
        loads = f"load average before {before}, after {report.load_average()}"
        figures.insert(0, Figure("machine", f"{report.machine(server.programs)}; {clock.today()}; {loads}", ""))
    print(report.table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
