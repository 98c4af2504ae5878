"""What contacts tell those that stand above them."""

from blinker import Namespace

_signals = Namespace()

# Somebody is another one than before, in the transaction that says so: (session, now, actor, contact, rules), the
# session as the sender.
stage_changed = _signals.signal("contact-stage-changed")
