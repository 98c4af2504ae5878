"""Check-ins a second, beside a greeting from the same server and the same statements without the product."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from bench import cluster as clusters
from bench import floor, load, serving, visitors
from bench.loading import Loaded, Say
from bench.plan import Plan
from bench.report import Figure, rounded
from bench.serving import PROXIED, Served, serve
from bench.visitors import Visitors
from checkin import clock
from checkin.vault import Vault
from tests.servers import Cluster
from tests.worlds import World

FASTEST = 2_500
"""Check-ins a second for which requests are made beforehand."""
SCRIPTS = 60
WARM = 200
WORKERS = 2
DATABASE = "big"


def measure(
    world: World, vault: Vault, loaded: Loaded, cluster: Cluster, plan: Plan, folder: Path, say: Say
) -> list[Figure]:
    """Rates of those who return and of newcomers, each round beside its floors; and what workers weigh after."""
    people = Visitors(loaded, vault, seed=1)
    env = world.env("public") | PROXIED
    replay = _scripts(world, people, cluster, folder)
    say(f"  one returning check-in: {_statements(replay[0])} statements")
    results = {name: load.Result() for name in ("hello", "returning", "first")}
    replayed: list[float] = []
    costs = [0.0, 0.0]  # seconds of processor: of the workers, of PostgreSQL
    each = min(int(FASTEST * plan.seconds), (len(loaded.secrets) - people.returned) // plan.rounds)
    with (
        serve(env, folder / "public.log", workers=WORKERS) as public,
        serve(env, folder / "hello.log", app="bench.hello:app", workers=WORKERS) as hello,
    ):
        before = list(public.memory().values())
        # First pages, connections and plans are made once in the life of a worker.
        load.run(public.port, iter(people.first_time(public.port, WARM)), seconds=20)
        for _ in range(plan.rounds):
            greeting = itertools.repeat(visitors.get(hello.port))
            results["hello"].add(load.run(hello.port, greeting, seconds=plan.seconds))
            requests = people.returning(public.port, each)
            used = public.cpu(), serving.cpu(clusters.pid(cluster))
            results["returning"].add(_round(public, requests, plan.seconds))
            costs[0] += public.cpu() - used[0]
            costs[1] += serving.cpu(clusters.pid(cluster)) - used[1]
            replayed.append(floor.pgbench(cluster, DATABASE, replay, seconds=plan.seconds))
            results["first"].add(_round(public, people.first_time(public.port, each), plan.seconds))
        memory = list(public.memory().values())
    for name, result in results.items():
        say(f"  {name}: {result.describe()}")
    for name in ("returning", "first"):
        if not results[name].clean:
            say(f"  refused ({name}): {results[name].sample.decode(errors='replace')[:600]}")
    say(f"  pgbench: {', '.join(f'{rate:.0f}' for rate in replayed)}/s")
    return [*_rates(results, replayed), *_costs(costs, len(results["returning"].took)), *_memory(before, memory)]


def _round(public: Served, requests: list[bytes], seconds: float) -> load.Result:
    return load.run(public.port, iter(requests), seconds=seconds)


def _rates(results: dict[str, load.Result], replayed: list[float]) -> list[Figure]:
    hello, returning, first = (results[name] for name in ("hello", "returning", "first"))
    base = sum(replayed) / len(replayed)
    ok = hello.clean and returning.clean
    figures = [
        Figure(
            "check-in, returning visitor",
            rounded(returning.rate),
            "POST/s",
            rounded(hello.rate),
            rounded(returning.rate / hello.rate),
            "at least 0.12 of hello and 300/s",
            ok and returning.rate >= 0.12 * hello.rate and returning.rate >= 300,
        ),
        Figure(
            "check-in, first-time visitor",
            rounded(first.rate),
            "POST/s",
            rounded(hello.rate),
            rounded(first.rate / hello.rate),
            "at least 0.10 of hello",
            first.clean and hello.clean and first.rate >= 0.10 * hello.rate,
        ),
        Figure(
            "check-in, returning visitor, against pgbench",
            rounded(returning.rate),
            "POST/s",
            rounded(base),
            rounded(returning.rate / base),
            "at least 0.10 of pgbench",
            ok and returning.rate >= 0.10 * base,
        ),
    ]
    for name, result in (("returning", returning), ("first-time", first)):
        for share in (0.5, 0.95, 0.99):
            took = rounded(result.percentile(share))
            figures.append(Figure(f"check-in, {name} visitor, p{round(100 * share)}", took, "ms"))
    return figures


def _costs(costs: list[float], count: int) -> list[Figure]:
    """What one check-in takes of a processor, whoever else uses the machine."""
    names = ("the workers", "PostgreSQL")
    return [
        Figure(f"processor time of {name} for one check-in, returning visitor", rounded(1000 * cost / count), "ms")
        for name, cost in zip(names, costs, strict=True)
    ]


def _memory(before: list[float], after: list[float]) -> list[Figure]:
    return [
        Figure(
            "memory per worker after the check-ins (PSS)",
            rounded(max(after)),
            "MB",
            rounded(max(before)),
            rounded(max(after) / max(before)),
            "at most 80 MB; the floor is before",
            max(after) <= 80,
        )
    ]


def _scripts(world: World, people: Visitors, cluster: Cluster, folder: Path) -> list[Path]:
    """Real check-ins of people who return, one at a time, with their statements as scripts of pgbench."""
    since = clock.now()
    with serve(world.env("public") | PROXIED, folder / "captured.log", workers=1) as public:
        requests = people.returning(public.port, SCRIPTS + 1)

        def send(some: Iterator[bytes]) -> None:
            result = load.run(public.port, some, seconds=60, connections=1)
            if not result.clean:
                raise RuntimeError(f"a check-in was refused: {result.sample.decode(errors='replace')[:600]}")

        send(iter(requests[:1]))  # what a server asks only once is no part of a check-in
        captured = floor.capture(cluster, lambda: send(iter(requests[1:])))
    found = [statements for statements in captured if any("INSERT INTO visit" in one for one in statements)]
    if len(found) != SCRIPTS:
        raise RuntimeError(f"{SCRIPTS} check-ins were sent, {len(found)} stand in the server's log")
    paths = []
    for number, statements in enumerate(found):
        path = folder / f"check-in-{number}.sql"
        path.write_text(floor.script(statements, since))
        paths.append(path)
    return paths


def _statements(path: Path) -> int:
    return sum(1 for line in path.read_text().split(";\n") if line.strip() and not line.startswith("\\"))
