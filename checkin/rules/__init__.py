"""Dated rule sets: what the directives change within weeks is data, not code.

Each file of `data/` is one section from one day on: `<section>-<YYYY-MM-DD>.toml`. A new rule is a new
file; the old one stays, since declarations and cases keep the rules of their day.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

SECTIONS = (
    "disease",
    "triage",
    "stays",
    "lookback",
    "zones",
    "flags",
    "rights",
    "oversight",
    "commitment",
    "cards",
    "contacts",
    "followup",
    "signals",
    "ranking",
    "doubles",
)

# How a disease spreads: from the person, or to the person and to others from the same animals and places.
MODELS = ("contact", "source")


class RuleError(Exception):
    """A rule file is missing or cannot be used; the text names it."""


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules in force on one day. `id` changes whenever any of them does."""

    id: str
    sections: Mapping[str, Mapping[str, Any]] = field(repr=False)
    # Of the stays of all versions, since a visit keeps the end that the rules of its day gave it.
    longest_cap: int
    # Of the air that diseases stay in, of all versions: open cases keep the rules of their day.
    longest_air: int

    def __getitem__(self, section: str) -> Mapping[str, Any]:
        return self.sections[section]

    @property
    def declared_days(self) -> int:
        """How many days back the declaration asks about."""
        return int(self.sections["lookback"]["declared_days"])

    @property
    def retention_days(self) -> int:
        """After how many days a visit is deleted unless a case needs it."""
        return int(self.sections["lookback"]["retention_days"])


Check = Callable[[Mapping[str, Any]], object]


def _check_lookback(data: Mapping[str, Any]) -> None:
    for name in ("declared_days", "retention_days"):
        if not (isinstance(data[name], int) and 0 < data[name] <= 366):
            raise ValueError(f"{name}: a number of days from 1 to 366")


def _check_zones(data: Mapping[str, Any]) -> None:
    for zone in data["zone"]:
        if not (zone["name"] and isinstance(zone["from"], date) and isinstance(zone.get("to", zone["from"]), date)):
            raise ValueError("a zone needs a name and the day it began")


def _check_disease(data: Mapping[str, Any]) -> None:
    for code, disease in data.items():
        numbers = [disease[name] for name in ("infectious_days_before", "residual_air_minutes")]
        if not (disease["name"] and disease["name_en"]) or not all(isinstance(n, int) and n >= 0 for n in numbers):
            raise ValueError(f"{code}: names in both languages and numbers of days and minutes")
        low, high = (disease[name] for name in ("source_from_day", "source_to_day"))
        if not (isinstance(low, int) and isinstance(high, int) and low <= high <= 0):
            raise ValueError(f"{code}: source_from_day and source_to_day are days before onset, such as -14 and -2")
        if disease.get("model", "contact") not in MODELS:
            raise ValueError(f"{code}: model is one of {', '.join(MODELS)}")


def _check_cards(data: Mapping[str, Any]) -> None:
    for name in ("unused_days", "revoked_days"):
        if not (isinstance(data[name], int) and 0 < data[name] <= 3660):
            raise ValueError(f"{name}: a number of days from 1 to 3660")


def _check_contacts(data: Mapping[str, Any]) -> None:
    numbers = [data["call_hours"], data["quarantine_days"]]
    numbers += [data["f2"][name] for name in ("call_hours", "offered", "most_phone")]
    if not (data["f2"]["script"].strip() and data["f2"]["script_en"].strip()):
        raise ValueError("f2: a script in both languages")
    for disease in data["disease"].values():
        numbers += [disease[name] for name in ("close_minutes", "quarantine_days") if name in disease]
    if not all(isinstance(number, int) and 0 < number <= 366 for number in numbers):
        raise ValueError("hours, minutes and days are whole numbers from 1 to 366")


def _check_doubles(data: Mapping[str, Any]) -> None:
    for name, most in (
        ("most_id", 100),
        ("most_phone", 100),
        ("most_name", 100),
        ("close_years", 20),
        ("again_days", 60),
    ):
        if not (isinstance(data[name], int) and 0 < data[name] <= most):
            raise ValueError(f"{name}: a whole number from 1 to {most}")


OWN_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "lookback": _check_lookback,
        "zones": _check_zones,
        "disease": _check_disease,
        "cards": _check_cards,
        "contacts": _check_contacts,
        "doubles": _check_doubles,
    }
)


class RuleBook:
    """Every version of every section."""

    def __init__(self, versions: dict[str, list[tuple[date, bytes]]]) -> None:
        self._versions = versions
        self._cache: dict[tuple[date, ...], RuleSet] = {}

    @classmethod
    def load(cls, folder: Path, checks: Mapping[str, Check] = MappingProxyType({})) -> "RuleBook":
        """The rules of a folder. Raises RuleError, naming the file, when one cannot be used.

        `checks` holds by section what reads its data and raises ValueError or KeyError where they are
        wrong: a misspelt rule must stop the start, not be found out at the first check-in.
        """
        versions: dict[str, list[tuple[date, bytes]]] = {}
        for path in sorted(folder.glob("*.toml")):
            match = re.fullmatch(r"([a-z]+)-(\d{4}-\d\d-\d\d)", path.stem)
            if not match or match[1] not in SECTIONS:
                raise RuleError(f"{path.name}: a rule file is named <section>-<YYYY-MM-DD>.toml")
            body = path.read_bytes()
            try:
                day = date.fromisoformat(match[2])
                {**OWN_CHECKS, **checks}.get(match[1], dict)(tomllib.loads(body.decode()))
            except (ValueError, KeyError, TypeError) as error:
                raise RuleError(f"{path.name}: {error}") from error
            versions.setdefault(match[1], []).append((day, body))
        for section in SECTIONS:
            if section not in versions:
                raise RuleError(f"{folder} has no file {section}-<YYYY-MM-DD>.toml")
            versions[section].sort()
        return cls(versions)

    def on(self, day: date) -> RuleSet:
        """The rules in force on a day; before the first version of a section, that first one."""
        chosen = {name: self._in_force(name, day) for name in SECTIONS}
        key = tuple(version[0] for version in chosen.values())
        found = self._cache.get(key)
        if found is None:
            digest = hashlib.sha256(b"\0".join(body for _, body in chosen.values())).hexdigest()[:6]
            stays = [tomllib.loads(body.decode()) for _, body in self._versions["stays"]]
            diseases = [tomllib.loads(body.decode()) for _, body in self._versions["disease"]]
            found = RuleSet(
                longest_air=max(int(d["residual_air_minutes"]) for version in diseases for d in version.values()),
                longest_cap=max(int(version["cap_minutes"]) for version in stays),
                id=f"{max(key)}.{digest}",
                sections={name: tomllib.loads(body.decode()) for name, (_, body) in chosen.items()},
            )
            self._cache[key] = found
        return found

    def _in_force(self, section: str, day: date) -> tuple[date, bytes]:
        versions = self._versions[section]
        return next((v for v in reversed(versions) if v[0] <= day), versions[0])
