"""Whom the page of an F1 offers as perhaps an F2: who shares a household or shifts with them, with the reason in words.

An officer chooses; nobody becomes an F2 by being offered.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import force_locale
from sqlalchemy.orm import Session

from checkin import clock
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.contacts import queries as contacts
from checkin.contacts.judging import F1
from checkin.contacts.models import Contact
from checkin.contacts.service import Given
from checkin.contacts.words import details_of, opened
from checkin.exposure import queries as lookups
from checkin.exposure.listing import Person, person_from
from checkin.exposure.timeline import Told, latest_told, opened_told
from checkin.i18n import DEFAULT
from checkin.joins import queries as joins
from checkin.nearby import queries
from checkin.nearby.offering import FORM, PHONE, SHIFT, Offer, Shared, offers
from checkin.nearby.service import exposed_from, told_of
from checkin.nearby.words import reason
from checkin.places import queries as places
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.visits.stays import longest

# Of a phone: more than any household has, so that the rest need not be read.
WIDEST = 200


@dataclass(frozen=True)
class Around:
    """Who shares something with an F1: the first of `total`, in the order of `offers`; from when on it counts; whether
    a phone of theirs is shared by more people than a household has."""

    offers: tuple[Offer, ...] = ()
    total: int = 0
    since: date | None = None
    wide: bool = False


@dataclass(frozen=True)
class Suggested:
    """Somebody who is offered, the name opened; `contact` and `case` are what they are already."""

    offer: Offer
    person: Person
    home: str | None
    province: str | None
    reasons: tuple[str, ...]
    contact: Contact | None
    case: Case | None

    @property
    def may_add(self) -> bool:
        """False for who cannot be called since nothing is known of them, and for who is more than an F2."""
        return bool(self.person.full_name) and self.case is None and (self.contact is None or self.contact.stage != F1)


def around(session: Session, vault: Vault, *, case: Case, f1: Contact, now: datetime, rules: RuleSet) -> Around:
    """Whom to offer for an F1; nobody for who is none. Whoever was joined is one person, and who is near the F1 already
    is not offered again."""
    if f1.stage != F1:
        return Around()
    section = rules["contacts"]["f2"]
    own = joins.group_of(session, f1.person_id).members
    start = exposed_from(opened(vault, f1))
    shared, wide = _by_phone(session, own, int(section["most_phone"]))
    shared += [*_by_form(session, own), *_by_shift(session, own, start, min(now, f1.stage_at), rules)]
    near = [one.person_id for one in queries.near(session, f1.id)]
    aside = [*own, *near, *([case.person_id] if case.person_id else [])]
    groups = joins.groups_of(session, {*aside, *(one.person_id for one in shared)})
    without = {groups[person].main for person in aside}
    found = offers((replace(one, person_id=groups[one.person_id].main) for one in shared), without)
    return Around(tuple(found[: int(section["offered"])]), len(found), clock.to_local(start).date(), wide)


def _by_phone(session: Session, own: Collection[UUID], most: int) -> tuple[list[Shared], bool]:
    found: set[UUID] = set()
    wide = False
    for phone in queries.phones_of(session, own):
        people = queries.with_phone(session, phone, WIDEST)
        if len({group.main for group in joins.groups_of(session, people).values()}) > most:
            wide = True
        else:
            found |= set(people)
    return [Shared(person, PHONE) for person in found], wide


def _by_form(session: Session, own: Collection[UUID]) -> Iterator[Shared]:
    """Of who was joined each form once."""
    on_forms = queries.on_one_form(session, own)
    groups = joins.groups_of(session, {one.person_id for one in on_forms})
    days: dict[UUID, dict[UUID, date]] = {}
    for one in on_forms:
        theirs = days.setdefault(groups[one.person_id].main, {})
        theirs[one.form] = max(clock.to_local(one.at).date(), theirs.get(one.form, date.min))
    for person, forms in days.items():
        yield Shared(person, FORM, len(forms), max(forms.values()))


def _by_shift(
    session: Session, own: Collection[UUID], start: datetime, end: datetime, rules: RuleSet
) -> Iterator[Shared]:
    cap = longest(rules)
    worked = queries.at_work(session, own, start, end, cap)
    for one in queries.colleagues(session, worked, cap):
        yield Shared(one.person_id, SHIFT, one.shifts, clock.to_local(one.last).date(), one.venue_id)


def suggested(
    session: Session, vault: Vault, found: Collection[Offer], *, case: Case, now: datetime
) -> list[Suggested]:
    """These people, opened; the caller has put the reading on record."""
    ids = [one.person_id for one in found]
    if not ids:
        return []
    groups = joins.groups_of(session, ids)
    members = [member for group in groups.values() for member in group.members]
    every = latest_told(session, members, lookups.kept_stays_of(session, members, now, case.id))
    told: dict[UUID, Told] = {
        person: max((every[one] for one in group.members if one in every), key=lambda one: (not one.kept, one.key))
        for person, group in groups.items()
        if not every.keys().isdisjoint(group.members)
    }
    details = opened_told(session, vault, told.values())
    homes = places.names(session, {one.commune_id for one in told.values() if one.commune_id})
    names = venues.names(session, {share.venue_id for one in found for share in one.shared if share.venue_id})
    known, ill = contacts.of_people(session, case.id, ids), cases.open_cases_of(session, ids)
    lines = []
    for offer in found:
        own, contact = told.get(offer.person_id), known.get(offer.person_id)
        there = (details.get(own.key[1]) if own else None) or {}
        person = person_from(there, homes) if there else _as_contact(vault, contact)
        lines.append(
            Suggested(
                offer,
                person,
                own.commune_id if own else None,
                _code(there.get("province_id")),
                tuple(reason(one, names) for one in offer.shared),
                contact,
                ill.get(offer.person_id),
            )
        )
    return lines


def given(
    session: Session,
    vault: Vault,
    around: Around,
    meant: Collection[UUID],
    *,
    case: Case,
    f1: Contact,
    now: datetime,
    communes: Collection[str],
) -> list[Given]:
    """Those of these people who are still offered and may be added, ready to be called. The words that a station reads
    are Vietnamese, whatever language the officer reads."""
    named_by, first, today = opened(vault, f1), around.since or f1.met_on, clock.to_local(now).date()
    with force_locale(DEFAULT):
        chosen = [one for one in around.offers if one.person_id in meant]
        people = suggested(session, vault, chosen, case=case, now=now)
    made = []
    for one in people:
        if not one.may_add:
            continue
        who = one.person
        details: dict[str, Any] = details_of(
            name=who.full_name, phone=who.phone, birth_year=who.birth_year, home=who.home or who.address, met=[]
        ) | told_of(named_by, "; ".join(one.reasons))
        home = one.home if one.home in communes else None
        made.append(Given(one.offer.person_id, home, one.offer.met_on(first, today), details, one.province))
    return made


def _as_contact(vault: Vault, contact: Contact | None) -> Person:
    if contact is None:
        return Person(readable=False)
    line = opened(vault, contact)
    return Person(line.full_name, line.birth_year, line.phone, home=line.home, readable=line.readable)


def _code(value: object) -> str | None:
    # Whoever may write here may also write what is no place.
    return value if isinstance(value, str) and 0 < len(value) <= 24 else None
