"""Somebody at the counter: how they showed who they are, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from checkin.declarations.told import Told
from checkin.declarations.triage import Answers
from checkin.personcards.queries import Card

PAPER_CARD = "paper_card"  # how a visit came about
ASKED = "asked_at_counter"  # flag of a declaration whose answers somebody at the counter gave for the person


@dataclass(frozen=True)
class Shown:
    """Somebody at the counter and what they told; `answers` None within `told` where a card was only scanned.

    `spelt` is the name as the scanner typed it, where its keys spelt another one; `damaged` is True where letters
    of the name are missing.
    """

    told: Told
    channel: str
    spelt: str = ""
    damaged: bool = False
    flags: tuple[str, ...] = ()

    @property
    def answers(self) -> Answers | None:
        """What they answered; None where nobody asked."""
        return self.told.answers

    def fingerprint(self) -> str:
        """The same text for the same record."""
        return f"{self.told.fingerprint()}\x1f{self.flags}"


@dataclass(frozen=True)
class ShownCard:
    """Somebody at the counter by the card that was issued to them; their details stay sealed."""

    card: Card
    answers: Answers | None = None
    channel: str = PAPER_CARD
    flags: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """The same text for the same record."""
        return f"{self.card.id}\x1f{self.answers is None}\x1f{self.flags}"


@dataclass(frozen=True)
class Known:
    """Somebody who is recorded: the person, the masked name, and what a declaration says of them."""

    person_id: UUID
    masked_name: str
    on_file: Mapping[str, Any]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recorded:
    """What came of it: the masked name, since when the visit is, the word for today, and new, extended or same."""

    masked_name: str
    entered_at: datetime
    result: str
    outcome: str
