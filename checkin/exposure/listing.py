"""From stays to what an officer reads: the list of a place, the time line of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from checkin import clock
from checkin.cases.models import kept_declaration, kept_visit
from checkin.charts import Bar
from checkin.declarations import queries as declarations
from checkin.declarations.models import Declaration
from checkin.declarations.triage import NOT_ASKED, needs_help
from checkin.exposure import groups
from checkin.exposure.groups import Group
from checkin.exposure.overlap import Presence, Window
from checkin.exposure.queries import StayRow
from checkin.phones import display_phone
from checkin.places import queries as places
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.venues.models import Venue
from checkin.visits import flags
from checkin.visits.models import Visit

BAR_WIDTH = 176
# A year of birth beyond these is none.
YEARS = 1850, 2150
# Longer windows are drawn by days.
HOURLY = timedelta(hours=48)


@dataclass(frozen=True)
class Span:
    """A stay drawn against the window: attributes of SVG shapes; `reach` is the width until the latest end."""

    x: float
    width: float
    guessed: bool
    reach: float


@dataclass(frozen=True)
class Person:
    """What a list shows of somebody; empty text where the details could not be opened."""

    full_name: str = ""
    birth_year: int | None = None
    phone: str = ""
    id_number: str = ""
    address: str = ""
    home: str = ""
    nationality: str = ""
    readable: bool = True


@dataclass(frozen=True)
class Row:
    """One person of a place's list."""

    presence: Presence[StayRow]
    person: Person
    places: tuple[str, ...]
    spans: tuple[Span, ...]
    triage: str
    notes: tuple[str, ...]
    flags: tuple[str, ...]
    group: Group | None
    # The declaration that asks for attention, from which a case can be opened.
    declared_id: UUID | None = None


@dataclass(frozen=True)
class Scale:
    """Where the picture of a stay begins and ends."""

    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        """Place of a moment in a picture BAR_WIDTH wide."""
        share = (moment - self.start) / (self.end - self.start)
        return round(min(max(share, 0.0), 1.0) * BAR_WIDTH, 1)

    def span(self, stay: StayRow) -> Span:
        """The stay in the picture, until its recorded or likely end."""
        low, high = self.x(stay.entered_at), self.x(stay.left_at or stay.until_likely)
        reach = self.x(stay.left_at or stay.until_latest) - low
        return Span(low, max(round(high - low, 1), 2), stay.left_at is None, round(reach, 1))


def scale_around(window: Window) -> Scale:
    """The window with half its length before and after, an hour at least and four at most."""
    margin = min(max((window.end - window.start) / 2, timedelta(hours=1)), timedelta(hours=4))
    return Scale(window.start - margin, window.end + margin)


def rows(
    session: Session,
    vault: Vault,
    found: Sequence[Presence[StayRow]],
    window: Window,
    told: Table = Declaration.__table__,
    known: Mapping[UUID, Venue] | None = None,
) -> list[Row]:
    """The rows of these people, names opened; always as many as people, whatever cannot be opened.

    `told` is where their declarations are: in the store, or in the copies that cases keep. `known` are the venues of
    their stays, where the caller has them.
    """
    latest = {presence.person_id: latest_declared(presence.stays) for presence in found}
    opened = declarations.opened(
        session,
        vault,
        [(s.declared_at, s.declaration_id) for s in latest.values() if s and s.declared_at and s.declaration_id],
        told,
    )
    venue_ids = {stay.venue_id for presence in found for stay in presence.stays}
    known = venues.names(session, venue_ids) if known is None else known
    zone_names = venues.zone_names(session, list({s.venue_id for one in found for s in one.stays if s.zone_id}))
    homes = places.names(session, {s.commune_id for s in latest.values() if s and s.commune_id})
    scale = scale_around(window)
    together = groups.of_stays(
        session,
        [stay for presence in found for stay in presence.stays],
        kept_visit if told is kept_declaration else Visit.__table__,  # type: ignore[arg-type]
    )
    return [
        Row(
            presence,
            person_from(opened.get(_declaration_id(latest[presence.person_id])), homes),
            tuple(
                dict.fromkeys(
                    zone_names.get(s.zone_id, "") if s.zone_id else _name(known, s.venue_id) for s in presence.stays
                )
            ),
            tuple(scale.span(stay) for stay in presence.stays),
            _worst(presence.stays),
            _notes(presence.stays),
            flags.read(" ".join(stay.flags for stay in presence.stays)),
            groups.of_one(presence.stays, together),
            worrying(presence.stays),
        )
        for presence in found
    ]


