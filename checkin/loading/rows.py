"""What a row must be to become a visit: pure rules, which give all reasons of a row at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from checkin import clock
from checkin.declarations.told import Identity
from checkin.ids import derived_id
from checkin.names import clean_name
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.places.gazetteer import gazetteer
from checkin.places.lookup import Sure, match_address, match_commune
from checkin.places.rows import COMMUNE
from checkin.rules import RuleSet
from checkin.store.retention import first_kept
from checkin.vault import Vault
from checkin.venues.codes import diagnose, is_well_formed, normalise
from checkin.visits.stays import Guess, cap, guess_end

LONGEST_CELL = 1000
LONGEST_NAME = 100
OLDEST_PERSON = 125
AHEAD = timedelta(minutes=5)  # clocks of other systems are not ours
# What a spreadsheet makes of a long number; read as it stands it would be somebody else's.
_ROUNDED = re.compile(r"\s*\d+(?:[.,]\d+[eE][+-]?\d+|[eE][+-]\d+)\s*")


@dataclass(frozen=True, slots=True)
class Door:
    """What a code stood for, and from when until when."""

    venue_id: UUID
    zone_id: UUID | None
    kind: str
    own_minutes: int | None
    closes_at: str | None
    issued_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What rows are held against: the present moment, this province, and the rules of each day."""

    now: datetime
    home: str
    rules_on: Callable[[date], RuleSet]

    @property
    def oldest(self) -> datetime:
        """The first moment of the oldest day that is kept."""
        today = clock.to_local(self.now).date()
        return clock.day_bounds(first_kept(today, self.rules_on(today).retention_days))[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that can be stored. `id` is the same for the same code, person as told, and moment."""

    id: UUID
    door: Door
    who: Identity
    entered_at: datetime
    left_at: datetime | None
    guess: Guess
    rules: RuleSet


@lru_cache(maxsize=65_536)
def code_of(text: str) -> str:
    """The code of a cell as the database spells it."""
    return normalise(text[:100])


def is_code(code: str) -> bool:
    """False for what was never issued to anybody, whatever the database holds."""
    return is_well_formed(code)


def year_of(text: str) -> int | None:
    """A year of four digits; None for anything else."""
    text = text.strip()
    return int(text) if len(text) == 4 and text.isdecimal() else None


def judge(
    cells: Sequence[str], doors: Mapping[str, Door], terms: Terms, oldest: datetime, vault: Vault
) -> Entry | tuple[str, ...]:
    """The entry of a row, its cells in the order of files.COLUMNS; or every reason why there is none.

    Reasons are words of `reasons.WORDS`. `oldest` is `terms.oldest`, which costs too much for each row.
    """
    if any("\x00" in cell for cell in cells):
        return ("nul",)
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return ("long",)
    reasons: list[str] = []

    def read(rule: Callable[[str], Any], text: str) -> Any:
        try:
            return rule(text)
        except ValueError as error:
            reasons.append(str(error))
            return None

    code_cell, name_cell, id_cell, phone_cell, year_cell, commune_cell, entered_cell, left_cell = cells
    code, door = _door(code_cell, doors, reasons)
    full_name = read(_name, name_cell)
    id_number = read(_id_number, id_cell)
    phone = read(_phone, phone_cell)
    birth_year = year_of(year_cell)
    this_year = clock.to_local(terms.now).year
    if birth_year is None or not this_year - OLDEST_PERSON <= birth_year <= this_year:
        reasons.append("birth_year")
    home = _home(commune_cell, terms.home)
    if isinstance(home, str):
        reasons.append(home)
    entered_at = read(lambda text: _moment(text, "entered"), entered_cell)
    left_at = read(lambda text: _moment(text, "left"), left_cell) if left_cell.strip() else None
    if entered_at is not None:
        reasons += _wrong_times(entered_at, left_at, terms, oldest)
        if door is not None:
            reasons += _not_in_force(door, entered_at)
    if reasons or door is None or isinstance(home, str) or birth_year is None:
        return tuple(dict.fromkeys(reasons))

    who = Identity(
        full_name=full_name,
        birth_year=birth_year,
        gender="",
        phone=phone,
        province_id=home[1],
        commune_id=home[0],
        id_number=id_number,
    )
    rules = terms.rules_on(clock.to_local(entered_at).date())
    guess = (
        Guess(left_at, left_at)
        if left_at is not None
        else guess_end(
            rules, entered_at=entered_at, kind=door.kind, own_minutes=door.own_minutes, closes_at=door.closes_at
        )
    )
    # The name with its accents, since Hùng and Hưng of one class fold alike and came in at the same time.
    # Hashed with the key: an id can be read where a name cannot.
    said = (code, full_name.casefold(), str(birth_year), id_number, phone, entered_at.isoformat())
    same = derived_id(door.venue_id, vault.index("loaded", "\x1f".join(said)))
    return Entry(same, door, who, entered_at, left_at, guess, rules)


def _door(text: str, doors: Mapping[str, Door], reasons: list[str]) -> tuple[str, Door | None]:
    code = code_of(text)
    door = doors.get(code)
    if not code:
        reasons.append("code_missing")
    elif door is None:
        reasons.append("code_unknown" if diagnose(code) == "ok" else "code_mistyped")
    return code, door


def _not_in_force(door: Door, entered_at: datetime) -> list[str]:
    if entered_at < door.issued_at:
        return ["code_later"]
    if door.revoked_at is not None and entered_at >= door.revoked_at:
        return ["code_revoked"]
    return []


def _name(text: str) -> str:
    name = clean_name(text)
    if not any(char.isalpha() for char in name):
        raise ValueError("name")
    if len(name) > LONGEST_NAME:
        raise ValueError("name_long")
    return name


def _id_number(text: str) -> str:
    if not text.strip():
        return ""
    if _ROUNDED.fullmatch(text):
        raise ValueError("rounded")
    try:
        return parse_id_number(text).value
    except ValueError:
        raise ValueError("id_number") from None


def _phone(text: str) -> str:
    if not text.strip():
        return ""
    if _ROUNDED.fullmatch(text):
        raise ValueError("rounded")
    try:
        return normalise_phone(text)
    except ValueError:
        raise ValueError("phone") from None


@lru_cache(maxsize=8192)
def _home(text: str, home: str) -> tuple[str | None, str | None] | str:
    """(commune, province), both None where nothing was told; or the reason why the text names none.

    A code of any province, a name of this one, older names among them; a name elsewhere only with its province.
    """
    text = text.strip()
    if not text:
        return None, None
    if text.isascii() and text.isdigit():
        # A spreadsheet takes the nought in front away.
        row = gazetteer().units[COMMUNE].get(text.zfill(5))
        return (row.code, row.parent) if row else "commune"
    found = match_commune(text, home)
    if len(found) > 1:
        return "commune_several"
    if not found:
        elsewhere = match_address(text, home)
        found = list(elsewhere.communes) if elsewhere.sure is Sure.CERTAIN else []
    return (found[0].code, found[0].parent) if found else "commune"


def _moment(text: str, what: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{what}_unreadable") from None
    if moment.tzinfo is None:
        raise ValueError(f"{what}_zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{what}_unreadable") from None


def _wrong_times(entered_at: datetime, left_at: datetime | None, terms: Terms, oldest: datetime) -> list[str]:
    wrong = []
    if entered_at > terms.now + AHEAD:
        wrong.append("entered_future")
    if entered_at < oldest:
        wrong.append("entered_old")
    if left_at is None:
        return wrong
    if left_at < entered_at:
        wrong.append("left_before")
    elif left_at - entered_at > cap(terms.rules_on(clock.to_local(min(entered_at, terms.now)).date())):
        wrong.append("left_long")
    if left_at > terms.now + AHEAD:
        wrong.append("left_future")
    return wrong
