"""What an owner sees of the visits: how many, never who."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock, context
from checkin.charts import NARROW, Bar, bars, grid
from checkin.commitments import queries as commitments
from checkin.db import db
from checkin.owners.asking import reaches
from checkin.venues import queries as venues
from checkin.venues.duties import Facts, due
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue
from checkin.venues.signals import duties_asked
from checkin.visits import queries, stays
from checkin.visits.hours import Hours, gather

bp = Blueprint("numbers", __name__, url_prefix="/venues")
DAYS = 14
# How visits are recorded apart from the counter, which has several ways and may get more: by the visitor's own phone at
# the poster, and from the lists that venues kept on paper.
POSTER, PAPER = "own_phone", "loaded"


@dataclass(frozen=True)
class Overview:
    """Numbers of some venues of an owner, and what is left to do at each."""

    hours: Hours
    inside: Counter[UUID]
    zones_inside: Counter[UUID | None]
    duties: dict[UUID, tuple[str, ...]]


def overview(asked: Sequence[Venue]) -> Overview:
    """What the pages of an owner show of these venues of theirs."""
    session, now = db.session(), clock.now()
    ids = [venue.id for venue in asked]
    days = _days()
    hours = gather(
        queries.by_zone_and_hour(session, ids, clock.day_bounds(days[0])[0], clock.day_bounds(days[-1])[1]),
        days,
        clock.to_local,
    )
    inside: Counter[UUID] = Counter()
    zones: Counter[UUID | None] = Counter()
    for venue_id, zone_id, count in queries.inside_now(session, ids, now, stays.cap(context.rules(clock.today()))):
        inside[venue_id] += count
        zones[zone_id] += count
    return Overview(hours, inside, zones, _duties(asked, hours))


@bp.app_context_processor
def _shown() -> dict[str, Any]:
    # The pages of venues stand below visits, and ask for their numbers by this name.
    return {"venue_overview": overview}


@bp.get("/<uuid:venue_id>/numbers")
def show(venue_id: UUID) -> ResponseReturnValue:
    """Visits of today and of the last two weeks by the hour and by the day."""
    session = db.session()
    venue = own_venue(venue_id)
    here = overview([venue])
    hours, days = here.hours, here.hours.days
    flagged = queries.flag_counts(session, [venue.id], clock.day_bounds(days[0])[0], clock.day_bounds(days[-1])[1])
    shown = hours.open_hours()
    daily = [Bar(f"{day:%d/%m}", hours.by_day[day], marked=day == days[-1]) for day in days]
    today = [Bar(f"{hour}h", hours.by_hour.get((days[-1], hour), 0)) for hour in shown]
    rows = [
        (f"{day:%d/%m}", day == days[-1], [hours.by_hour.get((day, hour), 0) for hour in shown])
        for day in reversed(days)
    ]
    names = [f"{hour}h" for hour in shown]
    return render_template(
        "visits/numbers.html",
        venue=venue,
        here=here,
        inside=here.inside[venue.id],
        today=hours.today,
        total=hours.total,
        poster=hours.channels[POSTER],
        paper=hours.channels[PAPER],
        desk=hours.total - hours.channels[POSTER] - hours.channels[PAPER],
        zones=[(door.zone_name, hours.zones[door.zone_id], here.zones_inside[door.zone_id]) for door in _zones(venue)],
        flagged=flagged,
        days=bars(daily),
        days_narrow=bars(daily, NARROW),
        hours=bars(today),
        hours_narrow=bars(today, NARROW),
        hour_names=names,
        grid=grid(rows, names),
        grid_narrow=grid(rows, names, NARROW),
        usual=stays.default_stay(context.rules(days[-1]), venue.kind, venue.default_minutes) // timedelta(minutes=1),
    )


def _zones(venue: Venue) -> list[Any]:
    doors = venues.doors_of(db.session(), venue.id)
    return doors if len(doors) > 1 else []


def _days() -> list[date]:
    today = clock.today()
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def _duties(asked: Sequence[Venue], hours: Hours) -> dict[UUID, tuple[str, ...]]:
    session, owner = db.session(), current_user._get_current_object()
    version = str(context.rules(clock.today())["commitment"]["version"])
    signed = commitments.signed(session, [venue.id for venue in asked])
    zones = venues.zones_each(session, [venue.id for venue in asked])
    confirmed = owner.contact_confirmed_at is not None if reaches(owner) else None
    others: dict[UUID, set[str]] = {venue.id: set() for venue in asked}
    for _, said in duties_asked.send(session, venues=asked, today=clock.today()):
        for venue_id, words in said.items():
            others[venue_id] |= set(words)
    return {
        venue.id: due(
            Facts(
                state=venue.state,
                size=venue.size,
                zones=zones[venue.id],
                signed=signed[venue.id].version if venue.id in signed else None,
                version=version,
                scanned=venue.id in hours.ever,
                hours=bool(venue.opens_at and venue.closes_at),
                contact=venue.contact is not None,
                confirmed=confirmed,
                others=frozenset(others[venue.id]),
            )
        )
        for venue in asked
    }
