"""Contacts who were given to be called before their reasons went along: urgency and exposure, as the list of the case
says them now, are sealed with them; their station reads and orders by them as by those of who is given today."""

from datetime import datetime

from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.cases.models import Case, kept_declaration
from checkin.contacts import queries, service
from checkin.exposure import listing, reasons
from checkin.exposure.contacting import Contacting
from checkin.exposure.models import Lookup
from checkin.joins import queries as joins
from checkin.vault import Vault, VaultError

# At a time: the names of all of them are opened, and of those who lack their reasons sealed anew.
MOST = 2000


def complete(session: Session, vault: Vault, *, now: datetime, actor: Actor, lookup: Lookup, case: Case) -> int:
    """Seal the reasons with those who are to be called, or are F1, and have none; how many. Only people of the case's
    list have any: nobody whom an F1 named, or a list from elsewhere. The caller has put the lookup on record."""
    found = Contacting(session, lookup, case)
    if found.from_places or not found.encounters:
        return 0
    open_ones = queries.followed(session, case.id, limit=MOST)
    lacking = {}
    for contact in open_ones:
        try:
            details = vault.open(contact.details)
        except (VaultError, ValueError):
            continue
        if "why" not in details and not details.get("near"):
            lacking[contact.person_id] = contact, details
    if not lacking:
        return 0
    groups = joins.groups_of(session, lacking)
    mains = {group.main: person for person, group in groups.items()}
    people = [one for one in found.everybody(session) if one.person_id in mains]
    rows = listing.rows(session, vault, found.presences(session, people), found.window, kept_declaration)
    done = 0
    facts_of = reasons.facts_of(session, found, rows)
    # In the order of whoever works on several of them.
    for main in sorted(facts_of, key=lambda one: lacking[mains[one]][0].id):
        contact, details = lacking[mains[main]]
        done += service.seal_again(session, contact, vault.seal(details | {"why": facts_of[main].plain()}))
    if done:
        service.record_reading(session, now=now, actor=actor, case=case, count=done)
    return done
