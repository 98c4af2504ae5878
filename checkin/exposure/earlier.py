"""Contacts who were given to be called before their reasons went along: urgency and exposure, as the list of the case
says them now, are sealed with them; their station reads and orders by them as by those of who is given today."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.casefacts.windows import windows
from checkin.cases.models import Case, kept_declaration
from checkin.contacts import queries, service
from checkin.contacts.models import Contact
from checkin.errors import DomainError
from checkin.exposure import fresh, listing, reasons
from checkin.exposure.contacting import Contacting
from checkin.joins import queries as joins
from checkin.vault import Vault, VaultError

# At a time: the names of all of them are opened, and of those who lack their reasons sealed anew.
MOST = 2000
REASON = "Ghi lý do cho người đã giao gọi"


def complete(session: Session, vault: Vault, *, now: datetime, actor: Actor, case: Case) -> int:
    """Seal the reasons with those who are to be called, or are F1, and have none; how many. Only people of the case's
    list have any: nobody whom an F1 named, or a list from elsewhere. On record before the first name is opened; done
    block by block, each committed."""
    done, last, found = 0, None, None
    while block := queries.followed(session, case.id, after=last, limit=MOST):
        last = block[-1].id
        service.record_reading(session, now=now, actor=actor, case=case, count=len(block))
        session.commit()
        lacking = dict(_lacking(vault, block))
        if not lacking:
            continue
        if found is None:
            found = _asked(session, now=now, actor=actor, case=case)
        if found is None or found.from_places or not found.encounters:
            break
        done += _seal(session, vault, found, lacking)
        session.commit()
    return done


def _lacking(vault: Vault, block: Sequence[Contact]) -> Iterator[tuple[UUID, tuple[Contact, dict[str, Any]]]]:
    for contact in block:
        try:
            details = vault.open(contact.details)
        except (VaultError, ValueError):
            continue
        if "why" not in details and not details.get("near"):
            yield contact.person_id, (contact, details)


def _asked(session: Session, *, now: datetime, actor: Actor, case: Case) -> Contacting | None:
    """The list of the case, asked for as an officer does; None where it is not known who the case is."""
    window = windows(session, case, now=now).forward
    try:
        lookup = fresh.ask(session, now=now, actor=actor, case=case, window=window, reason=REASON)
    except DomainError:
        return None
    return Contacting(session, lookup, case)


def _seal(
    session: Session, vault: Vault, found: Contacting, lacking: Mapping[UUID, tuple[Contact, dict[str, Any]]]
) -> int:
    groups = joins.groups_of(session, lacking)
    mains = {group.main: person for person, group in groups.items()}
    people = [one for one in found.everybody(session) if one.person_id in mains]
    rows = listing.rows(session, vault, found.presences(session, people), found.window, kept_declaration)
    facts_of = reasons.facts_of(session, found, rows)
    done = 0
    # In the order of whoever works on several of them.
    for main in sorted(facts_of, key=lambda one: lacking[mains[one]][0].id):
        contact, details = lacking[mains[main]]
        done += service.seal_again(session, contact, vault.seal(details | {"why": facts_of[main].plain()}))
    return done
