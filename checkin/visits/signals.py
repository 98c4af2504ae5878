"""What the visit store tells those that stand above it."""

from blinker import Namespace

_signals = Namespace()

# Before the visits and declarations of [start, end) are taken out of the store, in the same transaction:
# (session, start, end, now). Whoever needs any of them longer copies them now.
day_expiring = _signals.signal("day-expiring")

# Before people to whom nothing in the store refers any more are deleted: (session). Each receiver gives a
# select of the ids of people that it still needs.
people_leaving = _signals.signal("people-leaving")