def _name(known: Mapping[UUID, Venue], venue_id: UUID) -> str:
    return known[venue_id].name if venue_id in known else ""


def person_from(details: dict[str, Any] | None, homes: dict[str, str]) -> Person:
    """What opened details say, for showing; marked as unreadable when there are none."""
    if not details:
        return Person(readable=False)
    return Person(
        full_name=_text(details, "full_name"),
        # Whoever may write here may also write what is no year: it must stop no list.
        birth_year=year
        if isinstance(year := details.get("birth_year"), int) and YEARS[0] <= year <= YEARS[1]
        else None,
        phone=display_phone(_text(details, "phone")),
        id_number=_text(details, "id_number"),
        address=_text(details, "address"),
        home=homes.get(str(details.get("commune_id")), ""),
        nationality=_text(details, "nationality"),
    )


def _text(details: dict[str, Any], name: str) -> str:
    # Half of a pair, which is no letter and stops every page and file, is a question mark.
    return str(details.get(name, "")).encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Steps:
    """The bars of a chart: so many of one length from a moment on."""

    start: datetime
    step: timedelta
    count: int

    def bars(self, people: Sequence[int], window: Window) -> list[Bar]:
        """The bars for these numbers of people, with those marked that touch the window."""
        starts = [self.start + number * self.step for number in range(self.count)]
        return [
            Bar(
                clock.to_local(start).strftime("%-Hh" if self.step < timedelta(days=1) else "%d/%m"),
                value,
                marked=start <= window.end and start + self.step > window.start,
            )
            for start, value in zip(starts, people, strict=True)
        ]


def steps_around(window: Window) -> Steps:
    """What the chart covers: whole hours, four and more before and after the window; whole days for long windows."""
    if window.end - window.start > HOURLY:
        start = clock.day_bounds(clock.to_local(window.start).date())[0]
        end = clock.day_bounds(clock.to_local(window.end).date())[1]
        step = timedelta(days=1)
    else:
        start = (window.start - timedelta(hours=4)).replace(minute=0, second=0, microsecond=0)
        end = (window.end + timedelta(hours=5)).replace(minute=0, second=0, microsecond=0)
        step = timedelta(hours=1)
    return Steps(start, step, -((start - end) // step))


def latest_declared(stays: Sequence[StayRow]) -> StayRow | None:
    """The newest declaration that goes with these stays; of those without answers only where there is no other."""
    declared = [stay for stay in stays if stay.declared_at is not None]
    return max(declared, key=lambda s: (s.triage != NOT_ASKED, s.declared_at or s.entered_at), default=None)


def worrying(stays: Sequence[StayRow]) -> UUID | None:
    """The newest declaration of these stays with symptoms, else the newest that asks for attention."""
    asked = [stay for stay in stays if stay.declared_at and (stay.symptoms or needs_help(stay.triage or NOT_ASKED))]
    newest = max(asked, key=lambda stay: (bool(stay.symptoms), stay.declared_at or stay.entered_at), default=None)
    return newest.declaration_id if newest else None


def _declaration_id(stay: StayRow | None) -> UUID:
    return stay.declaration_id if stay and stay.declaration_id else UUID(int=0)


def _worst(stays: Sequence[StayRow]) -> str:
    levels = {stay.triage for stay in stays}
    return next((level for level in ("urgent", "watch", "routine") if level in levels), NOT_ASKED)


def _notes(stays: Sequence[StayRow]) -> tuple[str, ...]:
    found: list[str] = []
    for stay in stays:
        found += [*(stay.symptoms or ())]
        found += ["contact_sick"] if stay.contact_sick else []
        found += ["travel"] if stay.travel else []
    return tuple(dict.fromkeys(found))
