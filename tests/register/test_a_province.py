"""A whole province's register: 60,000 deliberately messy rows by the command, twice."""

import json
import subprocess
import sys

import pytest

from checkin.config import ROOT

pytestmark = [pytest.mark.long, pytest.mark.postgresql]
ROWS = 60_000


@pytest.mark.wide
def test_sixty_thousand_messy_rows_are_each_counted_and_a_second_run_changes_nothing():
    command = [sys.executable, "-m", "bench.register_file", str(ROWS), "postgresql", "csv"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=800, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout[run.stdout.index("{") :])
    first, repeat = told["first, result"], told["repeat, result"]
    outcomes = ("created", "updated", "same", "rejected")
    assert first["rows"] == ROWS == sum(first[name] for name in outcomes) and first["created"] > ROWS * 0.9
    assert (repeat["created"], repeat["updated"], repeat["rejected"]) == (0, 0, first["rejected"])
    assert repeat["same"] == first["created"] + first["same"]
    # Measured: 293.
    assert told["largest process, MB"] < 450
