"""What the visit store tells those that stand above it."""

from blinker import Namespace

_signals = Namespace()

# Before the visits and declarations of [start, end) are taken out of the store, in the same transaction:
# (session, start, end, now), the session as the sender. Whoever needs any of them longer copies them now, and
# answers with what logs it (callables, or nothing): called once the day is gone, for the log is locked from then on.
day_expiring = _signals.signal("day-expiring")
