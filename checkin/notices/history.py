"""What a draft said before each change: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

PLACE, WINDOW, SEVERITY, VIETNAMESE, ENGLISH = FIELDS = ("place", "window", "severity", "words_vi", "words_en")


class Words(Protocol):
    """What a draft, an earlier version of it and a notice that is out have in common."""

    @property
    def venue_id(self) -> UUID: ...
    @property
    def zone_id(self) -> UUID | None: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def severity(self) -> str: ...
    @property
    def words_vi(self) -> str: ...
    @property
    def words_en(self) -> str | None: ...


@dataclass(frozen=True)
class Version:
    """How a draft was left: by whom, when, and its words."""

    by_name: str
    at: datetime
    words: Words


@dataclass(frozen=True)
class Changed:
    """One field before and after; a place as (venue, zone), a window as (start, end)."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Step:
    """A version that followed another one, and what changed in it; nothing where it was saved as it was."""

    by_name: str
    at: datetime
    changes: tuple[Changed, ...]


def steps(first: Words, later: Iterable[Version]) -> list[Step]:
    """What each version changed of the one before it, the first of them of `first`; the newest first."""
    found, before = [], first
    for version in later:
        old, new = _fields(before), _fields(version.words)
        changes = tuple(Changed(name, old[name], new[name]) for name in FIELDS if old[name] != new[name])
        found.append(Step(version.by_name, version.at, changes))
        before = version.words
    return found[::-1]


def _fields(words: Words) -> dict[str, Any]:
    values = (
        (words.venue_id, words.zone_id),
        (words.start, words.end),
        words.severity,
        words.words_vi,
        words.words_en or "",
    )
    return dict(zip(FIELDS, values, strict=True))
