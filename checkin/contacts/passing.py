"""Contacts who change hands: the CDC gives somebody to a station, which gives back who is none of its own."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import notes
from checkin.audit.entry import Actor
from checkin.contacts import queries
from checkin.contacts.judging import NOT
from checkin.contacts.models import BACK, GIVE, MOVED, TO_CDC, Contact
from checkin.contacts.service import due
from checkin.contacts.steps import take_step
from checkin.errors import DomainError
from checkin.rules import RuleSet
from checkin.vault import Vault


class Left(NamedTuple):
    """Who of several was not given: about whom somebody did something meanwhile, whom the station has or who is no
    contact of the case, and whom that station is not to see on its list."""

    others: list[UUID]
    named: list[UUID]


def with_cdc(contact: Contact) -> bool:
    """True where no station has somebody on its list: nobody knows the commune, they moved away, or it was left to the
    CDC."""
    return contact.commune_id is None or contact.result == MOVED or contact.raised == TO_CDC


def give(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    contact: Contact,
    commune_id: str,
    communes: Collection[str],
    note: str,
    rules: RuleSet,
) -> None:
    """Give somebody to the station of a commune, which has as long to call as for anybody whom it is given now; the one
    that had them sees them no more. Raises DomainError: 'commune' for none of `communes`, 'here' where that station has
    them on its list, 'done' for no contact of the case, 'changed'."""
    if commune_id not in communes:
        raise DomainError("commune")
    if contact.stage == NOT:
        raise DomainError("done")
    if commune_id == contact.commune_id and not with_cdc(contact):
        raise DomainError("here")
    change = _freed(contact) | {"commune_id": commune_id}
    if contact.to_call:
        change["due_at"] = due(now, contact.stage, rules)
    take_step(session, now, actor, contact, GIVE, change, answers=[f"to={commune_id}"], note=notes.sealed(vault, note))


def give_all(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    seen: Mapping[UUID, int],
    case_id: UUID,
    commune_id: str,
    communes: Collection[str],
    rules: RuleSet,
) -> Left:
    """`give` for several contacts of a case, each as it was `seen` (its version); those that were not given. Whoever
    was near an F1 that named people to this very station is none for it: of those whom it named, only who is new would
    come to its list, and their absence would tell it who else is followed, or who the case is.

    The caller holds what is kept for cases. Raises DomainError('commune')."""
    if commune_id not in communes:
        raise DomainError("commune")
    found = {one.id: one for one in queries.some(session, list(seen)) if one.case_id == case_id}
    left = Left([one for one in seen if one not in found], [])
    # All of them before the log, in one order, as whoever works on one of them does.
    for _, contact in sorted(found.items()):
        session.refresh(contact, with_for_update=True)
    named = queries.named_to(session, case_id, [one.person_id for one in found.values()])
    how: dict[str, Any] = {"now": now, "actor": actor, "communes": communes, "rules": rules, "note": ""}
    for contact_id, contact in sorted(found.items()):
        if commune_id in named[contact.person_id]:
            left.named.append(contact_id)
            continue
        try:
            if contact.version != seen[contact_id]:
                raise DomainError("changed")
            give(session, vault, contact=contact, commune_id=commune_id, **how)
        except DomainError:
            left.others.append(contact_id)
    return left


def take_back(session: Session, vault: Vault, *, now: datetime, actor: Actor, contact: Contact, note: str) -> None:
    """Take somebody from the station that has them: the CDC calls. Raises DomainError: 'here' where no station has
    them, 'changed'."""
    if contact.commune_id is None:
        raise DomainError("here")
    change = _freed(contact) | {"commune_id": None}
    take_step(session, now, actor, contact, BACK, change, note=notes.sealed(vault, note))


def give_back(session: Session, vault: Vault, *, now: datetime, actor: Actor, contact: Contact, note: str) -> None:
    """A station says that somebody is none of its own: off its list, and the CDC gives them to another one. Raises
    DomainError: 'reason' without one, 'done' for who need not be called or whom the CDC has already, 'changed'."""
    if not note.strip():
        raise DomainError("reason")
    if not contact.to_call or with_cdc(contact):
        raise DomainError("done")
    change = {"raised": TO_CDC, "taken_by": None, "taken_by_name": None}
    take_step(session, now, actor, contact, BACK, change, note=notes.sealed(vault, note))


def _freed(contact: Contact) -> dict[str, Any]:
    """Nobody has taken them, and what kept them off a station's list is over; who was reached stays reached."""
    over: dict[str, Any] = {"result": None} if contact.to_call or contact.result == MOVED else {}
    return {"raised": None, "taken_by": None, "taken_by_name": None, **over}
