"""Who stands at the counter, by what they showed there."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import clock
from checkin.declarations import service as declarations
from checkin.declarations.told import Identity, Told
from checkin.desk.shown import Known, Shown, ShownCard
from checkin.names import mask_for_desk
from checkin.people import queries as people
from checkin.people.identity import name_index
from checkin.people.service import identify
from checkin.personcards import service as cards
from checkin.vault import Vault


def known_as(session: Session, vault: Vault, *, now: datetime, at: datetime, shown: Shown | ShownCard) -> Known:
    if isinstance(shown, ShownCard):
        cards.note_use(session, shown.card, clock.to_local(now).date())
        return Known(shown.card.person_id, shown.card.masked_name, shown.card.on_file)
    told, person_id = person_of(session, vault, now=now, shown=shown)
    on_file = declarations.on_file(vault, told=told, person_id=person_id, at=at)
    return Known(person_id, mask_for_desk(told.who.full_name), on_file, told.who.doubts())


def person_of(session: Session, vault: Vault, *, now: datetime, shown: Shown) -> tuple[Told, UUID]:
    """Who is meant, under the name by which they are known here, found or made.

    Somebody known by the number and any reading of the name is that person. Where letters of the name are
    missing, so is the one person who is known by the number.
    """
    told, who = shown.told, shown.told.who
    known = people.with_id(session, vault.index("id", who.id_number)) if who.id_number else []
    if known:
        names = {name for _, name in known}
        readings = [name for name in (who.full_name, shown.spelt) if name]
        found = next((name for name in readings if name_index(vault, name, who.birth_year) in names), None)
        roots = {root for root, _ in known}
        if found is None and shown.damaged and len(roots) == 1:
            return told, roots.pop()
        if found:
            told = replace(told, who=_named(who, found))
    told_of = declarations.person_indexes(vault, told.who)
    return told, identify(session, now=now, told=told_of, commune_id=told.who.commune_id)


def _named(who: Identity, name: str) -> Identity:
    return replace(who, full_name=name)
