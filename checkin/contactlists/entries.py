"""What a row of a list must be to become a contact: pure rules, which give all reasons of a row at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from checkin.fold import ascii_digits, fold
from checkin.names import clean_name, without_ordinal
from checkin.phones import display_phone, normalise_phone
from checkin.register.communes import Meant, in_address, meant

LONGEST_NAME, LONGEST = 100, 200
# No list is of longer ago, and no contact is called after that.
OLDEST_DAYS = 60
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?!\d).*")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d).*")
_YEAR = re.compile(r"(?:\d{1,2}[/.\-]\d{1,2}[/.\-])?((?:19|20)\d\d)(?:-\d\d-\d\d.*)?")


@dataclass(frozen=True)
class Entry:
    """A row as it was read: `faults` (words of `words.FAULTS`) keep it out, `notes` do not.

    A home of which nobody can be sure has no commune: then the CDC calls.
    """

    full_name: str = ""
    phone: str = ""
    birth_year: int | None = None
    commune_id: str | None = None
    home: str = ""
    met_on: date | None = None
    place: str = ""
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shown_phone(self) -> str:
        """The number as pages and stations show it."""
        return display_phone(self.phone) if self.phone else ""

    @property
    def key(self) -> tuple[str, str]:
        """Phone and name: the same of one case is one contact, however it is written."""
        return self.phone, fold(self.full_name)


def judge(told: Mapping[str, str], *, province: str, today: date) -> Entry:
    """What a row says, its cells by field."""
    cells = {field: clean_name(cell) for field, cell in told.items()}
    faults: list[str] = []
    notes: list[str] = []
    name = without_ordinal(cells.get("full_name", ""))
    if not any(letter.isalpha() for letter in name):
        faults.append("name")
    elif len(name) > LONGEST_NAME:
        faults.append("name_long")
    phone = _phone(cells.get("phone", ""))
    if not phone:
        faults.append("phone" if cells.get("phone") else "phone_missing")
    birth_year = _year(cells.get("birth_year", ""), today)
    if birth_year is None and cells.get("birth_year"):
        notes.append("birth_year")
    met_on = _day(cells.get("met_on", ""))
    if met_on is None and cells.get("met_on"):
        faults.append("met_on")
    elif met_on and met_on > today:
        faults.append("met_on_future")
    elif met_on and (today - met_on).days > OLDEST_DAYS:
        faults.append("met_on_old")
    elif met_on is None:
        notes.append("met_on_missing")
    commune, district, address = (cells.get(field, "")[:LONGEST] for field in ("commune", "district", "address"))
    found = meant(commune, district, province) if commune else Meant()
    if not found.communes:
        found = in_address(", ".join(filter(None, (address, commune, district))), province)
    if not found.one:
        notes.append("commune_several" if found.communes else "commune")
    return Entry(
        full_name=name[:LONGEST_NAME],
        phone=phone,
        birth_year=birth_year,
        commune_id=found.one,
        home=", ".join(filter(None, (address, commune, district)))[:LONGEST],
        met_on=met_on,
        place=cells.get("place", "")[:LONGEST],
        faults=tuple(faults),
        notes=tuple(notes),
    )


def _phone(text: str) -> str:
    first = re.split(r"\s*[;,/]\s*|\s+-\s+", ascii_digits(text))[0] if text else ""
    for tried in (first, f"0{first}"):  # a spreadsheet takes the zero away
        try:
            return normalise_phone(tried)
        except ValueError:
            continue
    return ""


def _year(text: str, today: date) -> int | None:
    found = _YEAR.fullmatch(ascii_digits(text))
    return int(found[1]) if found and today.year - 125 <= int(found[1]) <= today.year else None


def _day(text: str) -> date | None:
    plain = ascii_digits(text)
    iso, usual = _ISO.fullmatch(plain), _DAY.fullmatch(plain)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        return date(int(usual[3]), int(usual[2]), int(usual[1])) if usual else None
    except ValueError:
        return None
