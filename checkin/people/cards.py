"""What the codes on citizen cards (CCCD) and insurance cards (BHYT) say, as scanners type it.

Neither code is signed: what it says is declared, not proven. Unreadable parts become warnings, because the
person stands at the door and the desk can still ask.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from checkin.fold import ascii_digits, fold
from checkin.names import clean_name
from checkin.people.carddates import CardDate, read_card_date
from checkin.people.cardtext import from_hex, odd_letters, repair_encoding
from checkin.people.idnumbers import Gender, IdNumber, contradictions, parse_id_number

CARD_MAX = 2000
"""Longest text taken, in code points; the longest real card has some 600."""

CardErrorReason = Literal[
    "empty", "too_long", "no_fields", "no_number", "two_cards", "incomplete", "no_name", "no_year"
]

_PIPES = str.maketrans("｜¦∣ǀ│", "|||||")
_SEPARATORS = ("|", "\t", "~", "\\")  # what | becomes on keyboards of another layout
_SYMBOLOGY = re.compile(r"\][A-Za-z]\d")  # prefix of scanners that announce the kind of code
# No letter may touch a number: hex of a name holds long runs of digits too.
_CCCD = re.compile(r"(?<![0-9A-Z])\d{12}(?![0-9A-Z])")
_BHYT = re.compile(r"(?<![0-9A-Z])(?:[A-Z]{2}\d{13}|\d{10})(?![0-9A-Z])")
# Where one card ends and the next begins, when no line parts them: its last date or the end of an insurance card's, and
# a number.
_JOINT = re.compile(r"(\d\d[/.-]?\d\d[/.-]?\d{4}|\$)\s*((?:\][A-Za-z]\d)?(?:\d{12}|\d{10}|[A-Za-z]{2}\d{13}))\s*")
_LAST_FIELD = 6  # separators before the last field known; a line without one after it is junk
_EMPTY = frozenset({"", "-", "--", "null", "none", "$"})


class CardError(ValueError):
    """The text is not a card that can be used; `reason` is one of `CardErrorReason`."""

    def __init__(self, reason: CardErrorReason) -> None:
        super().__init__(reason)
        self.reason: CardErrorReason = reason


@dataclass(frozen=True)
class Card:
    """What a card says. `warnings` name what was unreadable, repaired or contradicts itself:

    encoding_repaired, name_missing, name_mangled, address_mangled, birth_date_unreadable,
    birth_date_impossible, birth_year_from_number, gender_from_number, issued_on_unreadable,
    birth_year_contradicts_number, gender_contradicts_number.
    """

    kind: Literal["cccd", "bhyt"]
    id_number: str | None = None
    old_id: str | None = None
    full_name: str = ""
    birth_date: date | None = None
    birth_year: int | None = None
    gender: Gender | None = None
    address: str = ""
    insurance_number: str | None = None
    issued_on: date | None = None
    warnings: tuple[str, ...] = ()


@dataclass
class _Reading:
    """What has been read so far, with its warnings in the order of the card."""

    name: str = ""
    birth: CardDate | None = None
    gender: Gender | None = None
    address: str = ""
    issued: CardDate | None = None
    warnings: list[str] = field(default_factory=list)


def parse_card(text: str, today: date | None = None) -> Card:
    """Return what a scanned CCCD or BHYT card says; a birth after `today`, where given, counts as impossible.

    CCCD: id number|old id, may be empty or absent|name|DDMMYYYY|Nam or Nữ|address|DDMMYYYY of issue; later
    cards add fields, which are ignored. BHYT: number|hex name|DD/MM/YYYY|1 or 2|hex
    address|clinic|from|to|issued|..., where the number has 15 characters, 10 digits, or is the citizen
    number. Time grows with the length of the text alone.

    Raises CardError: "empty", "too_long", "no_fields" (no separators, so no card), "no_number", "two_cards"
    (two different cards in one reading), "incomplete" (neither a name nor a date of birth).
    """
    if len(text) > CARD_MAX:
        raise CardError("too_long")
    repaired = repair_encoding(text)
    fields = _split(repaired)
    position, number, is_citizen = _find_number(fields)
    rest = [clean_name(part) for part in fields[position + 1 :]]
    is_insurance = not is_citizen or (bool(rest) and _is_hex_name(rest[0]))
    reading = _read_insurance(rest) if is_insurance else _read_citizen(rest[_old_id_fields(rest) :])
    if not reading.name and reading.birth is None:
        raise CardError("incomplete")
    if repaired != text:
        reading.warnings.insert(0, "encoding_repaired")
    card = _complete(reading, parse_id_number(number) if is_citizen else None, today)
    old_id = rest[0] if not is_insurance and _old_id_fields(rest) else ""
    return Card(
        kind="bhyt" if is_insurance else "cccd",
        id_number=number if is_citizen else None,
        old_id=_value(ascii_digits(old_id)) or None,
        insurance_number=number if is_insurance else None,
        full_name=card.name,
        birth_date=card.birth.day if card.birth else None,
        birth_year=card.birth.year if card.birth else None,
        gender=card.gender,
        address=card.address,
        issued_on=card.issued.day if card.issued else None,
        warnings=tuple(dict.fromkeys(card.warnings)),
    )


def _split(text: str) -> list[str]:
    lines = [line for line in text.translate(_PIPES).splitlines() if clean_name(line)]
    if not lines:
        raise CardError("empty")
    separator = next((mark for mark in _SEPARATORS if "".join(lines).count(mark) >= 2), None)
    if separator is None:
        raise CardError("no_fields")
    # A wedge scanner may send the same card twice before anyone notices, or break a long address in two.
    cards: list[list[str]] = []
    for line in [part for whole in lines for part in _parted(whole, separator)]:
        if not cards or (separator in line and _number_in(line.split(separator)[0])):
            cards.append([line])
        elif separator in line or "".join(cards[-1]).count(separator) < _LAST_FIELD:
            cards[-1].append(line)
    readings = [" ".join(card).split(separator) for card in cards]
    numbered = [reading for reading in readings if any(map(_number_in, reading[:3]))] or readings[:1]
    if len(numbered) > 1 and len({_find_number(reading)[1] for reading in numbered}) > 1:
        raise CardError("two_cards")
    return numbered[0]


def _parted(line: str, separator: str) -> list[str]:
    """A line as the cards that were typed into it one behind the other."""
    fields, start, found = line.split(separator), 0, []
    for place in range(3, len(fields) - 2):
        joint = _JOINT.fullmatch(ascii_digits(fields[place]).strip())
        date_of = read_card_date(joint.group(1)) if joint else None
        if joint and (joint.group(1) == "$" or (date_of and date_of.day)):
            found.append(separator.join([*fields[start:place], joint.group(1)]))
            fields[place], start = joint.group(2), place
        elif _begins_card(fields[place:]):
            found.append(separator.join(fields[start:place]))
            start = place
    return [*found, separator.join(fields[start:])]


def _begins_card(fields: Sequence[str]) -> bool:
    # A citizen number further in may be a relative's; with a day of birth and a sex behind it, it is another card.
    if not re.fullmatch(r"\d{12}", ascii_digits(fields[0]).strip()):
        return False
    behind = [clean_name(part) for part in fields[1:6]]
    return any(
        (born := read_card_date(one)) is not None and born.year is not None and _gender(sex) is not None
        for one, sex in itertools.pairwise(behind)
    )


def _number_in(part: str) -> tuple[str, bool] | None:
    """Return the number in a field, and whether it is a citizen number (not an insurance one)."""
    plain = _SYMBOLOGY.sub("", ascii_digits(clean_name(part)), count=1).replace(" ", "").upper()
    if match := _CCCD.search(plain):
        return match.group(), True
    if match := _BHYT.search(plain):
        return match.group(), False
    return None


def _find_number(fields: Sequence[str]) -> tuple[int, str, bool]:
    # Junk before the number may bring a separator of its own; a number further in belongs to something else.
    for position, part in enumerate(fields[:3]):
        if found := _number_in(part):
            return position, *found
    raise CardError("no_number")


def _old_id_fields(rest: Sequence[str]) -> int:
    """Return how many fields the old id takes: the six-field form leaves it out altogether."""
    if not rest:
        return 0
    old = ascii_digits(rest[0])
    is_birth = len(old) in (4, 8) and len(rest) > 1 and _gender(rest[1]) is not None
    return int(not _value(old) or (old.isdigit() and not is_birth))


def _read_citizen(rest: Sequence[str]) -> _Reading:
    reading = _Reading()
    left = [_value(part) for part in rest]
    if left and read_card_date(left[0]) is None:
        _take_name(reading, left.pop(0), certain=True)
    else:
        reading.warnings.append("name_missing")
    if left and not _gender(left[0]):
        _take_birth(reading, left.pop(0))
    if left and (_gender(left[0]) or len(left[0]) <= 4):
        reading.gender = _gender(left.pop(0))
    if left:
        reading.address = left.pop(0)
        if odd_letters(reading.address, allowed_digits=True):
            reading.warnings.append("address_mangled")
    _take_issued(reading, left)
    return reading


def _read_insurance(rest: Sequence[str]) -> _Reading:
    reading = _Reading()
    name, birth, sex, address = [*(_value(part) for part in rest[:4]), "", "", "", ""][:4]
    _take_name(reading, *from_hex(name))
    _take_birth(reading, birth)
    reading.gender = _gender(sex)
    reading.address, certain = from_hex(address)
    if not certain:
        reading.warnings.append("address_mangled")
    _take_issued(reading, [_value(part) for part in rest[7:8]])
    return reading


def _take_name(reading: _Reading, name: str, certain: bool) -> None:
    reading.name = name
    if not name:
        reading.warnings.append("name_missing")
    if not certain or odd_letters(name, allowed_digits=False):
        reading.warnings.append("name_mangled")


def _take_birth(reading: _Reading, text: str) -> None:
    reading.birth = read_card_date(text)
    if reading.birth is None:
        reading.warnings.append("birth_date_unreadable")
    elif reading.birth.impossible:
        reading.warnings.append("birth_date_impossible")


def _take_issued(reading: _Reading, left: Sequence[str]) -> None:
    dates = [found for part in left if (found := read_card_date(part)) and (found.day or found.impossible)]
    reading.issued = dates[0] if dates else None
    if (left and left[0] and reading.issued is None) or (reading.issued and reading.issued.impossible):
        reading.warnings.append("issued_on_unreadable")


def _complete(reading: _Reading, id_number: IdNumber | None, today: date | None) -> _Reading:
    """Return the reading checked against the citizen number, which also fills in what could not be read."""
    birth = reading.birth
    if today and birth and ((birth.day and birth.day > today) or (birth.year and birth.year > today.year)):
        reading.birth = CardDate(None, None, impossible=True)
        reading.warnings.append("birth_date_impossible")
    if id_number is None:
        return reading
    year = reading.birth.year if reading.birth else None
    for what in contradictions(id_number, year, reading.gender):
        reading.warnings.append(f"{what}_contradicts_number")
    if year is None and id_number.birth_year and (today is None or id_number.birth_year <= today.year):
        reading.birth = CardDate(None, id_number.birth_year)
        reading.warnings.append("birth_year_from_number")
    if reading.gender is None and id_number.gender:
        reading.gender = id_number.gender
        reading.warnings.append("gender_from_number")
    return reading


def _value(part: str) -> str:
    return "" if part.casefold() in _EMPTY else part


def _gender(text: str) -> Gender | None:
    word = fold(ascii_digits(text)).strip(" .?*")
    if word in ("nam", "male", "m", "1"):
        return "male"
    # An input method turns "Nữ" into "Nu", "Nưx", "Nu74"; no other word of this field begins so.
    if word in ("female", "f", "2", "0") or (word.startswith("nu") and len(word) <= 5):
        return "female"
    return None


def _is_hex_name(text: str) -> bool:
    # Hex of a name always holds digits, and letters too for n, h, i or an accent; an old id is all digits.
    return not text.isdigit() and any(char.isdigit() for char in text) and from_hex(text)[0] != text
