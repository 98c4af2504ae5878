"""Every page of the staff that lists or counts, with 10,000 cases and a million contacts: `make bench-lists`."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench import cluster, loading, officer, report, staffstore
from bench.loading import Say
from bench.lookups import interleaved, share
from bench.officer import Officer
from bench.report import Figure, rounded
from bench.serving import serve
from checkin import clock
from checkin.cases.models import number_of
from checkin.db import db
from checkin.places import queries as places
from tests.worlds import World, inside

LIST_MS = 300
CASES = 10_000
COMMAND, STATION = "bench@command", "bench@tram"


def pages(last: str, old: str, chain: str, middle: int) -> dict[str, dict[str, str]]:
    """The addresses of the pages by who opens them; of a case worked on now, one long over, the longest chain."""
    return {
        officer.LOGIN: {
            "lookups, the first page": "/lookup/",
            "work of the stations": "/stations/",
            "hand-over": "/duty/",
            "hand-overs": "/duty/history",
            "aims": "/speed/",
            "cases": "/cases/",
            "older cases": f"/cases/?before={middle}",
            "cases of a state": "/cases/?state=confirmed",
            "a case": f"/cases/{last}",
            "contacts of a case": f"/cases/{last}/contacts",
            "F1s of a case": f"/cases/{old}/contacts?stage=f1",
            "signals": "/signals/",
            "chains": "/chains/",
            "a long chain": f"/chains/{chain}",
            "doubles": "/doubles/",
        },
        COMMAND: {"work of the stations, for command": "/stations/", "aims, for command": "/speed/"},
        STATION: {
            "people to call of a station": "/station/",
            "what a station has done": "/station/?show=done",
            "F1s in quarantine of a station": "/station/quarantine/",
            "F1s ill or positive of a station": "/station/quarantine/?show=ill",
        },
    }


def prepare(world: World, communes: list[str], cases: int, say: Say) -> int:
    """Fill a database in which a CDC officer has an account; how many cases there were before."""
    officer.enrol(world, COMMAND, "command")
    officer.enrol(world, STATION, "commune", communes[0])
    return staffstore.fill(world, communes, cases, say)


def measure(world: World, first: int, cases: int, rounds: int, folder: Path, say: Say) -> list[Figure]:
    """Every page, opened again and again, of what was prepared."""
    last, old = number_of(first + cases - cases // 100), number_of(first + cases - cases // 10)
    asked = pages(last, old, number_of(staffstore.longest_chain(world, first)), first + cases // 2)
    ms: dict[str, list[float]] = {}
    with serve(world.env("staff"), folder / "staff-pages.log") as staff:
        steps: dict[str, Callable[[], Any]] = {}
        for login, theirs in asked.items():
            browser = Officer(staff.port, login)
            steps |= {name: partial(browser.get, path) for name, path in theirs.items()}
        for name, times in interleaved(steps, rounds).items():
            ms[name] = [1000 * share(times, mark) for mark in (0.5, 0.95)]
            say(f"  {name}: p50 {ms[name][0]:.0f} p95 {ms[name][1]:.0f} ms")
    aim, many = f"at most {LIST_MS} ms", f"{cases:,} cases and {staffstore.EACH * cases:,} contacts"
    return [
        Figure(f"page of {name}, {many}, {mark}", rounded(value), "ms", aim=aim, holds=value <= LIST_MS)
        for name, both in ms.items()
        for mark, value in zip(("p50", "p95"), both, strict=True)
    ]


def main() -> int:
    """Measure once, on a server of its own that is taken away at the end."""
    parser = argparse.ArgumentParser(prog="python -m bench.staffpages", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="a hundred contacts are made for each")
    parser.add_argument("--rounds", type=int, default=20, help="how often each page is opened")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where the results go; bench/results by itself")
    asked = parser.parse_args()
    before = report.load_average()
    with cluster.own(small=asked.cases < CASES) as (server, folder):
        world = loading.make_world(folder, server, "big")
        with inside(world.app()):
            province = world.app().extensions["checkin_config"].province
            communes = [place.id for place in places.communes_of(db.session(), province) or ()]
        officer.enrol(world)
        say = partial(print, flush=True)
        first = prepare(world, communes, asked.cases, say)
        cluster.make_durable(server)
        figures = measure(world, first, asked.cases, asked.rounds, folder, say)
        loads = f"load average before {before}, after {report.load_average()}"
        figures.insert(0, Figure("machine", f"{report.machine(server.programs)}; {clock.today()}; {loads}", ""))
    path = asked.out or report.RESULTS / f"staffpages-{clock.today()}.json"
    report.write(figures, path)
    print(f"\n{report.table(figures)}\n\nwritten: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
