"""What the page of a lookup shows: the context of its template, from a lookup that is already on record."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.charts import NARROW, bars
from checkin.declarations.forms import NATIONALITIES, SYMPTOM_NAMES
from checkin.exposure import listing, queries
from checkin.exposure.daylines import by_day
from checkin.exposure.forms import SHOWN
from checkin.exposure.models import PLACE, Lookup
from checkin.exposure.overlap import Presence, Window, presences
from checkin.exposure.queries import Area, StayRow
from checkin.exposure.timeline import found_people
from checkin.phones import display_phone
from checkin.places import queries as places
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.venues.kinds import KINDS
from checkin.visits import stays

PAGE = 50
NOTE_NAMES = {
    **SYMPTOM_NAMES,
    "contact_sick": _l("Gần người mắc bệnh hoặc nghi mắc"),
    "travel": _l("Qua vùng có dịch hoặc nước ngoài"),
}
Test = Callable[[Presence[StayRow]], bool]


@dataclass(frozen=True)
class FoundAt:
    """What a lookup by place found: everybody in the window, and the stays around it for the chart."""

    window: Window
    people: list[Presence[StayRow]]
    around: list[StayRow]


def found_at(session: Session, lookup: Lookup) -> FoundAt:
    """Everybody whose stay can meet the lookup's window, ranked."""
    window = Window(lookup.start, lookup.end)
    rules = context.rules(clock.to_local(lookup.start).date())
    area = Area(
        # A venue that is no more is none, not all of them.
        tuple(venues.with_inside(session, lookup.venue_id)) if lookup.venue_id else None,
        lookup.zone_id,
        lookup.commune_id,
        lookup.venue_kind,
    )
    start, end = listing.chart_bounds(window)
    around = queries.stays_at(session, area, min(start, window.start), max(end, window.end), stays.longest(rules))
    return FoundAt(window, presences(around, window), around)


def place_page(session: Session, vault: Vault, lookup: Lookup, *, page: int, only: str) -> dict[str, Any] | None:
    """The list of a place, a page of it; `only` narrows it to a group. None where there is no such page or group."""
    found = found_at(session, lookup)
    home = context.config().province
    groups = _groups(home)
    if only and only not in groups:
        return None
    people = [p for p in found.people if groups[only](p)] if only else found.people
    first = (page - 1) * PAGE
    if page > 1 and first >= len(people):
        return None
    window = found.window
    scale = listing.scale_around(window)
    present = listing.present_by_hour(found.around, window)
    doors = venues.doors_of(session, lookup.venue_id) if lookup.venue_id else []
    return {
        "title": titles(session, [lookup])[lookup.id],
        # A code of the venue or zone refills the form with what was asked.
        "code": next((door.code for door in doors if door.zone_id == lookup.zone_id), None),
        "window": window,
        "window_x": scale.x(window.start),
        "window_width": max(round(scale.x(window.end) - scale.x(window.start), 1), 1.5),
        "by_days": window.end - window.start > listing.HOURLY,
        "counts": {"people": len(found.people)}
        | {name: sum(1 for p in found.people if test(p)) for name, test in groups.items()},
        "only": only,
        "shown": len(people),
        "chart": bars(present),
        "narrow": bars(present, NARROW),
        "rows": listing.rows(session, vault, people[first : first + PAGE], window),
        "first": first,
        "page": page,
        "pages": max(1, -(-len(people) // PAGE)),
        "note_names": NOTE_NAMES,
        # Nearly everybody lives in the province: its name behind each commune would only cost room.
        "own_province": next((f", {place.name}" for place in places.provinces(session) or () if place.id == home), ""),
        "nationalities": NATIONALITIES,
        "local": local,
    }


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
        "days_kept": (lookup.end - lookup.start) // timedelta(days=1),
        "nationalities": NATIONALITIES,
        "local": local,
    }


def titles(session: Session, lookups: Iterable[Lookup]) -> dict[UUID, str]:
    """What each lookup by place asked about, in words."""
    by_place = [lookup for lookup in lookups if lookup.kind == PLACE]
    venue_ids = {lookup.venue_id for lookup in by_place if lookup.venue_id}
    named = venues.names(session, venue_ids)
    zones = venues.zone_names(session, list(venue_ids)) if any(lookup.zone_id for lookup in by_place) else {}
    communes = places.names(session, {lookup.commune_id for lookup in by_place if lookup.commune_id})
    return {lookup.id: _title(lookup, named, zones, communes) for lookup in by_place}


def _title(lookup: Lookup, named: dict[UUID, Any], zones: dict[UUID, str], communes: dict[str, str]) -> str:
    if lookup.venue_id:
        name = named[lookup.venue_id].name if lookup.venue_id in named else "?"
        zone = zones.get(lookup.zone_id) if lookup.zone_id else None
        return f"{name} – {zone}" if zone else name
    kind = str(KINDS[lookup.venue_kind]) if lookup.venue_kind else gettext("Mọi địa điểm")
    return f"{kind}, {communes.get(lookup.commune_id, '?')}" if lookup.commune_id else kind


def local(moment: Any) -> str:
    """A moment as the fields of the form take it, on the province's clocks."""
    return clock.to_local(moment).strftime(SHOWN)


def seconds_shown(seconds: float) -> str:
    """A duration with two decimals, as the locale writes it: 0,18."""
    return str(format_decimal(round(seconds, 2), format="0.00"))


def _groups(home: str) -> dict[str, Test]:
    def certain(p: Presence[StayRow]) -> bool:
        return p.certain_minutes > 0

    def watch(p: Presence[StayRow]) -> bool:
        return _any(p.stays, lambda stay: stay.triage in {"watch", "urgent"})

    def outside(p: Presence[StayRow]) -> bool:
        return _any(p.stays, lambda stay: stay.province_id not in {home, None})

    return {"certain": certain, "watch": watch, "outside": outside}


def _any(found: Sequence[StayRow], test: Callable[[StayRow], bool]) -> bool:
    return any(test(stay) for stay in found)
