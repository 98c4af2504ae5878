"""Where somebody goes: venues by commune and kind, drawn by nearness and by how full they are."""

import random
from itertools import accumulate

from checkin.demo.geography import Province, pull
from checkin.demo.rows import VenueRow

_Draw = tuple[list[int], list[float]]


class Atlas:
    """Venues that anybody visits at all; positions are those of the list that it was made with."""

    def __init__(self, venues: list[VenueRow], province: Province) -> None:
        self.venues = venues
        self._order = {commune.id: position for position, commune in enumerate(province.communes)}
        self._province = province
        places: dict[str, dict[int, list[int]]] = {}
        for position, venue in enumerate(venues):
            if venue.last_day != -1:
                places.setdefault(venue.kind, {}).setdefault(self._order[venue.commune_id], []).append(position)
        self._places: dict[str, dict[int, _Draw]] = {
            kind: {c: (ps, list(accumulate(venues[p].weight for p in ps))) for c, ps in by_commune.items()}
            for kind, by_commune in places.items()
        }
        self._ways: dict[tuple[int, str], _Draw] = {}

    def choose(self, rng: random.Random, anchor: str, kind: str) -> int | None:
        """The position of a venue of this kind for somebody of a commune; None where there is none."""
        by_commune = self._places.get(kind)
        if not by_commune:
            return None
        key = self._order[anchor], kind
        ways = self._ways.get(key)
        if ways is None:
            ways = self._ways[key] = self._make_ways(key[0], by_commune)
        commune = rng.choices(ways[0], cum_weights=ways[1])[0]
        positions, cumulative = by_commune[commune]
        return rng.choices(positions, cum_weights=cumulative)[0]

    def zone(self, rng: random.Random, position: int) -> int | None:
        """A zone of a venue, the first ones more often; sometimes the code of the whole venue is scanned."""
        zones = self.venues[position].zones
        if not zones or rng.random() < 0.12:
            return None
        return int(rng.random() ** 1.4 * len(zones))

    def inside(self, inner: int, outer: int) -> bool:
        """True when a venue stands inside another."""
        current = self.venues[inner].parent
        while current is not None and current != outer:
            current = self.venues[current].parent
        return current is not None

    def _make_ways(self, anchor: int, by_commune: dict[int, _Draw]) -> _Draw:
        communes = self._province.communes
        return list(by_commune), list(
            accumulate(by_commune[c][1][-1] * pull(communes[anchor], communes[c]) for c in by_commune)
        )
