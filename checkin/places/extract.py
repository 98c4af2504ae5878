"""Write the files of `data/` from the `vietnamadminunits` package: `python -m checkin.places.extract`.

A tool for whoever renews the data. The product never runs it and does not need the package.
"""

import csv
import json
import re
import sqlite3
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from math import cos, hypot, radians
from pathlib import Path
from statistics import fmean, median
from typing import Any

from checkin.fold import fold
from checkin.places.rows import DATA

Unit = dict[str, Any]
Point = tuple[float, float]

# The package has the code of an earlier draft.
CODES = {"06970": "06978"}

# Areas of Quảng Ninh that the package mistyped, in km².
AREAS = {"06778": 62.63, "06994": 583.92, "07030": 175.94}

# The mean of the older points falls into the sea or over the border of the commune.
POINTS: dict[str, Point] = {
    "06757": (21.3703, 107.9304),
    "06967": (21.3146, 107.7498),
    "06994": (21.0700, 107.4200),
    "07192": (20.9800, 107.7600),
}

# The package set both archipelagos down on the mainland.
ARCHIPELAGOS: dict[str, Point] = {"huyenhoangsa": (16.5345, 111.6086), "huyentruongsa": (8.6447, 111.9200)}

# Resolution 202/2025/QH15; for the eleven it left as they were, figures published at the same time (verify).
POPULATION = {
    "01": 8_807_523, "04": 573_119, "08": 1_865_270, "11": 673_091, "12": 512_601, "14": 1_404_587,
    "15": 1_778_785, "19": 1_799_489, "20": 881_384, "22": 1_497_447, "24": 3_619_433, "25": 4_022_638,
    "31": 4_664_124, "33": 3_567_943, "37": 4_412_264, "38": 4_324_783, "40": 3_831_694, "42": 1_622_901,
    "44": 1_870_845, "46": 1_432_986, "48": 3_065_628, "51": 2_161_755, "52": 3_583_693, "56": 2_243_554,
    "66": 3_346_853, "68": 3_872_999, "75": 4_491_408, "79": 14_002_598, "80": 3_254_170, "82": 4_370_046,
    "86": 4_257_581, "91": 4_952_238, "92": 4_199_824, "96": 2_606_672,
}  # fmt: skip

NAMES_EN = {"01": "Hanoi", "79": "Ho Chi Minh City"}

# Names still met on cards which the package does not know.
EARLIER_PROVINCES = {
    "01": "hatay",
    "46": "thuathienhue tthue",
    "66": "daclac",
    "67": "dacnong",
    "77": "brvt",
    "79": "saigon tphcm",
}
EARLIER_DISTRICTS = {"206": "yenhung"}

KIND_KEYS = ("phuong", "xa", "thitran", "tt", "huyen", "thixa", "tx", "thanhpho", "tp", "quan", "q")

# How far an older commune may lie from the middle of its sisters before its geocoding is not believed.
STRAY_KM = 30.0


def source() -> Path:
    """The package's data directory. Raises SystemExit where the package is not installed."""
    spec = find_spec("vietnamadminunits")
    if spec is None or spec.origin is None:
        raise SystemExit("vietnamadminunits is not installed")
    return Path(spec.origin).parent / "data"


