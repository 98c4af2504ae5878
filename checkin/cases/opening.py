"""Opening a case of a person whom the store knows by their number: what a command and other programs share."""

from collections.abc import Collection
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
from checkin.errors import DomainError
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


class NotOpened(DomainError):
    """It is not one person who is no open case yet: 'nobody', 'several' (`people`), 'doubled' (`known`, the case)."""

    def __init__(self, reason: str, *, people: int = 0, known: str = "") -> None:
        super().__init__(reason)
        self.people, self.known = people, known


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

    Raises NotOpened; the caller then rolls back and puts on record that somebody was looked for (`sought`).
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


def sought(session: Session, *, now: datetime, actor: Actor) -> None:
    """Put on record that somebody was looked for and no case opened; whom, is not said."""
    audit.record(session, now=now, actor=actor, action="case.sought", rows=0)


def _meant(session: Session, vault: Vault, who: Who) -> UUID:
    named = name_index(vault, who.name, who.birth_year) if who.name and who.birth_year else None
    asked = {"phone"} | ({"id_number"} if who.id_number else set()) | ({"name"} if named else set())
    matches = people.matching(
        session,
        id_index=vault.index("id", who.id_number) if who.id_number else None,
        phone_index=vault.index("phone", who.phone),
        name_index=named,
        limit=None,
    )
    found = [match.person_id for match in matches if asked <= set(match.by)]
    if len(found) != 1:
        raise NotOpened("several" if found else "nobody", people=len(found))
    return found[0]
