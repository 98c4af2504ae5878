"""Who was at places in the hours of several days, or at both of two: walked along the clock, importing nothing of ours."""

from collections.abc import Hashable, Iterable, Sequence

from tests.oracles.overlap import Met, Stay

DAY = 24 * 60


def hours_of_days(first: int, last: int) -> list[tuple[int, int]]:
    """[from, to] of each day, in minutes after a midnight: the clock's hours of `first` to those of `last`."""
    found, starts_at, ends_at = [], first % DAY, last % DAY
    for day in range(first // DAY, last // DAY + 1):
        start, end = day * DAY + starts_at, day * DAY + ends_at
        # Over midnight: it ends on the next day, and the last day begins none.
        end = end if ends_at >= starts_at else end + DAY
        if end <= last:
            found.append((start, end))
    return found


def who_was_there_in(stays: Iterable[Stay], windows: Sequence[tuple[int, int]], tick: int = 60) -> list[Met]:
    """Everybody whose stay can meet one of the windows; minutes of all of them, each moment once."""
    possible: dict[Hashable, set[int]] = {}
    certain: dict[Hashable, set[int]] = {}
    by: dict[Hashable, set[Hashable]] = {}
    first: dict[Hashable, int] = {}
    for stay in stays:
        over = stay.latest if stay.left is None else stay.left
        for start, end in windows:
            if stay.entered > end or over < start:
                continue
            by.setdefault(stay.person, set()).add(stay.id)
            first[stay.person] = min(stay.entered, first.get(stay.person, stay.entered))
            there = {moment for moment in range(stay.entered, over, tick) if start <= moment < end}
            possible.setdefault(stay.person, set()).update(there)
            certain.setdefault(stay.person, set()).update(there if stay.left is not None else ())
    met = [Met(who, len(certain[who]) * tick // 60, len(possible[who]) * tick // 60, frozenset(by[who])) for who in by]
    return sorted(met, key=lambda one: (-one.certain, -one.possible, first[one.person], str(one.person)))
