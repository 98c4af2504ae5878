"""Counters of the limits: they count, forget, and start no threads."""

import threading

import pytest

from checkin import counters
from checkin.counters import ProcessStorage


@pytest.fixture
def storage(monkeypatch):
    """A storage whose clock the test moves on."""
    now = [1000.0]
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: now[0])
    monkeypatch.setattr(counters.time, "monotonic", lambda: now[0])
    made = ProcessStorage()
    made.now = now
    return made


def test_it_counts_within_the_window_and_begins_anew_after_it(storage):
    assert [storage.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    storage.now[0] += 59
    assert storage.incr("a", 60) == 4
    storage.now[0] += 1
    assert storage.incr("a", 60) == 1


def test_a_thousand_networks_start_no_thread_and_are_forgotten(storage):
    before = threading.active_count()
    for number in range(1000):
        storage.incr(f"10.0.{number}", 60)
    assert threading.active_count() == before
    storage.now[0] += 60 + counters.SECONDS
    storage.incr("another", 60)
    assert list(storage.storage) == ["another"]


def test_what_is_over_does_not_count_although_nobody_looked_through_it_yet(storage):
    storage.incr("a", 1)
    storage.now[0] += 2
    assert storage.get("a") == 0
