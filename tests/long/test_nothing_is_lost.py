"""What was acknowledged is there exactly once, whatever is killed, filled up, stopped or left hanging meanwhile.

The rounds are those of `make bench-faults`, fewer of them. Two controls show that the same rounds see a loss and a
double where there is one.
"""

import os
import random
import signal
from pathlib import Path

import pytest

from bench.faults import breaking
from bench.faults.disk import MISSING, mountable
from bench.faults.processes import children, kill
from bench.faults.rounds import play, whole
from bench.faults.stage import stage
from tests.servers import POSTGRESQL_MISSING, postgresql_programs

pytestmark = pytest.mark.long

VISITS = int(os.environ.get("VISITS", "20000"))
SEED = 20261122
# Shares of the visits by database, then by fault: six and one on PostgreSQL, three and one on SQLite.
EACH = {"postgresql": VISITS // 10, "sqlite": VISITS * 3 // 40}


@pytest.fixture(params=["postgresql", pytest.param("sqlite", marks=pytest.mark.wide)])
def kind(request):
    if request.param == "postgresql" and postgresql_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    return request.param


@pytest.fixture
def small_disks():
    if not mountable():
        # Where it counts, a check that is left out is a failure.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)


def writer_of_the_log(scene):
    (pid,) = (pid for pid in children(scene.cluster.pid) if b"walwriter" in Path(f"/proc/{pid}/cmdline").read_bytes())
    return pid


def survive(scene, faults, visitors):
    """Play a round with each fault on a stage; everything must be there at the end, also of the first round."""
    rng = random.Random(SEED)
    for name, fault in faults.items():
        played = play(scene, name, fault, visitors, rng)
        assert played.faultless, played
        assert played.acknowledged >= visitors * 0.8, played
    verdict = whole(scene)
    assert verdict.clean, verdict
    assert verdict.visits >= len(faults) * visitors * 0.8
    assert not scene.server.left_behind()
    log = scene.server.log.read_text(errors="replace")
    assert "unexpected error" not in log
    assert "Người Thứ" not in log


@pytest.mark.wide
def test_no_visit_is_lost_or_doubled_when_processes_are_killed_or_stopped_or_clients_hang(kind):
    with stage(kind) as scene:
        survive(scene, breaking.ON_POSTGRESQL if kind == "postgresql" else breaking.EVERYWHERE, EACH[kind])


def test_a_full_disk_refuses_visitors_with_what_they_typed_and_takes_them_when_there_is_room(kind, small_disks):
    with stage(kind, small=True) as scene:
        survive(scene, breaking.ON_SMALL_DISK, EACH[kind])


@pytest.mark.wide
@pytest.mark.parametrize(("commit", "loses"), [("off", True), pytest.param("on", False, marks=pytest.mark.wide)])
def test_the_same_round_loses_visits_exactly_where_a_commit_does_not_wait_for_the_log(commit, loses):
    if postgresql_programs() is None:
        pytest.skip(POSTGRESQL_MISSING)
    settings = (f"ALTER SYSTEM SET synchronous_commit = '{commit}'", "ALTER SYSTEM SET wal_buffers = '64MB'")
    with stage("postgresql", settings=settings) as scene:
        # Whoever does not wait relies on the writer of the log, which stands still here.
        kill(writer_of_the_log(scene), signal.SIGSTOP)
        played = play(scene, "PostgreSQL killed", breaking.kill_postgresql, 500, random.Random(SEED))
    assert bool(played.verdict.lost) is loses, played
    assert played.verdict.clean is not loses


@pytest.mark.wide
def test_a_claim_that_holds_nobody_back_is_seen_to_double_visits():
    with stage("sqlite", app="tests.long.broken_claim:app") as scene:
        played = play(scene, "worker killed", breaking.kill_worker, 300, random.Random(SEED))
    # One in five sends twice and is acknowledged twice.
    assert len(played.verdict.doubled) > 300 * 0.1
    assert not played.verdict.lost
    assert not played.faultless
