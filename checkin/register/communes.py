"""Which commune of today a register means: written as of today or as before 1 July 2025, with its district or alone."""

import re
from dataclasses import dataclass
from functools import lru_cache

from checkin.fold import fold
from checkin.places.gazetteer import clean, gazetteer
from checkin.places.lookup import LONGEST, Sure, match_address
from checkin.places.readings import Address
from checkin.places.rows import COMMUNE, OLD_COMMUNE, PlaceRow

# More communes than this a name does not leave open: it is that of a whole district.
MOST = 12


@dataclass(frozen=True, slots=True)
class Meant:
    """Communes of today that were meant, the likeliest first; several: somebody must say which."""

    communes: tuple[PlaceRow, ...] = ()

    @property
    def one(self) -> str | None:
        """The id of the commune where there is no doubt."""
        return self.communes[0].id if len(self.communes) == 1 else None


_KIND = re.compile(r"(?:phuong|xa|thi tran|dac khu|p|x|tt)[. ]+(?=\S)")


def bare(commune: str) -> str:
    """The name of a commune alone, folded: neither its kind nor what stands behind a comma."""
    return _KIND.sub("", fold(commune.split(",")[0]), count=1)


def question_of(commune: str, found: Meant) -> str:
    """What the rows with one doubtful name have in common, however it is written: the name and what it can mean."""
    return "|".join([bare(commune), *sorted(row.code for row in found.communes)])


@lru_cache(maxsize=16_384)
def meant(commune: str, district: str, province: str) -> Meant:
    """Communes of the province that the cells of a register can mean; none where they name no such commune.

    A district that is told decides between older communes of one name. Without one a present commune is taken for
    what its name says, unless an older one of the same name, that went elsewhere, fits as well.
    """
    text = clean(commune[-LONGEST:]).strip()
    if not text:
        return Meant()
    if text.isascii() and text.isdigit():
        row = gazetteer().units[COMMUNE].get(text.zfill(5))
        return Meant((row,) if row and row.parent == province else ())
    if district.strip():
        found = match_address(f"{text}, {clean(district[:LONGEST])}", province)
        if found.old_commune or found.sure in (Sure.CERTAIN, Sure.LIKELY):
            return _of(found.communes, province)
    named = _named(text, province)
    return named if named.communes else _of(match_address(text, province).communes, province)


def in_address(address: str, province: str) -> Meant:
    """Communes of the province that the end of an address names."""
    found = match_address(address, province)
    return _of(found.communes, province) if found.province is None or found.province.code == province else Meant()


def _named(text: str, province: str) -> Meant:
    units = gazetteer()
    address = Address(text, province, units)
    end = len(address.words)
    hits = []
    for level in (COMMUNE, OLD_COMMUNE):
        for hit in address.hits(end, level):
            now = (hit.row,) if level == COMMUNE else address.heirs(hit.row)
            if hit.first == 0 and any(row.parent == province for row in now):
                hits.append((hit.score, level, now))
    best = max((score for score, _, _ in hits), default=0)
    found = {row: None for score, level, now in hits if score == best and level == COMMUNE for row in now}
    for score, level, now in hits:
        # What became of an older commune of the same name, unless that is mainly the one that bears it today.
        if score == best and level == OLD_COMMUNE and now[0] not in found:
            found |= dict.fromkeys(now)
    return _of(tuple(found), province)


def _of(rows: tuple[PlaceRow, ...], province: str) -> Meant:
    kept = tuple(row for row in rows if row.parent == province)
    return Meant(kept if len(kept) <= MOST else ())
