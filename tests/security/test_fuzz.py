"""Requests that nobody thought of, to every route as everybody: no error of ours, none that hangs, all whole after it.

The same by hand, with more of them: `make fuzz N=200000`.
"""

import os
import random

import pytest

from checkin import beside, clock
from checkin.db import db
from tests import worlds
from tests.conftest import NOW
from tests.fuzz import cheap, run
from tests.fuzz.requests import Maker
from tests.security import fields, tenants
from tests.worlds import inside

SHORT, LONG, PARTS = 60, int(os.environ.get("FUZZ", "5000")), 5
SEED = int(os.environ.get("SEED", "20261122"))


def prove(town, wanted, seed):
    outcome = run.fuzz(town, wanted, seed)
    assert not outcome.wrong, "\n".join(outcome.wrong)
    assert outcome.sent == wanted and outcome.slowest < run.SLOW_SECONDS
    # Not refused at the door: a good part of them does what it is there for.
    assert outcome.statuses[200] > wanted / 8 and (wanted < 1000 or outcome.statuses[303] > 0), outcome.statuses
    return outcome


def test_a_few_strange_requests_break_nothing(town):
    prove(town, SHORT, SEED)


@pytest.mark.long
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.wide) for part in range(1, PARTS))])
def test_many_strange_requests_break_nothing(tmp_path_factory, monkeypatch, part):
    monkeypatch.setattr(beside, "start", lambda *_command: None)
    with cheap.passwords(), cheap.disk(), clock.fixed(NOW):
        town = tenants.build(worlds.sqlite_world(tmp_path_factory.mktemp("fuzz")))
        try:
            prove(town, LONG // PARTS, SEED + part)
        finally:
            town.world.let_go()


@pytest.mark.long
def test_the_same_seed_sends_the_same_requests_and_another_one_others(town):
    typed = fields.typed_fields(town)
    first, again, other = (Maker(town, typed, random.Random(seed)).draw() for seed in ("1", "1", "2"))
    assert first == again != other


def test_an_error_of_ours_a_slow_answer_and_a_broken_row_are_found(town, monkeypatch):
    def breaks(*_arguments, **_more):
        raise RuntimeError("as if")

    monkeypatch.setitem(town.app.view_functions, "front.home", breaks)
    monkeypatch.setattr(run, "SLOW_SECONDS", 0.0)
    outcome = run.Outcome()
    run._send(town, run.Request("GET /", "anonymous", "GET", "/"), outcome, "here")
    assert "RuntimeError" in outcome.wrong[0] and "took" in outcome.wrong[1]
    with inside(town.app):
        db.session.connection().exec_driver_sql("DELETE FROM code")
        db.session.commit()
    assert "a venue without a code in force" in run.broken(town)
    tenants.restore(town)
    assert run.broken(town) == []
