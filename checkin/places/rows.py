"""The rows of the place files in `data/`, as they stand there."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import intern

DATA = Path(__file__).parent / "data"

PROVINCE, COMMUNE = "province", "commune"
OLD_PROVINCE, OLD_DISTRICT, OLD_COMMUNE = "old-province", "old-district", "old-commune"


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One unit. `name` is without its kind ("Hồng Gai"), `kind` is in lower case ("phường")."""

    level: str
    code: str
    kind: str
    name: str
    parent: str = ""
    lat: float | None = None
    lon: float | None = None
    name_en: str = ""
    population: int | None = None
    area_km2: float | None = None
    aliases: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The code itself for a unit of today, "old-commune-06688" for one of before 1 July 2025."""
        return self.code if self.level in (PROVINCE, COMMUNE) else f"{self.level}-{self.code}"

    @property
    def full_name(self) -> str:
        """Kind and name as written at the head of a line: "Phường Hồng Gai"."""
        return f"{self.kind[:1].upper()}{self.kind[1:]} {self.name}"


@dataclass(frozen=True, slots=True)
class SuccessorRow:
    """An older unit and one that took its land over; `main` marks the one that took most of it."""

    old_code: str
    new_code: str
    main: bool


def _records(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _rows(level: str, name: str, parent: str) -> Iterator[PlaceRow]:
    for record in _records(name):
        yield PlaceRow(
            level=level,
            code=record["code"],
            kind=intern(record["kind"]),
            name=intern(record["name"]),
            parent=intern(record[parent]) if parent else "",
            lat=float(record["lat"]) if record["lat"] else None,
            lon=float(record["lon"]) if record["lon"] else None,
            name_en=record.get("name_en", ""),
            population=int(record["population"]) if record.get("population") else None,
            area_km2=float(record["area_km2"]) if record.get("area_km2") else None,
            aliases=tuple(record.get("aliases", "").split()),
        )


def read_provinces() -> Iterator[PlaceRow]:
    """The 34 provinces of today, by code."""
    return _rows(PROVINCE, "provinces.csv", "")


def read_communes() -> Iterator[PlaceRow]:
    """The 3,321 communes of today, by code; `parent` is the province."""
    return _rows(COMMUNE, "communes.csv", "province_code")


def read_old_provinces() -> Iterator[PlaceRow]:
    """The 63 provinces before 1 July 2025; `parent` is the province of today that holds the land."""
    return _rows(OLD_PROVINCE, "old_provinces.csv", "new_province_code")


def read_old_districts() -> Iterator[PlaceRow]:
    """The 696 districts before 1 July 2025; `parent` is the older province."""
    return _rows(OLD_DISTRICT, "old_districts.csv", "province_code")


def read_old_communes() -> Iterator[PlaceRow]:
    """The 10,035 communes before 1 July 2025; `parent` is the older district."""
    return _rows(OLD_COMMUNE, "old_communes.csv", "district_code")


def read_successors() -> Iterator[SuccessorRow]:
    """Every pair of an older commune and a commune of today, the main one of each first."""
    return _pairs("successors.csv")


def read_district_successors() -> Iterator[SuccessorRow]:
    """The same for the five island districts that had no communes."""
    return _pairs("district_successors.csv")


def _pairs(name: str) -> Iterator[SuccessorRow]:
    for record in _records(name):
        yield SuccessorRow(record["old_code"], record["new_code"], record["main"] == "1")