def units(data: Path, table: str) -> list[Unit]:
    with sqlite3.connect(f"file:{data / 'dataset.db'}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]


def split(full: str) -> tuple[str, str]:
    """Kind in lower case, and the name without it: ("thị trấn", "Cái Rồng")."""
    full = unicodedata.normalize("NFC", " ".join(full.split()))
    for kind in ("Thành phố", "Tỉnh", "Thị xã", "Thị trấn", "Đặc khu", "Phường", "Quận", "Huyện", "Xã"):
        if full.casefold().startswith(kind.casefold() + " "):
            return kind.lower(), full[len(kind) + 1 :]
    raise ValueError(f"no kind in {full!r}")


def english(name: str) -> str:
    """The name without accents, capitals kept."""
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    return "".join(char for char in plain if not unicodedata.combining(char))


def aliases(text: str | None, own: str) -> str:
    """Earlier names as the package writes them, without accents or spaces; those with a kind in front go."""
    numbered = re.compile(r"(?:phuong|ward|p|f|quan|district|q)0*([1-9][0-9]?)")
    found = {numbered.sub(r"\1", alias) for alias in json.loads(text)} if text else set()
    plain = fold(own).replace(" ", "")
    kept = set()
    for alias in found:
        bare = [alias.removeprefix(kind) for kind in KIND_KEYS if alias.startswith(kind)]
        if alias != plain and not any(rest in found or rest == plain for rest in bare):
            kept.add(alias)
    return " ".join(sorted(kept))


def kilometres(a: Point, b: Point) -> float:
    return 111.2 * hypot(a[0] - b[0], (a[1] - b[1]) * cos(radians(a[0])))


def middle(points: Sequence[Point]) -> Point:
    """Mean of the points, each weighing the same, without those that lie far from the rest."""
    centre = (median(p[0] for p in points), median(p[1] for p in points))
    near = [p for p in points if len(points) < 3 or kilometres(p, centre) < STRAY_KM] or points
    return fmean(p[0] for p in near), fmean(p[1] for p in near)


def number(value: float) -> str:
    return f"{value:.4f}"


def main_first(pair: list[str]) -> tuple[str, bool, str]:
    old, new, is_main = pair
    return old, is_main != "1", new


def write(
    name: str,
    header: str,
    rows: Iterable[Sequence[object]],
    order: Callable[[list[str]], Any] | None = None,
) -> None:
    ordered = sorted(([str(value) for value in row] for row in rows), key=order)
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(ordered)
    sys.stdout.write(f"{name}: {len(ordered)}\n")


def old_key(unit: Unit) -> str:
    return f"{unit['provinceKey']}_{unit['districtKey']}_{unit['wardKey'] or ''}"


def successors(converter: Mapping[str, Any], new: Iterable[Unit]) -> dict[str, list[tuple[str, bool]]]:
    """Older unit's key in the package to the new codes and whether each is the main one."""
    code = {(unit["provinceKey"], unit["wardKey"]): unit["wardCode"] for unit in new}
    pairs: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for province, wholes in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for commune, olds in wholes.items():
            for old in olds:
                pairs[old].append((code[province, commune], True))
    for province, parts in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, news in parts.items():
            pairs[old] += [(code[province, n["newWardKey"]], bool(n["isDefaultNewWard"])) for n in news]
    return pairs


def write_old(old: Sequence[Unit], converter: Mapping[str, Any], new: Sequence[Unit]) -> None:
    today = {unit["provinceKey"]: unit["provinceCode"] for unit in new}
    heir = {key: today[now] for now, keys in converter["DICT_PROVINCE"].items() for key in keys}
    provinces, districts = {}, {}
    for unit in old:
        kind, name = split(unit["province"])
        code, extra = unit["provinceCode"], EARLIER_PROVINCES.get(unit["provinceCode"], "")
        known = f"{aliases(unit['provinceAlias'], name)} {extra}".strip()
        place = (number(unit["provinceLat"]), number(unit["provinceLon"]))
        provinces[code] = (code, heir[unit["provinceKey"]], kind, name, *place, known)
        kind, name = split(unit["district"])
        extra = EARLIER_DISTRICTS.get(unit["districtCode"], "")
        known = f"{aliases(unit['districtAlias'], name)} {extra}".strip()
        place = (number(unit["districtLat"]), number(unit["districtLon"]))
        districts[unit["districtCode"]] = (unit["districtCode"], code, kind, name, *place, known)
    write("old_provinces.csv", "code new_province_code kind name lat lon aliases", provinces.values())
    write("old_districts.csv", "code province_code kind name lat lon aliases", districts.values())
    write(
        "old_communes.csv",
        "code district_code kind name lat lon aliases",
        [
            (unit["wardCode"], unit["districtCode"], *(parts := split(unit["ward"])),
             number(unit["wardLat"]), number(unit["wardLon"]), aliases(unit["wardAlias"], parts[1]))
            for unit in old
            if unit["wardCode"]
        ],
    )  # fmt: skip


def main() -> None:
    """Write all files of `data/` but the README; the same input gives the same bytes."""
    data = source()
    DATA.mkdir(exist_ok=True)
    old, new = units(data, "admin_units_legacy"), units(data, "admin_units")
    for unit in old:
        if place := ARCHIPELAGOS.get(unit["districtKey"]):
            for level in ("ward", "district"):
                unit[f"{level}Lat"], unit[f"{level}Lon"] = place
    for unit in new:
        unit["wardCode"] = CODES.get(unit["wardCode"], unit["wardCode"])
    converter = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
    pairs = successors(converter, new)

    points: dict[str, list[Point]] = defaultdict(list)
    pairs_of: dict[str, list[tuple[str, str, int]]] = {"ward": [], "district": []}
    for unit in old:
        # Five island districts had no communes.
        level = "ward" if unit["wardCode"] else "district"
        for code, is_main in pairs[old_key(unit)]:
            points[code].append((unit[f"{level}Lat"], unit[f"{level}Lon"]))
            pairs_of[level].append((unit[f"{level}Code"], code, int(is_main)))
    write("successors.csv", "old_code new_code main", pairs_of["ward"], main_first)
    write("district_successors.csv", "old_code new_code main", pairs_of["district"], main_first)
    write_old(old, converter, new)

    centre = {code: POINTS.get(code) or middle(found) for code, found in points.items()}
    communes, provinces = [], {}
    for unit in new:
        code, (kind, name) = unit["wardCode"], split(unit["ward"])
        area = AREAS.get(code) or unit["wardAreaKm2"] or ""
        lat, lon = map(number, centre[code])
        communes.append((code, unit["provinceCode"], kind, name, english(name), lat, lon, "", area))
        provinces[unit["provinceCode"]] = split(unit["province"])
    write("communes.csv", "code province_code kind name name_en lat lon population area_km2", communes)
    inside: dict[str, list[Point]] = defaultdict(list)
    for unit in new:
        inside[unit["provinceCode"]].append(centre[unit["wardCode"]])
    write(
        "provinces.csv",
        "code kind name name_en lat lon population",
        [
            (code, kind, name, NAMES_EN.get(code) or english(name),
             *(number(fmean(axis)) for axis in zip(*inside[code], strict=True)), POPULATION[code])
            for code, (kind, name) in provinces.items()
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
