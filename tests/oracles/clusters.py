"""Which stays of cases hang together, and when symptoms pile up: written apart from the product, by brute force."""

from collections.abc import Hashable, Sequence
from fractions import Fraction
from math import comb
from typing import NamedTuple


class Stay(NamedTuple):
    """One stay of one case; moments are whole minutes."""

    id: int
    person: Hashable
    disease: str
    where: Hashable
    entered: int
    over: int


def near(one: Stay, other: Stay, apart: int) -> bool:
    """True where two stays of different people with one disease at one place lie no more than so many minutes apart."""
    between = max(one.entered, other.entered) - min(one.over, other.over)
    same = (one.disease, one.where) == (other.disease, other.where)
    return same and one.person != other.person and between <= apart


def hanging_together(stays: Sequence[Stay], apart: dict[str, int]) -> set[tuple[frozenset[int], int]]:
    """Each set of stays that hang together by pairs, with the fewest minutes between two different people in it."""
    left, found = list(stays), set()
    while left:
        group, grew = [left.pop()], True
        while grew:
            more = [one for one in left if any(near(one, other, apart[one.disease]) for other in group)]
            group, left, grew = group + more, [one for one in left if one not in more], bool(more)
        if len({one.person for one in group}) > 1:
            gaps = [
                max(0, max(one.entered, other.entered) - min(one.over, other.over))
                for one in group
                for other in group
                if one.person != other.person
            ]
            found.add((frozenset(one.id for one in group), min(gaps)))
    return found


def standing_out(
    stays: Sequence[Stay], zones: dict[int, Hashable], apart: dict[str, int]
) -> set[tuple[frozenset[int], int]]:
    """What hangs together at each place; and besides, in one zone, fewer of those people, unless all of them were in
    that zone and in no other one together. `zones` is by stay."""
    by_id = {stay.id: stay for stay in stays}

    def people(ids: frozenset[int], zone: Hashable = None) -> set[Hashable]:
        return {by_id[one].person for one in ids if zone is None or zones[one] == zone}

    whole = hanging_together(stays, apart)
    found = set(whole)
    for zone in {zone for zone in zones.values() if zone is not None}:
        for part, gap in hanging_together([stay for stay in stays if zones[stay.id] == zone], apart):
            (around,) = [ids for ids, _ in whole if part <= ids]
            known = {zones[one] for one in around} - {None}
            everybodys = [one for one in known if people(around, one) == people(around)]
            if people(part) != people(around) and everybodys != [zone]:
                found.add((part, gap))
    return found


class Visit(NamedTuple):
    """A kept visit; `left` None where its end is guessed."""

    person: Hashable
    where: Hashable
    zone: Hashable
    entered: int
    left: int | None
    latest: int


class Move(NamedTuple):
    """Where somebody says to have been."""

    person: Hashable
    where: Hashable
    start: int
    end: int


def times(visits: Sequence[Visit], moves: Sequence[Move]) -> set[tuple[Hashable, Hashable, Hashable, int, int]]:
    """(person, place, zone, from, to) of everybody: a movement ends every guess about the same place at the same time,
    of several the earliest; what it ends is one time with it."""
    ended: dict[Move, list[Visit]] = {move: [] for move in moves}
    found = set()
    for visit in visits:
        about = [
            move
            for move in moves
            if (move.person, move.where) == (visit.person, visit.where)
            and move.start <= visit.latest
            and move.end >= visit.entered
        ]
        if visit.left is None and about:
            ended[min(about, key=lambda move: (move.start, move.end))].append(visit)
        else:
            over = visit.latest if visit.left is None else visit.left
            found.add((visit.person, visit.where, visit.zone, visit.entered, over))
    for move, some in ended.items():
        first = min(some, key=lambda visit: visit.entered, default=None)
        zone = None if first is None else first.zone
        start = move.start if first is None else min(move.start, first.entered)
        found.add((move.person, move.where, zone, start, move.end))
    return found


def chance_of_at_least(count: int, before: int, days: int, past: int) -> Fraction:
    """The chance that of all these people so many or more fall on the recent days, each day being like another."""
    share, together = Fraction(days, days + past), count + before
    return sum(
        (comb(together, n) * share**n * (1 - share) ** (together - n) for n in range(count, together + 1)), Fraction(0)
    )


def stands_out(counts: dict[int, int], first: int, rule: dict) -> tuple[int, int] | None:
    """(days, people) of the window that stands out most on day 0, by counts on days 0, -1, -2 ...; None for none."""
    best = None
    for days in rule["windows"]:
        recent = [-back for back in range(days)]
        past = [day for day in range(-days + 1 - rule["past_days"], -days + 1) if day >= first]
        count, before = (sum(counts.get(day, 0) for day in some) for some in (recent, past))
        if len(past) < rule["past_least"] or count < rule["least"]:
            continue
        if count < rule["ratio"] * before * days / len(past):
            continue
        chance = chance_of_at_least(count, before, days, len(past))
        if chance <= Fraction(rule["chance"]) and (best is None or chance < best[0]):
            best = chance, days, count
    return best[1:] if best else None
