"""Which visits belong to a case, as its readers would say it, written apart from the product.

It imports nothing of the product. Moments are whole minutes since any fixed moment. A visit belongs to the case when
it is the person's own, or when at any single minute both could have been at the place: the case from its coming until
it left at the latest (and the disease a while longer), the other from coming until leaving at the latest, at the same
venue or at one inside it.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple


class Stay(NamedTuple):
    """One visit of the store."""

    id: Hashable
    person: Hashable
    place: str
    entered: int
    latest: int


def belonging(
    stays: Iterable[Stay], person: Hashable, inside: Mapping[str, set[str]], air: int
) -> tuple[set[Hashable], set[Hashable]]:
    """(own, met): the ids of the person's own visits and of those of others who can have met one of them."""
    stays = list(stays)
    own = [stay for stay in stays if stay.person == person]
    met = set()
    for other in stays:
        if other.person == person:
            continue
        for mine in own:
            minutes = range(mine.entered, mine.latest + air + 1)
            if other.place in inside[mine.place] and any(other.entered <= minute <= other.latest for minute in minutes):
                met.add(other.id)
    return {stay.id for stay in own}, met
