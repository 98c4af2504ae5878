"""Answers opened for showing: those of one phone together, each person once."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from checkin.notices.models import Notice
from checkin.replies.models import NoticeAnswer
from checkin.replies.telling import Telling, read
from checkin.vault import Vault, VaultError


@dataclass(frozen=True)
class Aside:
    """That an answer was set aside: when, by whom and why."""

    at: datetime
    by_name: str
    reason: str


@dataclass(frozen=True)
class Answered:
    """One answer with its notice; `telling` is None where it cannot be opened, `aside` unless it was set aside."""

    id: UUID
    made_at: datetime
    notice: Notice
    telling: Telling | None
    aside: Aside | None


@dataclass
class Someone:
    """A person with their answers, the newest first."""

    person_id: UUID
    answers: list[Answered] = field(default_factory=list)
    # How many others answered from the same phone.
    beside: int = 0

    @property
    def telling(self) -> Telling | None:
        """The newest answer that can be opened."""
        return next((one.telling for one in self.answers if one.telling), None)

    @property
    def symptoms(self) -> list[str]:
        """What they told of in any answer, once each."""
        return sorted({word for one in self.answers if one.telling for word in one.telling.symptoms})


def opened(vault: Vault, found: Iterable[tuple[NoticeAnswer, Notice]]) -> list[Someone]:
    """People with their answers, in the order of the phones; the caller has put the reading on record."""
    rows = list(found)
    order = list(dict.fromkeys(bytes(answer.phone_index) for answer, _ in rows))
    rows.sort(key=lambda row: order.index(bytes(row[0].phone_index)))
    everybody: list[Someone] = []
    for _, group in groupby(rows, key=lambda row: bytes(row[0].phone_index)):
        people: dict[UUID, Someone] = {}
        for answer, notice in group:
            one = people.setdefault(answer.person_id, Someone(answer.person_id))
            one.answers.append(Answered(answer.id, answer.made_at, notice, _told(vault, answer), _aside(answer)))
        for one in people.values():
            one.beside = len(people) - 1
        everybody += people.values()
    return everybody


def _aside(answer: NoticeAnswer) -> Aside | None:
    if answer.aside_at is None:
        return None
    return Aside(answer.aside_at, answer.aside_by_name or "", answer.aside_reason or "")


def _told(vault: Vault, answer: NoticeAnswer) -> Telling | None:
    with suppress(VaultError, ValueError, TypeError, KeyError):
        return read(vault.open(answer.details))
    return None
