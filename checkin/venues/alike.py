"""Whether a venue that is being registered may be there already: for a person to look at, never to refuse by.

Venues are compared within a commune, vehicles by their plate everywhere. What is alike is shown, and saving all the
same is one tap.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from uuid import UUID

from checkin.fold import fold

# How much of two texts must be the same, of 1. A slip of one letter in ten stays above it.
NAME, STREET, PLACE = 0.8, 0.7, 0.9
# An address without a number that has fewer letters says too little.
SHORTEST = 6
MOST = 5
# Words that say what something is and not which one; as `fold` writes them, the longer first.
_KINDS = (
    "cong ty trach nhiem huu han", "cong ty tnhh", "cong ty co phan", "trung tam thuong mai", "cua hang", "nha hang",
    "khach san", "nha nghi", "quan an", "nha thuoc", "sieu thi", "cong ty", "tap hoa", "quan", "tiem", "shop",
)  # fmt: skip
_STREETS = re.compile(r"\b(so nha|so|duong|pho|ngo|ngach|to|khu|thon|phuong|xa)\b")


@dataclass(frozen=True)
class Venue:
    """What is compared of a venue; its phone as a keyed hash, its plate normalised."""

    id: UUID
    name: str
    address: str
    phone: bytes | None = None
    plate: str | None = None


@dataclass(frozen=True)
class Match:
    """A venue that may be the same, and by what: "plate", "phone", "name", "address", in this order."""

    id: UUID
    reasons: tuple[str, ...]
    score: float


def matches(new: Venue, known: Iterable[Venue], most: int = MOST) -> list[Match]:
    """Those of `known` that may be `new`, the likeliest first, at most `most`.

    Plates that differ tell two vehicles apart, whatever they are called.
    """
    found = []
    for one in known:
        if one.id == new.id or (new.plate and one.plate and new.plate != one.plate):
            continue
        scores = {
            "plate": 4.0 if new.plate and new.plate == one.plate else 0.0,
            "phone": 2.0 if new.phone is not None and new.phone == one.phone else 0.0,
            "name": 2 * names_alike(new.name, one.name),
            "address": addresses_alike(new.address, one.address),
        }
        reasons = tuple(name for name, score in scores.items() if score)
        if reasons:
            found.append(Match(one.id, reasons, round(sum(scores.values()), 6)))
    return sorted(found, key=lambda match: (-match.score, str(match.id)))[:most]


def names_alike(one: str, other: str) -> float:
    """How much two names are the same, from NAME to 1; 0 where they are not.

    Numbers tell apart: "Chợ Hạ Long 1" is not "Chợ Hạ Long 2".
    """
    (numbers, first), (others, second) = _name(one), _name(other)
    return _same(first, second, NAME) if numbers == others else 0.0


def addresses_alike(one: str, other: str) -> float:
    """How much two addresses of a commune are the same; 0 where they are not, or say too little."""
    (numbers, first), (others, second) = _address(one), _address(other)
    if numbers != others or (not numbers and min(len(first), len(second)) < SHORTEST):
        return 0.0
    return _same(first, second, STREET if numbers else PLACE)


# What is registered is compared with thousands: it is read once, and they once each.
@lru_cache(maxsize=64)
def _name(text: str) -> tuple[tuple[str, ...], str]:
    """The numbers of a name, and its letters without the words of its kind; with them where nothing else is left."""
    core = fold(text)
    for kind in _KINDS:
        if core.startswith(kind) and core.startswith(f"{kind} "):
            core = core[len(kind) + 1 :]
            break
    return _numbers(core), _letters(core)


@lru_cache(maxsize=64)
def _address(text: str) -> tuple[tuple[str, ...], str]:
    """The numbers of an address, and its letters without words such as street and ward."""
    folded = fold(text)
    return _numbers(folded), _letters(_STREETS.sub(" ", folded))


def _numbers(folded: str) -> tuple[str, ...]:
    return tuple(number.lstrip("0") for number in re.findall(r"[0-9]+", folded))


def _letters(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


def _same(first: str, second: str, least: float) -> float:
    """Twice the pairs of neighbouring letters that both have, of all pairs of both; 0 below `least`."""
    if not first or not second:
        return 0.0
    # Both ends count, so that a name of one letter has pairs too.
    shorter, total = min(len(first), len(second)) + 1, len(first) + len(second) + 2
    if 2 * shorter / total < least:
        return 0.0  # whatever their letters are
    if first == second:
        return 1.0
    share = 2 * (_pairs(first) & _pairs(second)).total() / total
    return share if share >= least else 0.0


@lru_cache(maxsize=64)
def _pairs(letters: str) -> Counter[str]:
    framed = f"^{letters}$"
    return Counter(map(add, framed, framed[1:]))
