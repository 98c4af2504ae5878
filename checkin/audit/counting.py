"""How often something happened within a minute, so that whoever repeats it does not fill the log.

Entries are made at the first, second, fourth, eighth time and so on: the log shows how often it was, to a factor of
two, and a million tries in a minute make twenty entries. Counted where the limits of requests are counted.
"""

from datetime import datetime

from checkin.web import limiter

MINUTE = 60


def times_if_due(what: str, now: datetime) -> int:
    """The number of this time within its minute where it is due for an entry; else 0."""
    key = f"audit/{what}/{int(now.timestamp()) // MINUTE}"
    # Where the shared counters do not answer, the storage itself counts in this process (`counters.py`).
    times = limiter.storage.incr(key, MINUTE)
    return times if times & (times - 1) == 0 else 0
