"""What the page of a lookup shows: the context of its template, from a lookup that is already on record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import format_decimal, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Table
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.cases import queries as cases
from checkin.charts import NARROW, Bar, bars
from checkin.declarations.forms import NATIONALITIES, SYMPTOM_NAMES
from checkin.declarations.models import Declaration
from checkin.exposure import listing, queries, ranking
from checkin.exposure.daylines import by_day
from checkin.exposure.forms import SHOWN
from checkin.exposure.models import PLACE, Lookup
from checkin.exposure.overlap import Presence, Window, presences, ranked
from checkin.exposure.queries import Area, StayRow
from checkin.exposure.ranking import Contacts
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
# The group of those with minutes that are certain; the others are of what declarations say.
CERTAIN = "certain"


@dataclass(frozen=True)
class Asked:
    """What a lookup by place asks; apart from its record, which one transaction after the other would read anew."""

    area: Area
    window: Window
    longest: timedelta
    told: Table = Declaration.__table__  # type: ignore[assignment]

    @classmethod
    def of(cls, session: Session, lookup: Lookup) -> "Asked":
        """The question of a lookup."""
        area = Area(
            # A venue that is no more is none, not all of them.
            tuple(venues.with_inside(session, lookup.venue_id)) if lookup.venue_id else None,
            lookup.zone_id,
            lookup.commune_id,
            lookup.venue_kind,
        )
        rules = context.rules(clock.to_local(lookup.start).date())
        return cls(area, Window(lookup.start, lookup.end), stays.longest(rules))

    def count(self, session: Session) -> int:
        """How many people there are, before any of them is read."""
        return queries.count_people(session, *self._met)

    def ranked(self, session: Session) -> list[UUID]:
        """The people of the list in its order, and nothing else of them."""
        return ranked(queries.met_at(session, *self._met), self.window)

    def page(self, session: Session, first: int, limit: int, group: str | None = None) -> Contacts:
        """Some of `ranked`, from the one numbered `first` on, and how many there are; `group` narrows both."""
        home = context.config().province
        return ranking.people_at(session, *self._met, first=first, limit=limit, group=group, home=home)

    def groups(self, session: Session) -> dict[str, int]:
        """How many people are in each of the groups that declarations make."""
        return ranking.count_groups(session, *self._met, context.config().province)

    def chart(self, session: Session) -> list[Bar]:
        """How many were present in each hour, or day, around the window."""
        steps = listing.steps_around(self.window)
        people = ranking.count_present(session, self.area, steps.start, steps.step, steps.count, self.longest)
        return steps.bars(people, self.window)

    def some(self, session: Session, people: Sequence[UUID]) -> list[Presence[StayRow]]:
        """These people with their stays and minutes, in the order given."""
        met = queries.stays_at(session, *self._met, people)
        order = {person_id: number for number, person_id in enumerate(people)}
        return sorted(presences(met, self.window), key=lambda presence: order[presence.person_id])

    @property
    def _met(self) -> tuple[Area, datetime, datetime, timedelta]:
        return self.area, self.window.start, self.window.end, self.longest


def place_page(session: Session, vault: Vault, lookup: Lookup, *, page: int, only: str) -> dict[str, Any] | None:
    """The list of a place, a page of it; `only` narrows it to a group. None where there is no such page or group."""
    if only not in ("", CERTAIN, *ranking.GROUPS):
        return None
    asked, first = Asked.of(session, lookup), (page - 1) * PAGE
    window = asked.window
    everybody = asked.page(session, first, PAGE)
    counts = {"people": everybody.total, CERTAIN: everybody.certain} | asked.groups(session)
    shown = counts[only or "people"]
    if page > 1 and first >= shown:
        return None
    listed = asked.page(session, first, PAGE, only) if only in ranking.GROUPS else everybody
    # Those with certain minutes are the first of all.
    people = [one.person_id for one in listed.people][: max(0, shown - first)]
    scale = listing.scale_around(window)
    present = asked.chart(session)
    doors = venues.doors_of(session, lookup.venue_id) if lookup.venue_id else []
    return {
        "title": titles(session, [lookup])[lookup.id],
        # A code of the venue or zone refills the form with what was asked.
        "code": next((door.code for door in doors if door.zone_id == lookup.zone_id), None),
        "window": window,
        "window_x": scale.x(window.start),
        "window_width": max(round(scale.x(window.end) - scale.x(window.start), 1), 1.5),
        "by_days": window.end - window.start > listing.HOURLY,
        "counts": counts,
        "only": only,
        "shown": shown,
        "chart": bars(present),
        "narrow": bars(present, NARROW),
        "rows": listing.rows(session, vault, asked.some(session, people), window),
        "first": first,
        "page": page,
        "pages": max(1, -(-shown // PAGE)),
        "note_names": NOTE_NAMES,
        "own_province": own_province(session),
        "nationalities": NATIONALITIES,
        "local": local,
    }


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


def size_shown(size: int) -> str:
    """The size of a file as the locale writes it: 6,5 MB, 12 kB."""
    if size >= 1_000_000:
        return f"{format_decimal(round(size / 1_000_000, 1), format='0.0')} MB"
    return f"{max(1, round(size / 1000))} kB"
