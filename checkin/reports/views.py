from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context, replica, scope
from checkin.accounts.models import ADMIN, CDC
from checkin.charts import NARROW, Bar, bars
from checkin.db import db
from checkin.places import queries as places
from checkin.places.queries import Unit
from checkin.reports import queries

bp = Blueprint("reports", __name__, url_prefix="/overview")
DAYS = 14
# Who looks after the system, and who would have to act.
GUESSES_FOR = {ADMIN, CDC}


@bp.get("/")
def overview() -> ResponseReturnValue:
    today, commune_id = clock.today(), scope.current(db.session()).commune
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    shows_guesses = scope.current(db.session()).role in GUESSES_FOR
    (numbers, communes, guesses), source = replica.read(
        lambda session: (
            queries.overview(session, days),
            places.communes_of(session, context.config().province) or (),
            queries.guesses(session, days[0]) if shows_guesses else None,
        )
    )
    own = [place for place in communes if place.id == commune_id]
    drawn = [Bar(f"{day:%d/%m}", numbers.visits_by_day[day], marked=day == today) for day in days]
    return render_template(
        "reports/overview.html",
        numbers=numbers,
        today=today,
        scope=own[0].full_name if own else "",
        lines=_lines(numbers, own if commune_id else communes, whole=not commune_id),
        chart=bars(drawn),
        narrow=bars(drawn, NARROW),
        guesses=guesses,
        source=source,
    )


@dataclass(frozen=True)
class Line:
    """A commune in the table: its sums, and its visits in hundredths of the largest's; no visits elsewhere."""

    name: str
    visits: int | None
    help: int
    share: float


def _lines(numbers: queries.Overview, communes: Sequence[Unit], *, whole: bool) -> list[Line]:
    """Communes with the most visits first; those who live outside the province in one last line."""
    most = max(numbers.visits_by_commune.values(), default=0) or 1
    found = [
        Line(
            place.full_name,
            numbers.visits_by_commune[place.id],
            numbers.help_by_commune[place.id],
            round(numbers.visits_by_commune[place.id] / most * 100, 1),
        )
        for place in communes
    ]
    found.sort(key=lambda line: -(line.visits or 0))
    outside = numbers.help_by_commune.total() - sum(line.help for line in found)
    if whole and outside:
        found.append(Line(gettext("Người ở ngoài tỉnh"), None, outside, 0))
    return found
