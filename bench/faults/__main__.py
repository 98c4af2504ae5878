"""`make bench-faults`: many rounds, each with a fault chosen at random, and a table of what came of them."""

import json
import os
import random
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.faults.breaking import EVERYWHERE, ON_POSTGRESQL, ON_SMALL_DISK, Fault
from bench.faults.disk import MISSING, mountable
from bench.faults.rounds import Round, play, whole
from bench.faults.stage import stage
from checkin.clock import to_local

# Fewer are through before a disk that is full refuses anybody.
LEAST = 500
RESULTS = Path(__file__).resolve().parents[1] / "results"
# (database, on a small disk, what goes wrong there, how often it is chosen)
STAGES: list[tuple[str, bool, dict[str, Fault], int]] = [
    ("postgresql", False, ON_POSTGRESQL, 6),
    ("postgresql", True, ON_SMALL_DISK, 1),
    ("sqlite", False, EVERYWHERE, 3),
    ("sqlite", True, ON_SMALL_DISK, 1),
]


def plan(rounds: int, rng: random.Random, disks: bool) -> list[list[str]]:
    """The faults of each stage: every fault once as far as the rounds reach, then at random."""
    pairs = [(n, name) for n, (_, small, faults, _) in enumerate(STAGES) if disks or not small for name in faults]
    weights = [STAGES[n][3] / len(STAGES[n][2]) for n, _ in pairs]
    chosen = rng.sample(pairs, min(rounds, len(pairs))) + rng.choices(pairs, weights, k=max(0, rounds - len(pairs)))
    return [[name for n, name in chosen if n == wanted] for wanted in range(len(STAGES))]


def summary(rounds: list[Round]) -> list[dict[str, Any]]:
    """One row for each stage and fault."""
    rows = []
    for key in dict.fromkeys((r.stage, r.fault) for r in rounds):
        mine = [r for r in rounds if (r.stage, r.fault) == key]
        times = [r.recovery for r in mine if r.recovery is not None]
        rows.append(
            {
                "database": key[0],
                "fault": key[1],
                "rounds": len(mine),
                "visits": sum(r.verdict.visits for r in mine),
                "acknowledged": sum(r.acknowledged for r in mine),
                "retried": sum(r.retried for r in mine),
                "refused": sum(r.refused for r in mine),
                "lost": sum(len(r.verdict.lost) for r in mine),
                "doubled": sum(len(r.verdict.doubled) for r in mine),
                "half_written": sum(len(r.verdict.half_written | r.verdict.unknown) for r in mine),
                "strange_answers": dict(sum((Counter(r.strange) for r in mine), Counter())),
                "problems": sorted({r.problem for r in mine if r.problem}),
                "gave_up": sum(r.gave_up for r in mine),
                "slowest_recovery_seconds": round(max(times), 2) if len(times) == len(mine) else None,
                "bound_seconds": round(max(r.bound for r in mine), 2),
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text in columns."""
    texts = [list(rows[0])] + [[str(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in texts)


def main() -> int:
    """Run it; 0 when nothing was lost, doubled or half-written, and every recovery was in time."""
    rounds, visits = int(os.environ.get("ROUNDS", "100")), int(os.environ.get("VISITS", "200000"))
    if visits // rounds < LEAST:
        sys.exit(f"at least {LEAST} visitors a round: VISITS={visits} are too few for ROUNDS={rounds}")
    seed = int(os.environ.get("SEED", "20261122"))
    rng = random.Random(seed)
    disks = mountable()
    if not disks:
        print(f"NO ROUND WITH A FULL DISK: {MISSING}", file=sys.stderr)
    played: list[Round] = []
    faultless, done = disks, 0
    for (kind, small, faults, _), names in zip(STAGES, plan(rounds, rng, disks), strict=True):
        if not names:
            continue
        with stage(kind, small=small) as scene:
            for name in names:
                played.append(play(scene, name, faults[name], visits // rounds, rng))
                done += 1
                last = played[-1]
                took = "never" if last.recovery is None else f"{last.recovery:.1f} s"
                word = "ok" if last.faultless else f"FAILED {last.problem}"
                print(f"{done:>4}/{rounds}  {last.stage}: {name}, good again after {took}, {word}", flush=True)
            at_last = whole(scene)
            left = scene.server.left_behind()
            if not at_last.clean or left:
                print(f"{scene.name}, at the end: {at_last}, workers left behind: {left}", file=sys.stderr)
            faultless = faultless and at_last.clean and not left and all(r.faultless for r in played)
    rows = summary(played)
    print(f"\n{table(rows)}\n\nseed {seed}: {'nothing lost, doubled or half-written' if faultless else 'FAILED'}")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"faults-{to_local(datetime.now(UTC)):%Y-%m-%d}.json"
    path.write_text(json.dumps({"seed": seed, "faultless": faultless, "faults": rows}, indent=1) + "\n")
    print(path)
    return 0 if faultless else 1


if __name__ == "__main__":
    sys.exit(main())
