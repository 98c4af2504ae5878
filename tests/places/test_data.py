"""The place files hold what the law made of the country on 1 July 2025."""

import json
from collections import Counter
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

import pytest

from checkin.places.rows import (
    PlaceRow,
    read_communes,
    read_district_successors,
    read_old_communes,
    read_old_districts,
    read_old_provinces,
    read_provinces,
    read_successors,
)

OUTLINES = Path(__file__).resolve().parents[3] / "shared/data/quang_ninh_communes.geojson"
README = Path(__file__).resolve().parents[2] / "checkin/places/data/README.md"

# South, north, west, east of the land and islands of Quảng Ninh, in degrees.
BOX = (20.6, 21.7, 106.4, 108.6)

QUANG_NINH = {
    "phường": "An Sinh, Bãi Cháy, Bình Khê, Cao Xanh, Cẩm Phả, Cửa Ông, Đông Mai, Đông Triều, Hà An, Hà Lầm, "
    "Hà Tu, Hạ Long, Hiệp Hòa, Hoàng Quế, Hoành Bồ, Hồng Gai, Liên Hòa, Mạo Khê, Móng Cái 1, Móng Cái 2, "
    "Móng Cái 3, Mông Dương, Phong Cốc, Quang Hanh, Quảng Yên, Tuần Châu, Uông Bí, Vàng Danh, Việt Hưng, "
    "Yên Tử",
    "xã": "Ba Chẽ, Bình Liêu, Cái Chiên, Đầm Hà, Điền Xá, Đông Ngũ, Đường Hoa, Hải Hòa, Hải Lạng, Hải Ninh, "
    "Hải Sơn, Hoành Mô, Kỳ Thượng, Lục Hồn, Lương Minh, Quảng Đức, Quảng Hà, Quảng La, Quảng Tân, "
    "Thống Nhất, Tiên Yên, Vĩnh Thực",
    "đặc khu": "Cô Tô, Vân Đồn",
}


@pytest.fixture(scope="module")
def quang_ninh() -> list[PlaceRow]:
    return [row for row in read_communes() if row.parent == "22"]


def rings(feature: dict[str, Any]) -> list[list[list[float]]]:
    shape = feature["geometry"]
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [ring for polygon in polygons for ring in polygon]


def outside_km(lat: float, lon: float, feature: dict[str, Any]) -> float:
    """How far a point lies outside an outline; 0 within."""
    within, nearest, narrow = False, float("inf"), cos(radians(lat))
    for ring in rings(feature):
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                within = not within
            ax, ay, dx, dy = (x1 - lon) * narrow, y1 - lat, (x2 - x1) * narrow, y2 - y1
            length = dx * dx + dy * dy
            share = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
            nearest = min(nearest, 111.2 * hypot(ax + share * dx, ay + share * dy))
    return 0.0 if within else nearest


def test_the_country_has_34_provinces_of_which_six_are_cities() -> None:
    rows = list(read_provinces())
    assert len({row.code for row in rows}) == len(rows) == 34
    assert Counter(row.kind for row in rows) == {"tỉnh": 28, "thành phố": 6}


def test_the_country_has_3321_communes_each_in_a_known_province() -> None:
    rows = list(read_communes())
    assert len({row.code for row in rows}) == len(rows) == 3321
    assert Counter(row.kind for row in rows) == {"phường": 687, "xã": 2621, "đặc khu": 13}
    assert {row.parent for row in rows} == {row.code for row in read_provinces()}


def test_quang_ninh_has_its_30_wards_22_communes_and_2_special_zones_by_name(
    quang_ninh: list[PlaceRow],
) -> None:
    assert len(quang_ninh) == 54
    for kind, names in QUANG_NINH.items():
        assert {row.name for row in quang_ninh if row.kind == kind} == set(names.split(", "))


def test_the_older_units_are_all_there_under_one_another() -> None:
    provinces, districts, communes = (
        list(read_old_provinces()),
        list(read_old_districts()),
        list(read_old_communes()),
    )
    assert (len(provinces), len(districts), len(communes)) == (63, 696, 10035)
    assert len({row.code for row in communes}) == 10035
    assert {row.parent for row in provinces} == {row.code for row in read_provinces()}
    assert {row.parent for row in districts} == {row.code for row in provinces}
    empty = {row.code for row in districts} - {row.parent for row in communes}
    assert empty == {pair.old_code for pair in read_district_successors()}


