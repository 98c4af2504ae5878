"""What an owner types of somebody who works there, in a form or a row that was pasted, to what is kept: pure rules.

Each fault is a word of FAULTS, for the field it belongs to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from checkin.declarations.told import Identity
from checkin.fold import ascii_digits, fold
from checkin.names import clean_name
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.register.hours import read_hours, read_time

NAME_MAX, JOB_MAX, CELL_MAX = 100, 60, 200
EVERY_DAY = 127
FIELDS = ("full_name", "birth_year", "phone", "id_number", "zone", "job", "starts", "ends", "weekdays")
FAULTS = (
    "name", "year", "year_future", "year_old", "phone", "id_number", "number", "zone", "starts", "ends", "weekdays",
    "long",
)  # fmt: skip
# As people count them here: Monday is the second day, Sunday the eighth or CN.
_DAYS = {
    **{name: number for number in range(6) for name in (str(number + 2), f"t{number + 2}", f"thu{number + 2}")},
    **dict.fromkeys(("8", "t8", "cn", "chunhat", "sun", "sunday"), 6),
    **{name: number for number, names in enumerate(
        (("thuhai", "mon", "monday"), ("thuba", "tue", "tuesday"), ("thutu", "wed", "wednesday"),
         ("thunam", "thu", "thursday"), ("thusau", "fri", "friday"), ("thubay", "sat", "saturday"))
    ) for name in names},
}  # fmt: skip
_ALWAYS = {
    "",
    "7/7",
    "hangngay",
    "hangtuan",
    "moingay",
    "catuan",
    "tatca",
    "ngaynao",
    "everyday",
    "daily",
    "t2-cn",
    "2-8",
}


@dataclass(frozen=True)
class Entry:
    """Somebody to put on the list, and what is wrong with what was typed, by field; both may be there."""

    who: Identity | None
    zone_id: UUID | None
    job: str
    weekdays: int
    starts: int
    ends: int
    faults: Mapping[str, str]


def read(
    told: Mapping[str, str], *, today: date, zones: Mapping[str, UUID], hours: tuple[int, int] | None = None
) -> Entry:
    """The entry of what was typed, by the words of FIELDS. `zones` are the venue's by folded name; `hours` those of
    the venue, for who told none."""
    faults: dict[str, str] = {}
    text = {name: clean_name(str(told.get(name, ""))[: CELL_MAX + 1]) for name in FIELDS}
    for name, value in text.items():
        if len(value) > {"full_name": NAME_MAX, "job": JOB_MAX}.get(name, CELL_MAX):
            faults[name] = "long"
    if not any(char.isalpha() for char in text["full_name"]):
        faults.setdefault("full_name", "name")
    year = _year(text["birth_year"], today, faults)
    phone, number = _numbers(text["phone"], text["id_number"], faults)
    zone_id = zones.get(fold(text["zone"])) if text["zone"] else None
    if text["zone"] and zone_id is None:
        faults.setdefault("zone", "zone")
    weekdays = read_weekdays(text["weekdays"])
    if weekdays is None:
        faults["weekdays"] = "weekdays"
    starts, ends = _hours(text["starts"], text["ends"], hours, faults)
    who = None
    if not {"full_name", "birth_year", "phone", "id_number"} & set(faults):
        who = Identity(
            full_name=text["full_name"],
            birth_year=year,
            gender="",
            phone=phone,
            province_id=None,
            commune_id=None,
            id_number=number,
        )
    return Entry(who, zone_id, text["job"][:JOB_MAX], weekdays or EVERY_DAY, starts, ends, faults)


def _year(text: str, today: date, faults: dict[str, str]) -> int:
    digits = ascii_digits(text)
    # Also where a whole date of birth was typed.
    found = re.fullmatch(r"(?:\d{1,2}[/.-]\d{1,2}[/.-])?(\d{4})", digits)
    if not found:
        faults.setdefault("birth_year", "year")
        return 0
    year = int(found[1])
    if year > today.year:
        faults.setdefault("birth_year", "year_future")
    elif year < today.year - 125:
        faults.setdefault("birth_year", "year_old")
    return year


def _numbers(phone: str, number: str, faults: dict[str, str]) -> tuple[str, str]:
    """(phone, id number) in their one form. Either may stand in the field of the other, as in lists of one column."""
    if (
        phone
        and not number
        and (len(re.sub(r"\D", "", phone)) == 12 and not phone.startswith("+") or phone[0].isalpha())
    ):
        phone, number = "", phone
    if number and not phone and re.fullmatch(r"0\d{9}|\+84\d{9}", re.sub(r"[ .-]", "", ascii_digits(number))):
        phone, number = number, ""
    if not phone and not number:
        faults.setdefault("phone", "number")
        return "", ""
    told = {"phone": "", "id_number": ""}
    if phone:
        try:
            told["phone"] = normalise_phone(phone)
        except ValueError:
            faults.setdefault("phone", "phone")
    if number:
        try:
            told["id_number"] = parse_id_number(number).value
        except ValueError:
            faults.setdefault("id_number", "id_number")
    return told["phone"], told["id_number"]


def _hours(starts: str, ends: str, hours: tuple[int, int] | None, faults: dict[str, str]) -> tuple[int, int]:
    if starts and not ends:
        # "7h - 17h" in one cell.
        try:
            both = read_hours(starts)
        except ValueError:
            both = (None, None)
        if both[0] and both[1]:
            starts, ends = both[0], both[1]
    if not starts and not ends and hours is not None:
        return hours
    return _time(starts, "starts", faults), _time(ends, "ends", faults)


def _time(text: str, field: str, faults: dict[str, str]) -> int:
    try:
        found = read_time(ascii_digits(text))
    except ValueError:
        found = None
    if found is None:
        faults.setdefault(field, field)
        return 0
    return minutes(found)


def minutes(text: str) -> int:
    """Minutes since midnight of "HH:MM"; 24:00 is midnight."""
    hour, minute = (int(part) for part in text.split(":"))
    return (hour * 60 + minute) % (24 * 60)


def read_weekdays(text: str) -> int | None:
    """A bit a day, Monday 1, of "2-6", "T2, T4, CN", "thứ hai đến thứ bảy", "hằng ngày"; None for anything else."""
    plain = fold(ascii_digits(text))
    plain = re.sub(r"\s*(-|–|—|~|\bden\b|\btoi\b|\bto\b)\s*", "-", plain)
    if "".join(plain.split()) in _ALWAYS:
        return EVERY_DAY
    joined = re.sub(r"\b(thu|chu)\s+(?=\w)", r"\1", plain)
    found = 0
    for part in re.split(r"[,;.+/&\s]+|\bva\b|\band\b", joined):
        if not part:
            continue
        first, dash, last = part.partition("-")
        if first not in _DAYS or dash and last not in _DAYS:
            return None
        start, end = _DAYS[first], _DAYS[last] if dash else _DAYS[first]
        for offset in range((end - start) % 7 + 1):
            found |= 1 << (start + offset) % 7
    return found or None


def bits(weekdays: int) -> list[int]:
    """The days of a plan, Monday 0."""
    return [day for day in range(7) if weekdays >> day & 1]
