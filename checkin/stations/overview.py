"""How far the stations are with their lists, for those who see no name: numbers by commune, and what waits too long."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from checkin import clock, context
from checkin.calls import queries as calls
from checkin.db import db
from checkin.duty import queries as contacts
from checkin.places import queries as communes
from checkin.stations.showing import DAYS

bp = Blueprint("station_work", __name__, url_prefix="/stations")
# Nobody urgent waits longer than a morning, nobody longer than a day: "the station calls the same day".
LATE = {"urgent": timedelta(hours=4)}
LATE_ELSE = timedelta(hours=24)


@dataclass
class Line:
    """A commune's list in numbers."""

    name: str
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("new", "called", "done"), 0))
    urgent: int = 0
    oldest: datetime | None = None
    late: bool = False
    # Whom the CDC gave to the station: to call, of these overdue, and in quarantine.
    contacts: Counter[str] = field(default_factory=Counter)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Numbers alone, of every commune that has any; those where somebody waits too long first."""
    session, now = db.session(), clock.now()
    units = {unit.id: unit.full_name for unit in communes.communes_of(session, context.config().province) or ()}
    lines: dict[str, Line] = {}
    for one in calls.sums(session, since=now - timedelta(days=DAYS)):
        if one.commune_id not in units:
            continue
        line = lines.setdefault(one.commune_id, Line(units[one.commune_id]))
        line.states[one.state] = line.states.get(one.state, 0) + one.calls
        if one.state == "done":
            continue
        line.urgent += one.calls if one.triage == "urgent" else 0
        if one.state == "new" and one.triage != "routine":
            line.oldest = min(line.oldest or one.oldest, one.oldest)
            line.late |= now - one.oldest > LATE.get(one.triage, LATE_ELSE)
    for given in contacts.contact_sums(session, now=now).communes:
        if given.commune_id not in units or not (given.to_call or given.watched):
            continue
        line = lines.setdefault(given.commune_id, Line(units[given.commune_id]))
        line.contacts.update({name: getattr(given, name) for name in ("to_call", "late", "watched", "unseen")})
        line.late |= given.late > 0
    found = sorted(lines.values(), key=lambda line: (not line.late, line.oldest or now, line.name))
    return render_template("stations/overview.html", lines=found, days=DAYS, urgent_hours=4, hours=24)
