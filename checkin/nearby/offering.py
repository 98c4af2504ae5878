"""Who is offered as perhaps near an F1, and in which order: a pure rule. Nobody becomes anything by it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

# The strongest first: who has the same phone lives there, or is called through it; who stood on one form came along.
PHONE, FORM, SHIFT = REASONS = ("phone", "form", "shift")
HOUSEHOLD = (PHONE, FORM)


@dataclass(frozen=True)
class Shared:
    """One thing that somebody has in common with an F1: how many forms or shifts, and the day of the last of them."""

    person_id: UUID
    why: str
    times: int = 0
    last: date | None = None
    # Where they work together.
    venue_id: UUID | None = None


@dataclass(frozen=True)
class Offer:
    """Somebody with all that they share, the strongest first."""

    person_id: UUID
    shared: tuple[Shared, ...]

    def met_on(self, first: date, today: date) -> date:
        """The last day together: today's for a household, else that of the last shift, and none before `first`."""
        if any(one.why in HOUSEHOLD for one in self.shared):
            return today
        return max(first, *(one.last for one in self.shared if one.last))


def offers(found: Iterable[Shared], without: Collection[UUID]) -> list[Offer]:
    """Everybody who shares something, but those `without`: by the strongest thing that they share, then who shares
    more forms and shifts, then the later ones, then who has been known longer."""
    by_person: dict[UUID, dict[tuple[str, UUID | None], Shared]] = {}
    for one in found:
        if one.person_id in without:
            continue
        theirs, key = by_person.setdefault(one.person_id, {}), (one.why, one.venue_id)
        theirs[key] = _together(theirs[key], one) if key in theirs else one
    people = (Offer(person, tuple(sorted(own.values(), key=_strength))) for person, own in by_person.items())
    return sorted(people, key=_rank)


def _together(one: Shared, other: Shared) -> Shared:
    last = max(filter(None, (one.last, other.last)), default=None)
    return Shared(one.person_id, one.why, one.times + other.times, last, one.venue_id)


def _strength(one: Shared) -> tuple[int, int, int, UUID]:
    return REASONS.index(one.why), -one.times, -_day(one), one.venue_id or UUID(int=0)


def _rank(offer: Offer) -> tuple[int, int, int, UUID]:
    times = sum(one.times for one in offer.shared)
    return REASONS.index(offer.shared[0].why), -times, -max(map(_day, offer.shared)), offer.person_id


def _day(one: Shared) -> int:
    return one.last.toordinal() if one.last else 0
