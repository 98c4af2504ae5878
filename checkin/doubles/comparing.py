"""Two people side by side: what is known of each, and in what they agree and differ, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.contacts.models import Contact
from checkin.declarations.forms import NATIONALITIES
from checkin.doubles import queries
from checkin.doubles.queries import Amounts
from checkin.exposure import queries as lookups
from checkin.exposure.listing import Person, person_from
from checkin.exposure.timeline import latest_told, opened_told
from checkin.fold import fold
from checkin.joins import queries as joins
from checkin.joins.models import Pair
from checkin.places import queries as places
from checkin.vault import Vault

SAME, ACCENTS, DIFFERENT, ONE_SIDE = "same", "accents", "different", "one_side"
VERDICTS = {
    SAME: _l("giống nhau"),
    ACCENTS: _l("chỉ khác dấu"),
    DIFFERENT: _l("khác nhau"),
    ONE_SIDE: _l("một bên chưa khai"),
}
FIELDS = {
    "full_name": _l("Họ và tên"),
    "birth_year": _l("Năm sinh"),
    "phone": _l("Điện thoại"),
    "id_number": _l("Số giấy tờ"),
    "home": _l("Xã, phường"),
    "address": _l("Địa chỉ"),
    "nationality": _l("Quốc tịch"),
}


@dataclass(frozen=True)
class Side:
    """One of the two: who they say they are, how much there is of them, and with how many others they are one."""

    id: UUID
    person: Person
    amounts: Amounts = Amounts()
    cases: tuple[Case, ...] = ()
    contacts: tuple[Contact, ...] = ()
    joined: int = 1


@dataclass(frozen=True)
class Line:
    """One thing that is told of both."""

    field: str
    one: str
    other: str
    verdict: str


@dataclass(frozen=True)
class Compared:
    """A pair with both its sides; `years_apart` where both years of birth are known."""

    pair: Pair
    one: Side
    other: Side
    lines: tuple[Line, ...]
    years_apart: int | None

    def fields(self, *verdicts: str) -> list[str]:
        """The names of what they agree, or differ, in."""
        return [str(FIELDS[line.field]) for line in self.lines if line.verdict in verdicts]


def compared(session: Session, vault: Vault, pairs: Sequence[Pair], now: datetime, *, whole: bool) -> list[Compared]:
    """These pairs with their sides opened; with `whole`, also how much there is of each and what they are part of."""
    people = list(dict.fromkeys(person for pair in pairs for person in (pair.one_id, pair.other_id)))
    told = latest_told(session, people, lookups.kept_stays_of(session, people, now, None))
    opened = opened_told(session, vault, told.values())
    homes = places.names(session, {one.commune_id for one in told.values() if one.commune_id})
    who = {person: person_from(opened.get(told[person].key[1]) if person in told else None, homes) for person in people}
    sides = _sides(session, who) if whole else {person: Side(person, one) for person, one in who.items()}
    return [_compared(pair, sides[pair.one_id], sides[pair.other_id]) for pair in pairs]


def _sides(session: Session, who: dict[UUID, Person]) -> dict[UUID, Side]:
    amounts, groups = queries.amounts(session, who), joins.groups_of(session, who)
    theirs, contacts = cases.of_people(session, list(who)), queries.contacts_of(session, list(who))
    return {
        person: Side(
            person,
            one,
            amounts[person],
            tuple(case for case in theirs if case.person_id == person),
            tuple(contact for contact in contacts if contact.person_id == person),
            len(groups[person].members),
        )
        for person, one in who.items()
    }


def _compared(pair: Pair, one: Side, other: Side) -> Compared:
    lines = []
    for field in FIELDS:
        mine, theirs = (_text(side.person, field) for side in (one, other))
        # That both are of this country says nothing.
        if (mine or theirs) and not (field == "nationality" and mine == theirs):
            lines.append(Line(field, mine, theirs, _verdict(field, mine, theirs)))
    years = one.person.birth_year, other.person.birth_year
    apart = abs(years[0] - years[1]) if years[0] is not None and years[1] is not None else None
    return Compared(pair, one, other, tuple(lines), apart)


def _text(person: Person, field: str) -> str:
    value = str(getattr(person, field) or "")
    return str(NATIONALITIES.get(value, value)) if field == "nationality" else value


def _verdict(field: str, one: str, other: str) -> str:
    if not one or not other:
        return ONE_SIDE
    if one == other:
        return SAME
    return ACCENTS if field in ("full_name", "address") and fold(one) == fold(other) else DIFFERENT