def test_every_older_commune_has_a_successor_or_is_named_as_an_exception() -> None:
    known = {pair.old_code for pair in read_successors()}
    readme = README.read_text(encoding="utf-8")
    assert [row.code for row in read_old_communes() if row.code not in known and row.code not in readme] == []
    assert all(pair.old_code in readme for pair in read_district_successors())


def test_every_successor_exists_and_every_commune_came_from_somewhere() -> None:
    pairs = [*read_successors(), *read_district_successors()]
    assert {pair.new_code for pair in pairs} == {row.code for row in read_communes()}
    assert {pair.old_code for pair in read_successors()} <= {row.code for row in read_old_communes()}


def test_an_older_commune_has_exactly_one_main_successor_and_it_stands_first() -> None:
    pairs = list(read_successors())
    assert max(Counter((pair.old_code, pair.new_code) for pair in pairs).values()) == 1
    first: dict[str, bool] = {}
    for pair in pairs:
        first.setdefault(pair.old_code, pair.main)
    assert all(first.values())
    assert sum(pair.main for pair in pairs) == len(first)


def test_successors_stay_within_the_province_that_took_the_older_one_over() -> None:
    province = {row.code: row.parent for row in read_communes()}
    district = {row.code: row.parent for row in read_old_districts()}
    heir = {row.code: row.parent for row in read_old_provinces()}
    old = {row.code: heir[district[row.parent]] for row in read_old_communes()}
    assert [pair for pair in read_successors() if province[pair.new_code] != old[pair.old_code]] == []


def test_the_codes_areas_and_points_of_quang_ninh_agree_with_its_outlines(quang_ninh: list[PlaceRow]) -> None:
    south, north, west, east = BOX
    for row in quang_ninh:
        assert row.lat is not None and row.lon is not None
        assert south < row.lat < north and west < row.lon < east, row.full_name
    # The outlines are no part of the project: without them the box above is what is checked.
    if not OUTLINES.exists():
        return
    features = {
        feature["properties"]["code"]: feature
        for feature in json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    }
    assert {row.code for row in quang_ninh} == set(features)
    for row in quang_ninh:
        feature = features[row.code]
        assert row.lat is not None and row.lon is not None
        assert outside_km(row.lat, row.lon, feature) < 0.2, row.full_name
        assert row.area_km2 == pytest.approx(feature["properties"]["area_km2"], abs=0.01), row.full_name


def test_the_measure_of_distance_sees_a_point_that_lies_elsewhere() -> None:
    square = {
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[107, 21], [108, 21], [108, 22], [107, 22], [107, 21]]],
        }
    }
    assert outside_km(21.5, 107.5, square) == 0
    assert outside_km(20.0, 107.5, square) == pytest.approx(111.2, abs=0.1)


def test_every_place_lies_in_vietnam_and_names_are_composed_and_trimmed() -> None:
    readers = (read_provinces, read_communes, read_old_provinces, read_old_districts, read_old_communes)
    for row in (row for reader in readers for row in reader()):
        assert row.lat is not None and row.lon is not None
        assert 8 < row.lat < 23.5 and 102 < row.lon < 112.1, row
        assert row.name == " ".join(row.name.split()) != ""
        assert not any("\u0300" <= char <= "\u036f" for char in row.name), row
        assert row.kind == row.kind.lower()


def test_the_archipelagos_lie_in_the_sea_where_they_are() -> None:
    zones = {row.name: row for row in read_communes() if row.kind == "đặc khu"}
    assert zones["Hoàng Sa"].lon is not None and zones["Hoàng Sa"].lon > 111
    assert zones["Trường Sa"].lon is not None and zones["Trường Sa"].lon > 111


def test_every_province_has_a_population_and_an_english_name_in_ascii() -> None:
    rows = list(read_provinces())
    assert all(row.population and row.population > 500_000 and row.name_en.isascii() for row in rows)
    assert all(row.name_en and row.name_en.isascii() for row in read_communes())
    # The country as a whole, with long-term residents; a slip of a digit in one row would leave this range.
    assert 110_000_000 < sum(row.population or 0 for row in rows) < 116_000_000


def test_an_id_never_stands_for_an_older_and_a_present_unit_at_once() -> None:
    readers = (read_provinces, read_communes, read_old_provinces, read_old_districts, read_old_communes)
    ids = [row.id for reader in readers for row in reader()]
    assert len(ids) == len(set(ids))
    assert {"22", "06688", "old-province-22", "old-district-193", "old-commune-06688"} <= set(ids)
