"""Fuzz by hand: `python -m tests.fuzz --n 50000 --seed 7`."""

import argparse
import contextlib
import io
import secrets
import sys
import tempfile
from pathlib import Path

from checkin import beside, clock
from tests import worlds
from tests.conftest import NOW
from tests.fuzz import cheap, run
from tests.security import tenants


def main() -> int:
    """Send the requests; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--n", type=int, default=50_000, help="requests")
    parser.add_argument("--seed", type=int, default=None, help="the same seed sends the same requests")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else secrets.randbelow(10**9)
    print(f"{asked.n} requests, seed {seed}", flush=True)
    beside.start = lambda *_command: None  # type: ignore[assignment, return-value]
    with tempfile.TemporaryDirectory() as folder, cheap.passwords(), cheap.disk(), clock.fixed(NOW):
        # The log of the product would fill the screen.
        with contextlib.redirect_stdout(io.StringIO()):
            town = tenants.build(worlds.sqlite_world(Path(folder)))
            outcome = run.fuzz(town, asked.n, seed)
        town.world.let_go()
    for wrong in outcome.wrong:
        print(wrong)
    rate = outcome.sent / outcome.seconds
    print(f"{outcome.sent} requests in {outcome.seconds:.0f} s ({rate:.0f} a second), slowest {outcome.slowest:.2f} s")
    print(f"answers: {dict(sorted(outcome.statuses.items()))}; wrong: {len(outcome.wrong)}")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
