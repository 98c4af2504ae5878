"""What the log asks of those that stand above it."""

from blinker import Namespace

_signals = Namespace()

# Who was looked up since a moment, by lookups by person: (session, since), the session as the sender. Answered with a
# list of `unusual.Asked`, in which people are blind indexes and nothing readable.
gathering_lookups = _signals.signal("gathering-lookups")
# What accounts and invitations of staff sign in with: (session, ids); answered with logins by id, of those that the
# reader may see.
naming_subjects = _signals.signal("naming-subjects")
# Which accounts of staff have these words in their login: (session, words); answered with their ids.
accounts_called = _signals.signal("accounts-called")
