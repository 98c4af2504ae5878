"""What is sent, and when it is tried again."""

from dataclasses import dataclass, field
from datetime import timedelta

# A message that cannot be sent within a day helps nobody any more.
GIVEN_UP_AFTER = timedelta(days=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True)
class Letter:
    """An address, what the message is about, and its words; a text message has no subject."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries: half a minute, doubled each time, an hour at most."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)
