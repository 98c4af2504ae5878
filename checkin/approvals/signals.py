"""What approvals tell those that stand above them."""

from blinker import Namespace

_signals = Namespace()

# What was asked may be done from here on, since somebody approved it or who asked cannot wait, in the same transaction:
# (session, approval, actor, now), the session as the sender.
allowed = _signals.signal("approval-allowed")
# Somebody refused what was asked, likewise. What was made meanwhile and not yet fetched is withdrawn.
refused = _signals.signal("approval-refused")
