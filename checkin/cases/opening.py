"""Opening a case of a person whom the store knows by their number: what a command and other programs share."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import scope
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases import queries, service
from checkin.cases.models import Case
from checkin.cases.service import CaseFacts
from checkin.declarations import queries as declarations
from checkin.errors import DomainError
from checkin.joins import queries as joins
from checkin.names import mask_for_desk
from checkin.people import queries as people
from checkin.people.identity import name_index
from checkin.rules import RuleSet
from checkin.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Who:
    """What is known of the person, in normal form or empty; name and year of birth go together."""

    phone: str
    name: str = ""
    birth_year: int | None = None
    id_number: str = ""


# Of several with one number so many are told apart: more than a family are no family.
MOST_TOLD = 10


@dataclass(frozen=True)
class Candidate:
    """One of several with one number, as little as tells them apart: of whom nothing can be read the name is empty."""

    name: str
    birth_year: int | None


class NotOpened(DomainError):
    """It is not one person who is no open case yet: 'nobody', 'several' (`people`, and the first of them as `told`),
    'doubled' (`known`, the case)."""

    def __init__(self, reason: str, *, people: int = 0, told: tuple[Candidate, ...] = (), known: str = "") -> None:
        super().__init__(reason)
        self.people, self.told, self.known = people, told, known


def check(facts: CaseFacts, diseases: Collection[str], today: date) -> None:
    """Raises DomainError for what makes no sense: 'disease', 'title', 'begun' where nothing says when it began,
    'future' for a day to come, 'isolated' for one before both onset and sample."""
    begun = [day for day in (facts.onset_on, facts.sample_on) if day]
    if facts.disease not in diseases:
        raise DomainError("disease")
    if not facts.title:
        raise DomainError("title")
    if not begun:
        raise DomainError("begun")
    if max(begun) > today or (facts.isolated_on and facts.isolated_on > today):
        raise DomainError("future")
    if facts.isolated_on and facts.isolated_on < min(begun):
        raise DomainError("isolated")


def open_known(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, facts: CaseFacts, who: Who, rules: RuleSet
) -> Case:
    """A new case of the one person who declared what is known, linked and frozen; the scope is bound to it.

    Raises NotOpened; the caller then rolls back, and before it says why puts on record that somebody was looked for
    (`sought`).
    """
    service.lock_kept(session)
    case = service.open_case(session, now=now, actor=actor, facts=facts)
    scope.bind(session, case.id)
    person_id = _meant(session, vault, who)
    try:
        service.link(session, now=now, actor=actor, case=case, person_id=person_id, found_by=actor.name, rules=rules)
    except DomainError as error:
        known = queries.open_case_of(session, person_id)
        raise NotOpened("doubled", known=known.number if known else "") from error
    return case


def sought(session: Session, *, now: datetime, actor: Actor, error: NotOpened) -> None:
    """Put on record that somebody was looked for, no case opened, and how many were told apart; whom, is not said."""
    audit.record(session, now=now, actor=actor, action="case.sought", rows=len(error.told))


def _meant(session: Session, vault: Vault, who: Who) -> UUID:
    """The one person who told all that is known; of people who were joined the one known longest."""
    named = name_index(vault, who.name, who.birth_year) if who.name and who.birth_year else None
    asked = {"phone"} | ({"id_number"} if who.id_number else set()) | ({"name"} if named else set())
    matches = people.matching(
        session,
        id_index=vault.index("id", who.id_number) if who.id_number else None,
        phone_index=vault.index("phone", who.phone),
        name_index=named,
        limit=None,
    )
    groups = joins.groups_of(session, [match.person_id for match in matches])
    by: dict[UUID, set[str]] = {}
    for match in matches:
        by.setdefault(groups[match.person_id].main, set()).update(match.by)
    found = [main for main, told in by.items() if asked <= told]
    if not found:
        raise NotOpened("nobody")
    if len(found) > 1:
        shown = [groups[main].members for main in found[:MOST_TOLD]]
        raise NotOpened("several", people=len(found), told=tuple(_told(session, vault, shown)))
    return found[0]


def _told(session: Session, vault: Vault, people: Iterable[tuple[UUID, ...]]) -> list[Candidate]:
    """What tells these people apart, each of them all who were joined: of their newest declaration, sorted."""
    members = list(people)
    newest = declarations.latest_of(session, [one for group in members for one in group])
    opened = declarations.opened(session, vault, [(one.made_at, one.id) for one in newest.values()])
    told = []
    for group in members:
        known = [newest[one] for one in group if one in newest]
        details = opened.get(max(known, key=lambda one: one.made_at).id) if known else None
        details = details or {}
        told.append(Candidate(mask_for_desk(details.get("full_name", "")), details.get("birth_year") or None))
    return sorted(told, key=lambda one: (one.name, one.birth_year or 0))
