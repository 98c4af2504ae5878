"""Who works on a day, and what is other than planned; and the week on a sheet to print."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock
from checkin.db import db
from checkin.errors import DomainError
from checkin.forms import Text
from checkin.register.hours import read_time
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue
from checkin.web import limiter
from checkin.workers import queries, service
from checkin.workers.entries import minutes
from checkin.workers.forms import DayForm
from checkin.workers.queries import Row
from checkin.workers.shifts import AHEAD_DAYS, BACK_DAYS, DAY, Change, begins, hours_on
from checkin.workers.views import OFTEN, one, said
from checkin.workers.words import DAYS, FAULTS, LONG_DAYS

bp = Blueprint("workers_days", __name__, url_prefix="/venues/<uuid:venue_id>/workers")


@dataclass(frozen=True)
class OnDay:
    """Somebody on a day: what is other than planned (None: nothing), and the hours (None: a day off)."""

    worker: Row
    change: Change | None
    hours: tuple[int, int] | None


@bp.get("/today")
def today(venue_id: UUID) -> ResponseReturnValue:
    return _page(own_venue(venue_id), _asked_day())


@bp.post("/<uuid:worker_id>/day")
@limiter.limit(OFTEN)
def set_day(venue_id: UUID, worker_id: UUID) -> ResponseReturnValue:
    venue, form = own_venue(venue_id), DayForm()
    worker = one(venue, worker_id)
    day = _read_day(form.day.data or "")
    if day is None or form.what.data not in ("planned", "absent", "hours"):
        abort(400)
    change = Change(absent=True) if form.what.data == "absent" else None
    if form.what.data == "hours":
        change = _hours(form, day)
    if form.errors or not form.validate():
        return _page(venue, day, worker_id, form), 422
    try:
        service.set_day(
            db.session(),
            now=clock.now(),
            actor=current_user.actor,
            venue=venue,
            worker=worker,
            day=day,
            change=change,
        )
    except DomainError as error:
        db.session.rollback()
        if error.reason not in ("day", "left"):
            raise
        if error.reason == "left":
            form.left.errors = [gettext("Giờ về phải sau giờ bắt đầu và không ở tương lai.")]
        else:
            form.starts.errors = [gettext("Ngày này không sửa được nữa, hoặc người này không làm ở đây hôm đó.")]
        return _page(own_venue(venue_id), day, worker_id, form), 422
    db.session.commit()
    flash(gettext("Đã lưu."), "ok")
    return redirect(url_for(".today", venue_id=venue_id, day=day.isoformat()))


@bp.get("/sheet")
def sheet(venue_id: UUID) -> ResponseReturnValue:
    """The week of a day, by person, to hang up."""
    venue, day = own_venue(venue_id), _asked_day()
    monday = day - timedelta(days=day.weekday())
    days = [monday + number * DAY for number in range(7)]
    listed = queries.of_venue(db.session(), venue.id, since=monday)
    changed = queries.changes(db.session(), [row.id for row in listed], days[0], days[-1])
    rows = [
        (row, [hours_on(row.plan, one_day, changed.get(row.id, {}).get(one_day)) for one_day in days]) for row in listed
    ]
    return render_template("workers/sheet.html", venue=venue, days=days, names=DAYS, rows=rows, **said())


def _page(venue: Venue, day: date, bad: UUID | None = None, form: DayForm | None = None) -> str:
    listed = queries.of_venue(db.session(), venue.id, since=day)
    changed = queries.changes(db.session(), [row.id for row in listed], day, day)
    people = [
        OnDay(row, change, hours_on(row.plan, day, change))
        for row in listed
        if row.plan.first_day <= day
        for change in [changed.get(row.id, {}).get(day)]
    ]
    now = clock.today()
    return render_template(
        "workers/today.html",
        venue=venue,
        day=day,
        is_today=day == now,
        past=day <= now,
        day_name=LONG_DAYS[day.weekday()],
        before=day - DAY if day > now - BACK_DAYS * DAY else None,
        after=day + DAY if day < now + AHEAD_DAYS * DAY else None,
        working=[one for one in people if one.hours is not None],
        absent=[one for one in people if one.change is not None and one.change.absent],
        off=[one for one in people if one.hours is None and not (one.change is not None and one.change.absent)],
        bad=bad,
        form=form,
        plain=DayForm(formdata=None),
        **said(),
    )


def _hours(form: DayForm, day: date) -> Change:
    starts, ends = _time(form.starts, "starts"), _time(form.ends, "ends")
    left_at = None
    if form.left.data and starts is not None:
        left = _time(form.left, "left")
        if left is not None:
            start = begins(day, starts)
            # The first such hour after the start: of a night it is the next day's.
            left_at = start + timedelta(minutes=(left - starts) % (24 * 60))
    return Change(starts=starts or 0, ends=ends or 0, left_at=left_at)


def _time(field: Text, name: str) -> int | None:
    try:
        found = read_time(field.data or "")
    except ValueError:
        found = None
    if found is None:
        field.errors = [str(FAULTS.get(name, FAULTS["ends"]))]
        return None
    return minutes(found)


def _asked_day() -> date:
    """The day in the address; today where there is none or one that is too far away."""
    now = clock.today()
    day = _read_day(request.args.get("day", "")) or now
    return min(max(day, now - BACK_DAYS * DAY), now + AHEAD_DAYS * DAY)


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
