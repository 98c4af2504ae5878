"""What the lookup tells those that stand above it."""

from blinker import Namespace

_signals = Namespace()

# Somebody reads or exports what a lookup found, in the transaction that logs it, before a row is read:
# (session, lookup, case, now), the session as the sender.
lookup_read = _signals.signal("lookup-read")
