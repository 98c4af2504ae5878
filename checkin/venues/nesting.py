"""Venues inside one another: a kiosk in a food court in a mall."""

from collections.abc import Hashable, Mapping
from typing import Literal, TypeVar

# A mall holds a food court that holds a kiosk; deeper than this nobody builds.
DEEPEST = 5

Id = TypeVar("Id", bound=Hashable)
Fault = Literal["self", "cycle", "deep"]


def fault(inner: Id, outer: Id, parents: Mapping[Id, Id | None], deepest: int = DEEPEST) -> Fault | None:
    """Why `inner` cannot be put inside `outer`; None where it can.

    `parents` says of each venue around `outer` and inside `inner` what it stands in. "self": it is the same venue;
    "cycle": `outer` stands inside `inner`; "deep": the way from the outermost venue to the innermost would have more
    than `deepest` steps. Ends also where `parents` has a cycle already.
    """
    if inner == outer:
        return "self"
    around = _upwards(outer, parents)
    if inner in around:
        return "cycle"
    below = max(
        (_upwards(venue, parents).index(inner) for venue in parents if inner in _upwards(venue, parents)), default=0
    )
    return "deep" if len(around) + below > deepest else None


def _upwards(venue: Id, parents: Mapping[Id, Id | None]) -> list[Id]:
    """The venue itself, what it stands in, and so on, each once."""
    found: list[Id] = []
    current: Id | None = venue
    while current is not None and current not in found:
        found.append(current)
        current = parents.get(current)
    return found
