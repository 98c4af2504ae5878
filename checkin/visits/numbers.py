"""What an owner sees of the visits: how many, never who."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock
from checkin.charts import NARROW, Bar, bars
from checkin.db import db
from checkin.venues import queries as venues
from checkin.visits import queries

bp = Blueprint("numbers", __name__, url_prefix="/venues")
DAYS = 14


@bp.get("/<uuid:venue_id>/numbers")
def show(venue_id: UUID) -> ResponseReturnValue:
    """Visits of today by the hour and of the last two weeks by the day."""
    session, today = db.session(), clock.today()
    venue = venues.owned(session, current_user.id, venue_id)
    if venue is None:
        abort(404)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    hourly = queries.hourly(session, [venue.id], clock.day_bounds(days[0])[0], clock.day_bounds(today)[1])
    by_day = dict.fromkeys(days, 0)
    by_hour = dict.fromkeys(range(24), 0)
    for moment, count in hourly.items():
        local = clock.to_local(moment)
        by_day[local.date()] += count
        if local.date() == today:
            by_hour[local.hour] += count
    daily = [Bar(f"{day:%d/%m}", count, marked=day == today) for day, count in by_day.items()]
    today_hours = [Bar(f"{hour}h", count) for hour, count in by_hour.items() if 5 <= hour <= 22 or count]
    return render_template(
        "visits/numbers.html",
        venue=venue,
        today=by_day[today],
        total=sum(by_day.values()),
        days=bars(daily),
        days_narrow=bars(daily, NARROW),
        hours=bars(today_hours),
        hours_narrow=bars(today_hours, NARROW),
    )
