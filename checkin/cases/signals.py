"""What cases tell those that stand above them."""

from blinker import Namespace

_signals = Namespace()

# Nothing is kept for a case any more, in the transaction that lets go of it: (session, case), the session
# as the sender.
case_released = _signals.signal("case-released")
# A case is another disease than was thought, in the transaction that says so: (session, case), as above.
disease_changed = _signals.signal("disease-changed")
