from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock, context
from checkin.charts import Bar, bars
from checkin.db import db
from checkin.places import queries as places
from checkin.reports import queries

bp = Blueprint("reports", __name__, url_prefix="/overview")
DAYS = 14


@bp.get("/")
def overview() -> ResponseReturnValue:
    session, today = db.session(), clock.today()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    numbers = queries.overview(session, days, current_user.commune_id)
    communes = places.communes_of(session, context.config().province)
    if current_user.commune_id:
        communes = [place for place in communes if place.id == current_user.commune_id]
    return render_template(
        "reports/overview.html",
        numbers=numbers,
        today=today,
        communes=communes,
        chart=bars([Bar(f"{day:%d/%m}", numbers.visits_by_day[day]) for day in days]),
    )
