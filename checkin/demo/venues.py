"""The venues of the demo province: the named ones, what every commune has, and the rest by weight."""

import random
from itertools import accumulate

from checkin.demo.geography import Province, point
from checkin.demo.landmarks import LANDMARKS, Landmark
from checkin.demo.numbers import landline
from checkin.demo.people import address
from checkin.demo.rows import VenueRow
from checkin.demo.seeds import stream
from checkin.demo.venue_names import KINDS, name_of, plate
from checkin.places.rows import PlaceRow
from checkin.venues.kinds import VEHICLES

SPREAD = 0.011
"""How far a venue lies from its commune's point at most, in degrees: about 1.2 km."""
INSIDE = {"market": ("shop", "food"), "supermarket": ("food", "shop", "beauty")}


def fewest(province: Province) -> int:
    """How few venues a province can have: the named ones, and two in every commune."""
    return len(LANDMARKS) + 2 * len(province.communes)


def make_venues(seed: int, province: Province, count: int) -> list[VenueRow]:
    """`count` venues, those that others stand inside before these. Raises ValueError for too small a count."""
    if count < fewest(province):
        raise ValueError(f"at least {fewest(province)} venues are needed")
    rng = stream(seed, "venues")
    made: list[VenueRow] = []
    roles: dict[str, int] = {}
    for landmark in LANDMARKS:
        roles[landmark.role] = len(made)
        made.append(_landmark(rng, landmark, province, roles))
    taken = {(row.commune_id, row.name) for row in made}
    for commune in province.communes:
        made += [_essential(rng, taken, kind, commune) for kind in ("health", "office")]
    kinds, cumulative = list(KINDS), list(accumulate(kind.share for kind in KINDS.values()))
    around = list(accumulate(province.weights))
    holders = {
        (row.commune_id, row.kind): position for position, row in enumerate(made) if row.kind in INSIDE and row.zones
    }
    while len(made) < count:
        kind = rng.choices(kinds, cum_weights=cumulative)[0]
        commune = rng.choices(province.communes, cum_weights=around)[0]
        if KINDS[kind].wards_only and commune.kind != "phường":
            continue
        made.append(_drawn(rng, taken, kind, commune, province, holders))
        if kind in INSIDE and made[-1].state == "active":
            holders.setdefault((commune.id, kind), len(made) - 1)
    return made


def _landmark(rng: random.Random, mark: Landmark, province: Province, roles: dict[str, int]) -> VenueRow:
    commune = province.named(mark.commune) if mark.commune else province.hub
    latitude, longitude = _point(rng, commune)
    return VenueRow(
        name=mark.name,
        kind=mark.kind,
        address=mark.address,
        commune_id=commune.id,
        latitude=latitude,
        longitude=longitude,
        phone=landline(rng),
        weight=mark.weight,
        role=mark.role,
        parent=roles[mark.inside] if mark.inside else None,
        plate=mark.plate,
        opens_at=mark.hours[0] if mark.hours else None,
        closes_at=mark.hours[1] if mark.hours else None,
        default_minutes=mark.default_minutes,
        zones=mark.zones,
        state=mark.state,
        last_day=mark.last_day,
        registered_days_ago=mark.registered_days_ago,
        reissued=mark.reissued,
        owned=mark.owned,
    )


def _essential(rng: random.Random, taken: set[tuple[str, str]], kind: str, commune: PlaceRow) -> VenueRow:
    name = f"Trạm Y tế {commune.full_name}" if kind == "health" else f"Uỷ ban nhân dân {commune.full_name}"
    if (commune.id, name) in taken:
        name += ", cơ sở 2"
    taken.add((commune.id, name))
    latitude, longitude = _point(rng, commune)
    return VenueRow(
        name=name,
        kind=kind,
        address=address(rng, commune),
        commune_id=commune.id,
        latitude=latitude,
        longitude=longitude,
        phone=landline(rng),
        weight=1.5,
        opens_at="07:30" if kind == "office" else None,
        closes_at="17:00" if kind == "office" else None,
        zones=("Bộ phận một cửa", "Hội trường") if kind == "office" and rng.random() < 0.3 else (),
        registered_days_ago=rng.randint(30, 300),
    )


def _drawn(
    rng: random.Random,
    taken: set[tuple[str, str]],
    kind: str,
    commune: PlaceRow,
    province: Province,
    holders: dict[tuple[str, str], int],
) -> VenueRow:
    how = KINDS[kind]
    name = name_of(rng, kind, commune, rng.choice(province.communes))
    number = 1
    plain = name
    while (commune.id, name) in taken:
        number += 1
        name = f"{plain} – cơ sở {number}"
    taken.add((commune.id, name))
    parent = None
    for holder, kinds in INSIDE.items():
        if kind in kinds and (commune.id, holder) in holders and rng.random() < 0.12:
            parent = holders[commune.id, holder]
            name = f"{name} (ki-ốt {rng.randint(1, 90)})"
            break
    hours = rng.choice(how.hours)
    latitude, longitude = _point(rng, commune)
    fate = rng.random()
    return VenueRow(
        name=name,
        kind=kind,
        address=address(rng, commune),
        commune_id=commune.id,
        latitude=latitude,
        longitude=longitude,
        phone=landline(rng),
        # A few places are full, most are quiet: the law that sizes of shops follow.
        weight=min(40.0, how.weight * 0.6 / (1 - rng.random()) ** 0.7),
        parent=parent,
        plate=plate(rng) if kind in VEHICLES else None,
        opens_at=hours[0] if hours else None,
        closes_at=hours[1] if hours else None,
        zones=how.zones[: rng.randint(2, len(how.zones))] if how.zones and rng.random() < how.zoned else (),
        state="closed" if fate < 0.015 else "suspended" if fate < 0.03 else "active",
        last_day=rng.randint(2, 9) if fate < 0.03 else -1 if fate < 0.05 else None,
        registered_days_ago=rng.randint(20, 300),
        reissued=rng.random() < 0.03,
    )


def _point(rng: random.Random, commune: PlaceRow) -> tuple[float, float]:
    latitude, longitude = point(commune)
    return (
        round(latitude + rng.triangular(-SPREAD, SPREAD, 0), 5),
        round(longitude + rng.triangular(-SPREAD, SPREAD, 0), 5),
    )
