"""What a row of a register must be to become a venue: pure rules, which give all reasons of a row at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from checkin.fold import ascii_digits
from checkin.names import clean_name
from checkin.phones import normalise_phone
from checkin.places.rows import PlaceRow
from checkin.register.communes import Meant, bare, in_address, meant, question_of
from checkin.register.hours import Hours, read_hours, read_time
from checkin.register.kinds import kind_of
from checkin.register.sameness import LONGEST_NUMBER, number_key
from checkin.venues.kinds import VEHICLES
from checkin.venues.plates import normalise_plate

LONGEST_CELL = 2000
LONGEST = 200
# What a spreadsheet makes of a long number; read as it stands it would be another one.
ROUNDED = re.compile(r"\s*\d+(?:[.,]\d+[eE][+-]?\d+|[eE][+-]\d+)\s*")


@dataclass(frozen=True, slots=True)
class Terms:
    """The province, the one commune of a station (None: all), and the communes that were chosen for doubtful names.

    They are chosen by question (`communes.question_of`), or by the bare name. A choice of "" leaves the rows out.
    """

    province: str
    commune: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that can be a venue. Empty: the register does not say. `notes` are words of `reasons.NOTES`."""

    number: str
    name: str
    kind: str
    guessed_kind: str
    address: str
    commune_id: str
    phone: str
    opens_at: str | None
    closes_at: str | None
    plate: str
    within: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A row whose commune somebody must choose: the question that its name is, and what can be meant."""

    question: str
    commune: str
    district: str
    communes: tuple[PlaceRow, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Every reason why a row cannot be a venue: words of `reasons.WORDS`."""

    reasons: tuple[str, ...]


def judge(cells: Sequence[str], terms: Terms, *, has_commune: bool) -> Entry | Asked | Refused:
    """What a row is, its cells in the order of columns.FIELDS; `has_commune`: the file has a column for it."""
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return Refused(("long",))
    number, name, kind, address, commune, district, phone, opens, closes, hours, plate, within = map(clean_name, cells)
    reasons: list[str] = []
    notes: list[str] = []
    if not any(char.isalnum() for char in name):
        reasons.append("name")
    elif len(name) > LONGEST:
        reasons.append("name_long")
    if not any(char.isalnum() for char in address):
        reasons.append("address")
    elif len(address) > LONGEST:
        reasons.append("address_long")
    if ROUNDED.fullmatch(number):
        reasons.append("rounded")
    elif len(number) > LONGEST_NUMBER:
        reasons.append("number_long")
    place = _commune(commune, district, address, terms, has_commune=has_commune)
    if isinstance(place, str):
        reasons.append(place)
    if reasons:
        return Refused(tuple(reasons))
    if isinstance(place, Asked):
        return place
    assert isinstance(place, _There)  # noqa: S101 - nothing else is left  # nosec B101
    said, guessed = kind_of(kind) if kind else None, ""
    if said is None:
        guessed = kind_of(name) or "other"
        notes.append("kind_guessed" if guessed != "other" else "kind_unknown")
    plate = _plate(plate, notes)
    if not plate and (said or guessed) in VEHICLES and "plate" not in notes:
        notes.append("plate_missing")
    opens_at, closes_at = _hours(opens, closes, hours, notes)
    return Entry(
        number=number_key(number),
        name=name,
        kind=said or "",
        guessed_kind=guessed,
        address=address,
        commune_id=place.id,
        phone=_phone(phone, notes),
        opens_at=opens_at,
        closes_at=closes_at,
        plate=plate,
        within=within[:LONGEST],
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _There:
    id: str


def _commune(commune: str, district: str, address: str, terms: Terms, *, has_commune: bool) -> _There | Asked | str:
    if not commune and not has_commune and terms.commune:
        return _There(terms.commune)  # a station's own list says nowhere which commune it is of
    found = meant(commune, district, terms.province) if commune else Meant()
    if not commune:
        found = in_address(", ".join(filter(None, (address, district))), terms.province)
    if found.one:
        return _own(found.one, terms)
    if not found.communes:
        return "commune" if commune else "commune_missing"
    question = question_of(commune, found)
    chosen = terms.choices.get(question, terms.choices.get(bare(commune))) if commune else None
    if chosen is not None:
        return _own(chosen, terms) if chosen else "commune_left_out"
    if terms.commune and terms.commune not in {row.id for row in found.communes}:
        return "commune_elsewhere"
    if not commune:
        return "commune_missing"  # one question for every address is none that anybody could answer
    return Asked(question, commune, district, found.communes)


def _own(commune_id: str, terms: Terms) -> "_There | str":
    return "commune_elsewhere" if terms.commune not in (None, commune_id) else _There(commune_id)


def _phone(text: str, notes: list[str]) -> str:
    if not text:
        return ""
    # Of several numbers in a cell the first one.
    first = re.split(r"\s*[;,/]\s*|\s+-\s+", ascii_digits(text))[0]
    for tried in (first, f"0{first}"):  # a spreadsheet takes the zero away
        try:
            return normalise_phone(tried)
        except ValueError:
            continue
    notes.append("phone")
    return ""


def _hours(opens: str, closes: str, hours: str, notes: list[str]) -> Hours:
    try:
        if closes or (opens and not re.search(r"[-–—~]|đến|den", opens)):
            return read_time(opens), read_time(closes)
        hours = opens or hours  # "Giờ mở cửa" often holds both
        return read_hours(hours)
    except ValueError:
        notes.append("hours")
        return None, None


def _plate(text: str, notes: list[str]) -> str:
    try:
        return normalise_plate(text) if text else ""
    except ValueError:
        notes.append("plate")
        return ""
