"""Counts by what makes sense at a place: a device, a network at a venue. Over a number, the answer is 429."""

import time

from flask_limiter.util import get_remote_address
from limits.storage import Storage
from werkzeug.exceptions import TooManyRequests

from checkin.web import limiter, network


def here() -> str:
    """The network that this request comes from."""
    return network(get_remote_address())


def count(what: str, of: object, seconds: int, number: int = 1) -> int:
    """How often this was counted within the running window of so many seconds, this time included; or `number` times.

    0 where limits are switched off.
    """
    return int(_storage().incr(_key(what, of), seconds, number)) if limiter.enabled else 0


def refuse(what: str, of: object) -> TooManyRequests:
    """The answer to what is too much, to be raised; it says in how many seconds the window is over."""
    # The counters run by the machine's own clock.
    # nosemgrep: the-clock-is-elsewhere
    return TooManyRequests(retry_after=max(1, round(_storage().get_expiry(_key(what, of)) - time.time())))


def _key(what: str, of: object) -> str:
    return f"{what}/{of}"


def _storage() -> Storage:
    storage: Storage = limiter.storage
    return storage
