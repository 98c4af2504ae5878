"""What this feature tells others."""

from typing import Any

from blinker import Namespace

# Sent with `session`, `lookup`, `people` (their ids) and `now`, in the transaction that says how many were shown.
people_compared: Any = Namespace().signal("people-compared")
