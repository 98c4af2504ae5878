"""`make bench`: start everything, load, measure, print, end what was started."""

import argparse
import sys
import time
from pathlib import Path

from bench import (
    checkins,
    cluster,
    contacts,
    expiry,
    lists,
    loading,
    lookups,
    ofcase,
    officer,
    report,
    sizes,
    staffpages,
)
from bench.plan import Plan, plan
from bench.report import Figure
from checkin import clock
from tests.worlds import vault_of


def main() -> int:
    """Measure once; 0 when every figure could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--visits", default="", help="1e6 (the default), 10e6, 40e6; 2e5 with --quick")
    parser.add_argument("--quick", action="store_true", help="short rounds on a small database, under three minutes")
    parser.add_argument(
        "--markdown", metavar="FILE", type=Path, help="print a file of results as Markdown, and no more"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help="where the results go; bench/results by itself")
    asked = parser.parse_args()
    if asked.markdown:
        print(report.table(report.read(asked.markdown), markdown=True))
        return 0
    try:
        chosen = plan(int(float(asked.visits or ("2e5" if asked.quick else "1e6"))), quick=asked.quick)
    except ValueError as error:
        parser.error(str(error))
    figures = measure(chosen)
    path = asked.out or report.RESULTS / f"{clock.today()}{'-quick' if asked.quick else ''}.json"
    report.write(figures, path)
    print(f"\n{report.table(figures)}\n\nwritten: {path}")
    return 0


def measure(chosen: Plan) -> list[Figure]:
    """One run: servers of its own in folders of their own, all taken away at the end."""
    before = report.load_average()
    began = time.perf_counter()
    with cluster.own(small=chosen.big.visits < 1_000_000) as (server, folder):
        say(f"machine: {report.machine(server.programs)}; load average {before}")
        figures = _figures(chosen, server, folder, began)
        loads = f"load average before {before}, after {report.load_average()}"
        about = f"{report.machine(server.programs)}; {clock.today()}; {loads}"
        return [Figure("machine", about, ""), *figures]


def _figures(chosen: Plan, server: cluster.Cluster, folder: Path, began: float) -> list[Figure]:
    worlds, loaded = {}, {}
    for name, size in (("small", chosen.small), ("big", chosen.big)):
        say(f"loading {name}: {size.visits:,} visits, {size.venues:,} venues, {size.people:,} people")
        worlds[name] = loading.make_world(folder, server, name)
        loaded[name] = loading.load(worlds[name], size, say)
        done = loaded[name]
        say(f"  {done.visits:,} visits, {done.declarations:,} declarations: {done.seconds:.0f} s")
    cluster.make_durable(server)
    big = loaded["big"]
    figures = [
        Figure("visits loaded", big.visits, "visits"),
        Figure("declarations loaded", big.declarations, "declarations"),
        Figure("loading by COPY", report.rounded(big.visits / big.seconds), "visits/s"),
    ]
    vault = vault_of(worlds["big"].app())
    say("check-ins")
    figures += checkins.measure(worlds["big"], vault, big, server, chosen, folder, say)
    for world in worlds.values():
        officer.enrol(world)
    say("lookups")
    figures += lookups.measure(worlds, loaded, chosen, folder, say)
    say("contacts")
    figures += contacts.measure(worlds, loaded, chosen, say)
    say("lists")
    figures += lists.measure(worlds["big"], big, chosen, folder, say)
    say("sizes, and the oldest day")
    figures += sizes.measure(worlds["big"], big)
    figures += expiry.measure(worlds["big"], big, say)
    # Last: open cases make the night's work longer, and their lists the database larger.
    say("the list of a case")
    figures += ofcase.measure(worlds["big"], big, chosen, folder, say)
    say("the staff's pages")
    first = staffpages.prepare(worlds["big"], big.communes, chosen.cases, say)
    figures += staffpages.measure(worlds["big"], first, chosen.cases, chosen.lookups, folder, say)
    figures.append(Figure("whole run", report.rounded(time.perf_counter() - began), "s", aim="at most 2,400 s"))
    return figures


def say(line: str) -> None:
    """Tell whoever waits."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
