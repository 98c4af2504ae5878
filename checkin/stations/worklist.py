"""The list of whom a station has to call: order, filters with their counts, pages. Pure, before any name is opened."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol, TypeVar

LEVELS = ("urgent", "watch", "routine")
# What a filter's word means; the first of each is "all that is to do".
STATES = {"": ("new", "called"), "new": ("new",), "called": ("called",), "done": ("done",)}
KINDS = {
    "": ("door", "ill", "enter", "return", "leave"),
    "ill": ("ill",),
    "door": ("door",),
    "arrive": ("enter", "return"),
    "leave": ("leave",),
}


class Entry(Protocol):
    """What the order and the filters look at."""

    @property
    def made_at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def day(self) -> date: ...
    @property
    def triage(self) -> str: ...
    @property
    def state(self) -> str: ...


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to: words of STATES, LEVELS (or none) and KINDS."""

    show: str = ""
    only: str = ""
    kind: str = ""

    @property
    def known(self) -> bool:
        """True where every word means something."""
        return self.show in STATES and self.only in ("", *LEVELS) and self.kind in KINDS

    def fits(self, entry: Entry) -> bool:
        """True where an entry is to be shown."""
        return (
            entry.state in STATES[self.show]
            and (not self.only or entry.triage == self.only)
            and entry.kind in KINDS[self.kind]
        )

    def address(self, **change: str) -> dict[str, str]:
        """The filter with another word, as it stands in an address."""
        return {name: value for name, value in vars(replace(self, **change)).items() if value}


def ordered(entries: Iterable[E], filters: Filters) -> list[E]:
    """The entries that fit: the more urgent first; of these the newest first, and arrivals by their day."""
    shown = [entry for entry in entries if filters.fits(entry)]
    shown.sort(key=lambda entry: entry.made_at, reverse=True)
    if filters.kind == "arrive":
        shown.sort(key=lambda entry: entry.day)
    shown.sort(key=lambda entry: LEVELS.index(entry.triage) if entry.triage in LEVELS else len(LEVELS))
    return shown


def counts(entries: Sequence[Entry], filters: Filters) -> Counter[tuple[str, str]]:
    """How many there are behind each word of each filter, the other filters as they are: {("only", "urgent"): 3}."""
    words = {"show": tuple(STATES), "only": ("", *LEVELS), "kind": tuple(KINDS)}
    return Counter(
        {
            (name, word): sum(map(replace(filters, **{name: word}).fits, entries))
            for name, known in words.items()
            for word in known
        }
    )
