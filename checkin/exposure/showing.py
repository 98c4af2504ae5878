"""What the page of a lookup shows: the context of its template, from a lookup that is already on record."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.calls import queries as calls
from checkin.calls.journeys import DOOR
from checkin.calls.models import StationCall
from checkin.calls.words import KIND_NAMES
from checkin.cases import queries as cases
from checkin.contacts.words import FILE_NAMES
from checkin.declarations.forms import NATIONALITIES, SYMPTOM_NAMES
from checkin.exposure.daylines import by_day
from checkin.exposure.models import PLACE, Lookup
from checkin.exposure.terms import Spot
from checkin.exposure.timeline import found_people
from checkin.forms import SHOWN
from checkin.joins import queries as joins
from checkin.phones import display_phone
from checkin.places import queries as places
from checkin.readable import UNREADABLE
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.venues.kinds import KINDS
from checkin.visits.flagnames import MEANINGS, NAMES
from checkin.visits.flags import FLAGS

PAGE = 50
NOTE_NAMES = {
    **SYMPTOM_NAMES,
    "contact_sick": _l("Gần người mắc bệnh hoặc nghi mắc"),
    "travel": _l("Qua vùng có dịch hoặc nước ngoài"),
    UNREADABLE: _l("(không đọc được)"),
}
FLAG_WORDS = {"flag_names": NAMES, "flag_meanings": MEANINGS}

# From so many people on, and so large a part of all, flags are no accident: the page then says it on top.
MANY_FLAGGED, SHARE_FLAGGED = 10, 0.2


def flagged(counts: dict[str, int]) -> list[str]:
    """The flags that so many people of the list carry that whoever reads it has to know."""
    least = max(MANY_FLAGGED, counts["people"] * SHARE_FLAGGED)
    return [flag for flag in FLAGS if counts[flag] >= least]


def own_province(session: Session) -> str:
    """What stands behind nearly every commune's name and would only cost room there."""
    home = context.config().province
    return next((f", {place.name}" for place in places.provinces(session) or () if place.id == home), "")


# More people than this share no number; the page then asks for more of what is known. Exports hold all.
MOST_PEOPLE = 50


def person_page(session: Session, vault: Vault, lookup: Lookup) -> dict[str, Any]:
    """Everybody whom the question fits, each with the days of their visits."""
    found = found_people(session, vault, lookup, most=MOST_PEOPLE + 1)
    asked = vault.open(lookup.asked) if lookup.asked else {}
    return {
        "asked": asked,
        "asked_phone": display_phone(str(asked.get("phone", ""))),
        "found": [(person, by_day(person.visits)) for person in found[:MOST_PEOPLE]],
        "more": len(found) > MOST_PEOPLE,
        # Who is a case already is not made one a second time.
        "cases": cases.open_cases_of(session, [person.id for person in found]),
        "declared": _declared(session, [person.id for person in found[:MOST_PEOPLE]]),
        "kind_names": KIND_NAMES,
        "days_kept": (lookup.end - lookup.start) // timedelta(days=1),
        "nationalities": NATIONALITIES,
        "local": local,
        **FLAG_WORDS,
    }


def _declared(session: Session, people: Sequence[UUID]) -> dict[UUID, list[StationCall]]:
    """What each of these people, and whom they were joined with, declared without a venue; the newest first."""
    groups = joins.groups_of(session, people)
    main_of = {member: person for person, group in groups.items() for member in group.members}
    found: dict[UUID, list[StationCall]] = {person: [] for person in people}
    for call in calls.of_people(session, main_of) if people else []:
        # What a station copied of a door stands with the visit.
        if call.kind != DOOR:
            found[main_of[call.person_id]].insert(0, call)
    return found


def code_of(session: Session, lookup: Lookup) -> str | None:
    """The code of the venue or zone, which refills the form with what was asked."""
    doors = venues.doors_of(session, lookup.venue_id) if lookup.venue_id else []
    return next((door.code for door in doors if door.zone_id == lookup.zone_id), None)


