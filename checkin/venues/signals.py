"""What the pages of an owner ask those that stand above venues."""

from blinker import Namespace

_signals = Namespace()

# What is left to do at these venues of the signed-in owner: (session, venues, today), the session as the sender. Who
# knows of something answers with words of `duties.DUTIES` by venue.
duties_asked = _signals.signal("duties-asked")
