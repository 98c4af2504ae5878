"""Which commune of today a text means: a name as typed, or the address line of a citizen card.

Cards and records still carry the communes, districts and provinces of before 1 July 2025, so both the older
and the present units are known, and the older ones lead to the communes that took their land over. What is
found is a proposal for the person in front of the form, never a decision about who someone is.
"""

from dataclasses import dataclass
from enum import StrEnum

from checkin.places.gazetteer import clean, gazetteer
from checkin.places.readings import Address, Reading
from checkin.places.rows import (
    COMMUNE,
    PROVINCE,
    PlaceRow,
    read_communes,
    read_district_successors,
    read_old_communes,
    read_old_districts,
    read_old_provinces,
    read_provinces,
    read_successors,
)

__all__ = [
    "AddressMatch",
    "PlaceRow",
    "Sure",
    "match_address",
    "match_commune",
    "read_communes",
    "read_district_successors",
    "read_old_communes",
    "read_old_districts",
    "read_old_provinces",
    "read_provinces",
    "read_successors",
]

# Units stand at the end of an address; what lies further ahead is street, or no address at all.
LONGEST = 480

# How near in points a second reading makes the first one doubtful.
RIVAL = 8


class Sure(StrEnum):
    """How far an address match can be trusted."""

    CERTAIN = "certain"  # one commune, its province told, nothing that speaks against it
    LIKELY = "likely"  # one commune, but something was missing, misspelt or has a second reading: ask
    SEVERAL = "several"  # more than one commune of today: let the person choose
    PROVINCE = "province"  # the province alone
    NONE = "none"


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """`communes` of today, the likeliest first; `rest` is the street part as written; `old_commune` and
    `old_district` are the older units that the text named, if it did."""

    province: PlaceRow | None
    communes: tuple[PlaceRow, ...]
    rest: str
    sure: Sure
    old_commune: PlaceRow | None = None
    old_district: PlaceRow | None = None


def match_address(text: str, province_code: str | None = None) -> AddressMatch:
    """Read an address line, with older or present units, with or without accents and kinds.

    `province_code` is the province meant where the text tells none. The communes of the best reading come
    with the main heir of a divided commune first; equally good readings give all theirs. Never raises.
    """
    address = Address(clean(text[-LONGEST:]), province_code, gazetteer())
    head = clean(text[:-LONGEST])
    readings = sorted(address.readings(), key=lambda reading: -reading.score)
    if not readings:
        return AddressMatch(None, (), " ".join((head + address.text).split()), Sure.NONE)
    best = readings[0]
    top = [reading for reading in readings if reading.score == best.score]
    communes = tuple(dict.fromkeys(row for reading in top for row in reading.communes))
    rest = head + address.text[: address.words[best.first].start]
    if not communes:
        sure = Sure.PROVINCE
    elif len(communes) > 1:
        sure = Sure.SEVERAL
    elif best.province and best.clean and not any(_rivals(best, reading) for reading in readings):
        sure = Sure.CERTAIN
    else:
        sure = Sure.LIKELY
    provinces = {row.parent for row in communes}
    province = best.province or (address.units.units[PROVINCE][provinces.pop()] if len(provinces) == 1 else None)
    one = len({(reading.old_commune, reading.old_district) for reading in top}) == 1
    return AddressMatch(
        province, communes, " ".join(rest.split()).strip(" ,;.-–"), sure,
        best.old_commune if one else None, best.old_district if one else None,
    )  # fmt: skip


def _rivals(best: Reading, other: Reading) -> bool:
    if other.score < best.score - RIVAL or not other.communes:
        return False
    # A whole district is another meaning even where its first heir is the commune of the same name.
    whole_district = other.old_district is not None and other.old_commune is None
    return other.communes != best.communes if whole_district else other.communes[0] != best.communes[0]


def match_commune(text: str, province_code: str | None = None) -> list[PlaceRow]:
    """Communes of today that a typed name can mean, best first: same accents, then same kind, then by code.

    The kind ("Phường", "P.") and the province may be written or not; `province_code` keeps to one province.
    A name that only an older commune bore gives its heirs. Empty where nothing fits. Never raises.
    """
    address = Address(clean(text[-LONGEST:]), province_code, gazetteer())
    end = len(address.words)
    hits = [hit for hit in address.hits(end, COMMUNE) if hit.first == 0 and province_code in (None, hit.row.parent)]
    if hits:
        return [hit.row for hit in sorted(hits, key=lambda hit: (-hit.score, hit.row.code))]
    found = match_address(text, province_code)
    return [row for row in found.communes if province_code in (None, row.parent)]
