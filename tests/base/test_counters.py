"""Counters of the limits: they count, forget, and start no threads."""

import socket
import threading
import time

import pytest
from limits.storage import storage_from_string

from checkin import counters
from checkin.counters import ProcessStorage, SharedStorage, storage_uri


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


# In Redis, for all processes.


def shared(redis):
    return SharedStorage(f"shared+{redis.url}")


def test_two_processes_count_together_in_redis(redis):
    one, other = shared(redis), shared(redis)
    assert [one.incr("a", 60), other.incr("a", 60), one.incr("a", 60)] == [1, 2, 3]
    assert other.get("a") == 3
    assert 0 < other.get_expiry("a") - time.time() <= 60


def test_without_redis_each_process_counts_for_itself_and_says_so(redis, monkeypatch, capsys):
    monkeypatch.setattr(counters, "PAUSE_SECONDS", 0.2)
    storage, before = shared(redis), counters.STORAGE_DOWN._value.get()
    storage.incr("a", 60)
    redis.stop()
    began = time.monotonic()
    assert [storage.incr("a", 60) for _ in range(50)] == list(range(1, 51))  # so that no limit vanishes
    assert storage.get("a") == 50
    assert time.monotonic() - began < 2
    assert counters.STORAGE_DOWN._value.get() > before
    said = capsys.readouterr().out
    assert "shared counters unreachable" in said and str(redis.port) not in said
    redis.start()
    time.sleep(0.25)
    assert storage.incr("a", 60) == 1  # it kept nothing, and is asked again


def test_an_address_that_swallows_everything_holds_nobody_up(monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        storage = SharedStorage(f"shared+redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()
        assert [storage.incr("a", 60) for _ in range(100)] == list(range(1, 101))
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("configured", "used"),
    [
        ("memory://", "process://"),
        ("redis://:secret@cache:6379/1", "shared+redis://:secret@cache:6379/1"),
        ("rediss://cache", "shared+rediss://cache"),
        ("redis+unix:///run/redis.sock", "shared+redis+unix:///run/redis.sock"),
    ],
)
def test_the_configured_address_names_its_storage(configured, used):
    assert storage_uri(configured) == used
    assert isinstance(storage_from_string(used), ProcessStorage if configured == "memory://" else SharedStorage)
