"""How fast the work goes against its aims: numbers alone, for the CDC and command."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context, scope
from checkin.charts import NARROW, Bar, bars
from checkin.db import db
from checkin.duty import queries
from checkin.duty.aims import Aims, Share, hours_to_lookup
from checkin.scope import CDC

bp = Blueprint("speed", __name__, url_prefix="/speed")
MOST_CASES = 100


@dataclass(frozen=True)
class Measure:
    """One aim: what it asks, and how many of those whose time is over met it; `percent` is None of too few."""

    name: str
    share: Share
    percent: int | None
    aim: int

    @property
    def met(self) -> bool:
        """True where the aim is met."""
        return self.percent is not None and self.percent >= self.aim


@dataclass(frozen=True)
class Speed:
    """What the page and the CDC's first page show."""

    measures: list[Measure]
    median_hours: float | None
    opened: int
    days: list[Any]
    aims: Aims


@bp.app_template_global("speed_now")
def speed_now(days: int = 366) -> Speed:
    """How fast the work was in the window of the rules, until now; in so many days where these are fewer."""
    session, now = db.session(), clock.now()
    aims = Aims.from_dict(context.rules(clock.today())["followup"]["aims"])
    aims = replace(aims, window_days=min(days, aims.window_days))
    today = clock.today()
    since = clock.day_bounds(today - timedelta(days=aims.window_days - 1))[0]
    cases = queries.speed_of_cases(session, aims, now=now, since=since)
    by_day = queries.speed_by_day(session, aims, now=now, since=since)
    first, second = (
        Share(
            sum(getattr(day, name).over for day in by_day.values()),
            sum(getattr(day, name).within for day in by_day.values()),
        )
        for name in ("first", "second")
    )
    named = (
        (gettext("ca được hỏi trong %(hours)s giờ từ khi mở", hours=aims.interview_hours), cases.interview),
        (gettext("người cần gọi đã gọi được trong %(hours)s giờ", hours=aims.first_hours), first),
        (gettext("người cần gọi đã gọi được trong %(hours)s giờ", hours=aims.reach_hours), second),
        (gettext("ca phát hiện trong %(days)s ngày từ khởi phát", days=aims.detect_days), cases.detect),
        (gettext("ca mở trong %(days)s ngày từ lấy mẫu", days=aims.notify_days), cases.notify),
        (gettext("ca giao gọi đủ trong %(days)s ngày từ khi mở", days=aims.respond_days), cases.respond),
    )
    measures = [Measure(name, share, share.percent(aims.few), aims.share) for name, share in named]
    every = [today - timedelta(days=back) for back in reversed(range(aims.window_days))]
    return Speed(measures, cases.median_hours, cases.opened, [(day, by_day.get(day)) for day in every], aims)


@bp.get("/")
def index() -> ResponseReturnValue:
    speed, session = speed_now(), db.session()
    # Percent of those whose time is over; a day of too few has no bar.
    shares = [(day, found.second.percent(speed.aims.few)) for day, found in speed.days if found]
    drawn = [Bar(f"{day:%d/%m}", percent) for day, percent in shares if percent is not None]
    since = clock.day_bounds(speed.days[0][0])[0]
    officer = scope.current(session).role == CDC
    lately = queries.cases_lately(session, now=clock.now(), since=since, limit=MOST_CASES) if officer else []
    return render_template(
        "duty/speed.html",
        speed=speed,
        chart=bars(drawn),
        narrow=bars(drawn, NARROW),
        any_day=bool(drawn),
        cases=[(case, first, hours_to_lookup(queries.facts(case, first))) for case, first in lately],
        officer=officer,
    )
