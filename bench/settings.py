"""Check-ins a second under other classes and numbers of workers and threads: `python -m bench.settings`."""

import argparse
import sys

from bench import cluster, load, loading
from bench.plan import plan
from bench.serving import PROXIED, serve
from bench.visitors import Visitors
from tests.worlds import vault_of

# Class, workers, threads.
SETTINGS = (("sync", 2, 1), ("gthread", 2, 2), ("gthread", 2, 4), ("gthread", 2, 8), ("gthread", 4, 2), ("sync", 4, 1))


def main() -> int:
    """Measure each setting in turn, round by round, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.settings", description=__doc__)
    parser.add_argument("--visits", default="1e6", help="visits in the database")
    parser.add_argument("--rounds", type=int, default=4, choices=range(1, 11))
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    try:
        size = plan(int(float(asked.visits)), quick=False).big
    except ValueError as error:
        parser.error(str(error))
    with cluster.own(small=size.visits < 1_000_000) as (server, folder):
        world = loading.make_world(folder, server, "big")
        visitors = Visitors(loading.load(world, size, print), vault_of(world.app()), seed=2)
        cluster.make_durable(server)
        results = {setting: load.Result() for setting in SETTINGS}
        memory = dict.fromkeys(SETTINGS, 0.0)
        each = size.known // (asked.rounds * len(SETTINGS))
        for number in range(asked.rounds):
            # Each round begins with another one, so that none always comes first.
            for setting in (*SETTINGS[number % len(SETTINGS) :], *SETTINGS[: number % len(SETTINGS)]):
                kind, workers, threads = setting
                options = ("--worker-class", kind, "--threads", str(threads))
                env = world.env("public") | PROXIED
                with serve(env, folder / "gunicorn.log", workers=workers, options=options) as public:
                    # The first check-ins of a worker warm its caches and count for nothing.
                    load.run(public.port, iter(visitors.first_time(public.port, 40 * workers)), seconds=asked.seconds)
                    requests = visitors.returning(public.port, each)
                    results[setting].add(load.run(public.port, iter(requests), seconds=asked.seconds))
                    memory[setting] = max(memory[setting], sum(public.memory().values()))
                print(
                    f"round {number + 1}: {kind} {workers} x {threads}: {results[setting].rates[-1]:.0f}/s", flush=True
                )
    print("\nclass    workers x threads  POST/s  p50 ms  p95 ms  p99 ms  worst round  MB in all")
    for (kind, workers, threads), result in results.items():
        marks = "  ".join(f"{result.percentile(mark):6.1f}" for mark in (0.5, 0.95, 0.99))
        refused = "" if result.clean else f"  refused: {dict(result.statuses)}"
        print(
            f"{kind:<8} {workers:>7} x {threads:<7}  {result.rate:6.0f}  {marks}  {min(result.rates):11.0f}  "
            f"{memory[kind, workers, threads]:9.0f}{refused}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
