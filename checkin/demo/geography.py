"""Communes of the demo province with what their weight in daily life is."""

import math
from dataclasses import dataclass
from functools import cache, lru_cache

from checkin.demo.wordlists import words
from checkin.places.rows import PlaceRow, read_communes

# Thousands of inhabitants, rounded guesses from the units of before July 2025: weights, not statistics.
THOUSANDS = {
    "Hồng Gai": 45, "Hạ Long": 40, "Bãi Cháy": 42, "Hà Tu": 25, "Cao Xanh": 34, "Hà Lầm": 30, "Việt Hưng": 30,
    "Tuần Châu": 18, "Móng Cái 1": 45, "Móng Cái 2": 20, "Móng Cái 3": 20, "Hải Sơn": 6, "Hải Ninh": 12,
    "Vĩnh Thực": 6, "Mông Dương": 24, "Quang Hanh": 40, "Cửa Ông": 45, "Cẩm Phả": 60, "Hải Hòa": 10,
    "Uông Bí": 55, "Vàng Danh": 38, "Yên Tử": 30, "Bình Liêu": 14, "Hoành Mô": 8, "Lục Hồn": 9, "Tiên Yên": 22,
    "Điền Xá": 8, "Đông Ngũ": 15, "Hải Lạng": 10, "Đầm Hà": 35, "Quảng Tân": 10, "Quảng Hà": 35,
    "Quảng Đức": 9, "Đường Hoa": 14, "Cái Chiên": 1, "Ba Chẽ": 12, "Kỳ Thượng": 5, "Lương Minh": 6,
    "Vân Đồn": 55, "Hoành Bồ": 30, "Quảng La": 12, "Thống Nhất": 16, "Mạo Khê": 58, "Bình Khê": 28,
    "An Sinh": 24, "Đông Triều": 36, "Hoàng Quế": 30, "Quảng Yên": 35, "Đông Mai": 22, "Hiệp Hòa": 22,
    "Hà An": 26, "Liên Hòa": 20, "Phong Cốc": 24, "Cô Tô": 7,
}  # fmt: skip
BY_KIND = {"phường": 25.0, "xã": 10.0}
UPLAND = frozenset(
    words("Bình Liêu|Hoành Mô|Lục Hồn|Điền Xá|Quảng Đức|Ba Chẽ|Kỳ Thượng|Lương Minh|Hải Sơn|Quảng Tân|Thống Nhất")
)
GUESTS = frozenset(words("Bãi Cháy|Hồng Gai|Tuần Châu|Móng Cái 1|Vân Đồn|Cô Tô|Yên Tử|Hạ Long|Cẩm Phả"))
NEAR_KM = 6.0
"""How far people go for what their own commune has not: the weight of a place falls to a third in this."""


@dataclass(frozen=True)
class Province:
    """A province's communes in the order of their codes, and how they weigh."""

    id: str
    communes: tuple[PlaceRow, ...]
    weights: tuple[float, ...]

    @property
    def hub(self) -> PlaceRow:
        """The commune where the planted story plays: Hồng Gai, or the heaviest of another province."""
        named = [commune for commune in self.communes if commune.name == "Hồng Gai"]
        return named[0] if named else max(zip(self.weights, self.communes, strict=True), key=lambda p: p[0])[1]

    def named(self, name: str) -> PlaceRow:
        """The commune with this name; the hub where there is none, as in another province."""
        return next((commune for commune in self.communes if commune.name == name), self.hub)


@lru_cache(maxsize=4)
def province(code: str) -> Province:
    """The province with this code. Raises ValueError when it has no communes."""
    communes = tuple(row for row in all_communes() if row.parent == code)
    if not communes:
        raise ValueError(f"no commune in province {code!r}")
    weights = tuple(
        row.population / 1000 if row.population else THOUSANDS.get(row.name, 0.0) or BY_KIND.get(row.kind, 8.0)
        for row in communes
    )
    return Province(code, communes, weights)


@cache
def all_communes() -> tuple[PlaceRow, ...]:
    """Every commune of the country."""
    return tuple(read_communes())


def distance_km(a: PlaceRow, b: PlaceRow) -> float:
    """Distance of the points of two communes on a flat map; good to a percent within a province."""
    (lat, lon), (other_lat, other_lon) = point(a), point(b)
    return math.hypot((lon - other_lon) * 111.3 * math.cos(math.radians(lat)), (lat - other_lat) * 110.6)


def point(commune: PlaceRow) -> tuple[float, float]:
    """Latitude and longitude of a commune. Raises ValueError where none is known."""
    if commune.lat is None or commune.lon is None:
        raise ValueError(f"{commune.full_name} has no point")
    return commune.lat, commune.lon


def pull(a: PlaceRow, b: PlaceRow) -> float:
    """How much a place in `b` draws somebody from `a`, against one next door (1)."""
    return math.exp(-distance_km(a, b) / NEAR_KM) + 0.0005
