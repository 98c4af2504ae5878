"""Who was where: the visits of a day as arrays, drawn so that the same seed gives the same day.

Most visits are background: venues by a skewed weight, people evenly, hours as a day has them. The venues that
the figures are about ("twins") have visits of their own stream on the days in question: those do not depend on
how many visits there are besides, so that a database of one million and one of forty million answer the same
question with the same rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.plan import BUSIEST, DAYS, OLDEST, Size

# Weight of the venue of rank r: 1 / (r + 1 + FLATNESS). With 60,000 venues and 2 million visits a day the busiest
# has 10,000 of them, half of the venues fewer than nine.
FLATNESS = 24.6
# The busiest three, and 27 of those with about a thousand visits a day.
TWINS = (*range(3), *range(200, 227))
TWIN_DAYS = (1, 2, 3, 4)
"""Days ago on which the twins have their own visits."""
RETURNED = 6
"""Days ago on which everybody was somewhere who comes again in the bench."""
# Share of the visits of a day that begin in each hour on the province's clocks.
HOURS = np.array(
    [2, 1, 1, 1, 3, 12, 40, 70, 72, 66, 64, 70, 58, 50, 56, 58, 62, 80, 84, 66, 44, 24, 10, 5], dtype=float
)
HOUR = 3_600_000_000
RECORDED = 0.15
"""Share of the stays whose end somebody recorded."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class DayOfVisits:
    """Visits by entry: microseconds since the day began, positions of venue and person, recorded minutes or -1."""

    entered: Ints
    venue: Ints
    person: Ints
    stayed: Ints
    declared: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.entered)


def venue_weights(count: int) -> NDArray[np.float64]:
    """Share of each venue in all visits, the busiest first."""
    weights = 1.0 / (np.arange(count) + 1 + FLATNESS)
    share: NDArray[np.float64] = weights / weights.sum()
    return share


def twins(size: Size) -> list[int]:
    """Ranks of the twins; of a small province those of the middle lie nearer to the top."""
    return [rank if rank < size.venues // 2 else rank % 100 + 10 for rank in TWINS]


def twin_visits(size: Size, rank: int) -> int:
    """Visits a day of the twin of this rank: as many as it would have in the whole province, scaled."""
    return max(1, round(BUSIEST * size.scale * (1 + FLATNESS) / (rank + 1 + FLATNESS)))


def visits_of(size: Size, days_ago: int, *, seed: int, elapsed: float = 1.0) -> DayOfVisits:
    """The visits of one day; `elapsed` is the share of the day that is over (for today).

    Declared are those of today, yesterday and the oldest day, and of the twins on their days: the file of all of
    them would be larger than what is measured.
    """
    rng = np.random.default_rng([seed, days_ago])
    own = [_twin(size, days_ago, rank, seed) for rank in twins(size)] if days_ago in TWIN_DAYS else []
    count = max(0, round(size.visits / DAYS) - sum(len(one) for one in own))
    weights = venue_weights(size.venues)
    if own:
        weights[twins(size)] = 0
        weights /= weights.sum()
    # Who returns in the bench comes from home: nothing of today or yesterday still lasts.
    people = rng.integers(size.known if days_ago < 2 else 0, size.people, count)
    if days_ago == RETURNED:
        # Everybody who returns was here before.
        people[: size.known] = rng.permutation(size.known)[: len(people)]
    background = _make(
        rng,
        venue=rng.choice(size.venues, count, p=weights),
        person=people,
        declared=days_ago in (0, 1, OLDEST),
    )
    parts = [background, *own]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("entered", "venue", "person", "stayed", "declared")
    }
    order = np.argsort(joined["entered"], kind="stable")
    if elapsed < 1:
        order = order[: np.searchsorted(joined["entered"][order], int(elapsed * 24 * HOUR))]
    return DayOfVisits(**{name: values[order] for name, values in joined.items()})


def _twin(size: Size, days_ago: int, rank: int, seed: int) -> DayOfVisits:
    rng = np.random.default_rng([seed, days_ago, rank])
    count = twin_visits(size, rank)
    others = size.people - size.known
    who = size.known + rng.choice(others, min(count, others), replace=False, shuffle=False)
    return _make(rng, venue=np.full(len(who), rank), person=who, declared=True)


def _make(rng: np.random.Generator, *, venue: Ints, person: Ints, declared: bool) -> DayOfVisits:
    count = len(venue)
    hour = rng.choice(24, count, p=HOURS / HOURS.sum())
    stayed = np.minimum(rng.gamma(2.0, 30.0, count).astype(np.int64) + 1, 600)
    return DayOfVisits(
        entered=hour * HOUR + rng.integers(0, HOUR, count),
        venue=venue.astype(np.int64),
        person=person.astype(np.int64),
        stayed=np.where(rng.random(count) < RECORDED, stayed, -1),
        declared=np.full(count, declared),
    )
