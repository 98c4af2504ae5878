"""The rule of "who of the people at the same places is called first", written apart from the product from its text.

It imports nothing of the product. Minutes come from the oracle that walks along the clock; everything else is looked
up pair by pair: each stay of each person beside each stay of the case.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from tests.oracles.overlap import Contact, Stay, who_met


class Ranked(NamedTuple):
    """One person: what the oracle of the overlap says of them, and the score of exposure."""

    met: Contact
    same_zone: bool
    setting: int
    crowded: bool
    score: int


def beside_one_another(
    stays: Iterable[Stay], case: Iterable[Stay], stands_in: Mapping[Hashable, Hashable], air: int
) -> list[tuple[Stay, Stay]]:
    """Each stay of somebody beside each of the case that it can have met: (theirs, the case's)."""
    case = list(case)
    cases = {own.person for own in case}
    beside: list[tuple[Stay, Stay]] = []
    for theirs in stays:
        for own in case:
            if theirs.person in cases:
                continue
            around, place = set(), theirs.where
            while place is not None:
                around.add(place)
                place = stands_in.get(place)
            theirs_over = theirs.latest if theirs.left is None else theirs.left
            own_over = own.latest if own.left is None else own.left
            if own.where in around and own.entered <= theirs_over and theirs.entered <= own_over + air:
                beside.append((theirs, own))
    return beside


def zones_of(beside: Iterable[tuple[Stay, Stay]], zones: Mapping[Hashable, Hashable]) -> dict[Hashable, set[Hashable]]:
    """In which zones each person was while they can have met the case."""
    found: dict[Hashable, set[Hashable]] = {}
    for theirs, _ in beside:
        if zones[theirs.id] is not None:
            found.setdefault(theirs.person, set()).add(zones[theirs.id])
    return found


def ranked(
    stays: Iterable[Stay],
    case: Iterable[Stay],
    stands_in: Mapping[Hashable, Hashable],
    kinds: Mapping[Hashable, str],
    zones: Mapping[Hashable, Hashable],
    air: int,
    tick: int,
    minute: int,
    rule: Mapping[str, Any],
) -> list[Ranked]:
    """Everybody but the case who can have met it, the highest score first, equal ones as the oracle of the overlap has
    them. `kinds` is by venue, `zones` by stay, `rule` the section as it stands in its file."""
    stays, case = list(stays), list(case)
    found = who_met(stays, case, stands_in, air, tick, minute)
    beside = beside_one_another(stays, case, stands_in, air)
    listed = []
    for met in found:
        mine = [(theirs, own) for theirs, own in beside if theirs.person == met.person]
        same_zone = any(zones[own.id] is not None and zones[own.id] == zones[theirs.id] for theirs, own in mine)
        setting = max(
            (rule["indoor_points"] if kinds[theirs.where] in rule["indoor"] else 0)
            + rule["kinds"].get(kinds[theirs.where], 0)
            for theirs, _ in mine
        )
        crowded = False
        for own in {own for _, own in mine}:
            with_it = sum(other == own for _, other in beside)
            over = own.latest if own.left is None else own.left
            # "So many in each hour of its stay", a stay being an hour at least: with_it / hours >= so many.
            if with_it * 60 * minute >= rule["crowd_per_hour"] * max(over - own.entered, 60 * minute):
                crowded = True
        score = 0
        for steps, minutes in ((rule["certain"], met.certain), (rule["possible"], met.possible)):
            reached = [given for least, given in steps if minutes >= least]
            score += reached[-1] if reached else 0
        for _ in range(met.encounters - 1):
            if _ < rule["again_most"]:
                score += rule["again"]
        score += rule["same_zone"] if same_zone else 0
        score += setting
        score += rule["crowd_points"] if crowded else 0
        listed.append(Ranked(met, same_zone, setting, crowded, score))
    order = {one.met.person: place for place, one in enumerate(listed)}  # that of the overlap
    return sorted(listed, key=lambda one: (-one.score, order[one.met.person]))


def urgency(rule: Mapping[str, Any], triage: str, symptoms: bool, before: bool, age: int | None) -> int:
    """How urgent a call is: triage, any symptom, one declared before the case was met, age."""
    told, score = rule["urgency"], 0
    if triage in ("urgent", "watch"):
        score += told[triage]
    if symptoms:
        score += told["symptoms"]
    if before:
        score += told["before"]
    for least, given in told["ages"]:
        if age is not None and age >= least:
            reached = given
    return score + (reached if age is not None and age >= told["ages"][0][0] else 0)
