"""Letting go of the oldest day, as the nightly command does it."""

from time import perf_counter

from bench.loading import Loaded, Say
from bench.report import Figure, rounded
from checkin import clock
from checkin.config import Config
from checkin.db import owner_session
from checkin.store import upkeep
from tests.worlds import World


def measure(world: World, loaded: Loaded, say: Say) -> list[Figure]:
    """Seconds until the day is gone, and until people whom nothing refers to any more are gone too."""
    now = clock.now()
    keep_days = world.app().extensions["checkin_rules"].on(loaded.today).retention_days
    gone: list[float] = []
    began = perf_counter()
    # In the application, where cases hear that a day goes.
    with world.app().app_context(), owner_session(Config.from_env(world.env())) as session:
        done = upkeep.expire(
            session, now=now, keep_days=keep_days, say=lambda _line: gone.append(perf_counter() - began)
        )
    whole = perf_counter() - began
    if done.days != 1 or not done.visits or not done.declarations:
        raise RuntimeError(f"one day was to go, and what went is {done}")
    counted = f"{done.visits:,} visits, {done.declarations:,} declarations"
    say(f"  {counted}: gone after {gone[0]:.2f} s, with their people after {whole:.1f} s")
    return [
        Figure(
            f"expire one day of {done.visits:,} visits and {done.declarations:,} declarations, counted and logged",
            rounded(gone[0]),
            "s",
            aim="under 1 s",
            holds=gone[0] < 1,
        ),
        Figure(f"the nightly round with the people of that day ({done.people:,} gone)", rounded(whole), "s"),
    ]