def days_of(lookup: Lookup) -> list[tuple[datetime, datetime]]:
    """The days of a lookup's window, cut to it; nothing where it lies within one."""
    first, last = (clock.to_local(moment).date() for moment in (lookup.start, lookup.end))
    if first == last:
        return []
    days = [clock.day_bounds(first + timedelta(days=ahead)) for ahead in range((last - first).days + 1)]
    return [(max(start, lookup.start), min(end - timedelta(minutes=1), lookup.end)) for start, end in days]


def zones_of(session: Session, lookup: Lookup) -> list[venues.Door]:
    """The codes of the zones of the one venue that a lookup asks about as a whole."""
    if lookup.venue_id is None or lookup.zone_id is not None:
        return []
    return [door for door in venues.doors_of(session, lookup.venue_id) if door.zone_id is not None]


def titles(session: Session, lookups: Iterable[Lookup]) -> dict[UUID, str]:
    """What each lookup by place or of contacts asked about, in words."""
    lookups = list(lookups)
    by_place = [lookup for lookup in lookups if lookup.kind == PLACE]
    spots = [spot for lookup in by_place for spot in spots_of(lookup)]
    words = Names(session, spots)
    communes = places.names(session, {lookup.commune_id for lookup in by_place if lookup.commune_id})
    found = {lookup.id: _title(lookup, words, communes) for lookup in by_place}
    return found | {lookup.id: str(FILE_NAMES[lookup.listed]) for lookup in lookups if lookup.listed}


def title_of(session: Session, lookup: Lookup) -> str:
    """What one lookup asked about, in words, where it is by place, by case or of contacts."""
    return titles(session, [lookup]).get(lookup.id) or str(gettext("Người cùng địa điểm với ca"))


class Names:
    """The names of these venues and zones."""

    def __init__(self, session: Session, spots: Iterable[Spot]) -> None:
        spots = list(spots)
        venue_ids = {venue_id for venue_id, _ in spots}
        self.venues = venues.names(session, venue_ids)
        self.zones = venues.zone_names(session, list(venue_ids)) if any(zone for _, zone in spots) else {}

    def of(self, spot: Spot) -> str:
        """A venue's name, with its zone's."""
        name = self.venues[spot[0]].name if spot[0] in self.venues else "?"
        zone = self.zones.get(spot[1]) if spot[1] else None
        return f"{name} – {zone}" if zone else name


def spots_of(lookup: Lookup, *, other: bool | None = None) -> list[Spot]:
    """The venues and zones that a lookup names; those of the first kind or of the other one."""
    first = [(lookup.venue_id, lookup.zone_id)] if lookup.venue_id and not other else []
    return [*first, *((one.venue_id, one.zone_id) for one in lookup.more if other is None or one.other == other)]


def _title(lookup: Lookup, names: Names, communes: dict[str, str]) -> str:
    here, there = spots_of(lookup, other=False), spots_of(lookup, other=True)
    kind = str(KINDS[lookup.venue_kind]) if lookup.venue_kind else gettext("Mọi địa điểm")
    title = f"{kind}, {communes.get(lookup.commune_id, '?')}" if lookup.commune_id else kind
    if here:
        title = names.of(here[0])
    if len(here) > 1:
        title = gettext("%(place)s và %(count)s nơi nữa", place=title, count=len(here) - 1)
    return gettext("Cả ở %(here)s và ở %(there)s", here=title, there=names.of(there[0])) if there else title


def local(moment: Any) -> str:
    """A moment as the fields of the form take it, on the province's clocks."""
    return clock.to_local(moment).strftime(SHOWN)


def seconds_shown(seconds: float) -> str:
    """A duration with two decimals, as the locale writes it: 0,18."""
    return str(format_decimal(round(seconds, 2), format="0.00"))


def size_shown(size: int) -> str:
    """The size of a file as the locale writes it: 6,5 MB, 12 kB."""
    if size >= 1_000_000:
        return f"{format_decimal(round(size / 1_000_000, 1), format='0.0')} MB"
    return f"{max(1, round(size / 1000))} kB"
