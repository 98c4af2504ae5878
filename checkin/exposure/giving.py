"""What a station is told of somebody whom it is to call: who, where and when they were, and what makes the call urgent;
never who the case is."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.cases.models import kept_declaration
from checkin.contacts import queries as contacts
from checkin.contacts.service import Given
from checkin.contacts.words import Met, details_of
from checkin.exposure import listing, reasons, showing
from checkin.exposure.contacting import Contacting, together
from checkin.joins import queries as joins
from checkin.places import queries as places
from checkin.vault import Vault
from checkin.venues import queries as venues

# Of a whole part of a list at a time: names are opened and sealed anew while whoever gives them waits.
MOST_GIVEN = 500
# Of the stays, the newest: more than anybody is asked about on the phone.
MOST_STAYS = 20


def still_to_give(session: Session, found: Contacting) -> list[UUID]:
    """The people of the cut whom nobody was given yet, in the order of the list."""
    known = set(joins.everybody_of(session, contacts.people_of(session, found.case_id)))
    return [one.person_id for one in found.everybody(session) if one.person_id not in known]


def given(session: Session, vault: Vault, found: Contacting, meant: Collection[UUID], *, first: int) -> list[Given]:
    """Those of these people whom the lookup found, ready to be called; `first` is where the page begins that names
    them. Somebody whose home is no commune of the province now has no station."""
    people = [one for one in found.people(session, first, showing.PAGE).people if one.person_id in meant]
    if len(people) < len(meant):
        # Others moved up or down since the page was made.
        people = [one for one in found.everybody(session) if one.person_id in meant]
    presences = found.presences(session, people)
    rows = listing.rows(session, vault, presences, found.window, kept_declaration)
    why = reasons.facts_of(session, found, rows)
    names = venues.names(session, {stay.venue_id for one in presences for stay in one.stays})
    here = {unit.id for unit in places.communes_of(session, context.config().province) or ()}
    made = []
    for row in rows:
        stays = sorted(row.presence.stays, key=lambda stay: stay.entered_at)[-MOST_STAYS:]
        declared = listing.latest_declared(row.presence.stays)
        home = declared.commune_id if declared else None
        met = [
            Met(
                names[stay.venue_id].name if stay.venue_id in names else "",
                stay.entered_at,
                stay.left_at or stay.until_likely,
                stay.left_at is None,
            )
            for stay in stays
        ]
        who = row.person
        details = details_of(
            name=who.full_name, phone=who.phone, birth_year=who.birth_year, home=who.home or who.address, met=met
        )
        # As it was when they were given: the station sees no list, and orders its own by it.
        details["why"] = why[row.presence.person_id].plain()
        # Of all stays; a guest who stays on after the case has left was with it until then.
        ends = (high for stay in row.presence.stays for _, _, high, _ in together(found, stay))
        last = clock.to_local(max(ends, default=found.window.end)).date()
        province = declared.province_id if declared else None
        made.append(Given(row.presence.person_id, home if home in here else None, last, details, province))
    return made
