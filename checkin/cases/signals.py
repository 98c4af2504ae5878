"""What cases tell those that stand above them."""

from blinker import Namespace

_signals = Namespace()

# Nothing is kept for a case any more, in the transaction that lets go of it: (session, case), the session
# as the sender.
case_released = _signals.signal("case-released")
# The same when the log is locked already, for who writes entries of their own: (session, case, actor, now).
case_let_go = _signals.signal("case-let-go")
# A case turned out to be none, in the transaction that says so: (session, case, actor, now), and `withdraw`: whether
# what was told to everybody about it is to be taken back too.
case_discarded = _signals.signal("case-discarded")
# A case is another disease than was thought, in the transaction that says so: (session, case), as above.
disease_changed = _signals.signal("disease-changed")
# What is kept for some cases is another than before, in the transaction that changes it, while nobody else may
# (`service.lock_kept`): (session, cases: their ids, or what selects them), as above.
kept_changed = _signals.signal("kept-changed")
