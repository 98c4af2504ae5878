"""The owner's list of the people who work at a venue."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, throttle
from checkin.db import db
from checkin.errors import DomainError
from checkin.owners.asking import reaches
from checkin.venues import queries as venues
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue
from checkin.web import limiter
from checkin.workers import queries, service
from checkin.workers.asked import New, Post
from checkin.workers.entries import Entry, minutes
from checkin.workers.forms import PostForm, SearchForm, WorkerForm
from checkin.workers.service import SHOWN_AFTER
from checkin.workers.shifts import display_minutes, hours_on
from checkin.workers.words import FAULTS, days_said

bp = Blueprint("workers", __name__, url_prefix="/venues/<uuid:venue_id>/workers")
# Strangers who sign up could put anybody on a list: few until they are known to be reached, and none too many a day.
MOST_UNCONFIRMED, MOST_DAILY, DAY_SECONDS = 20, 2000, 86_400
# Of one address: an office that writes down a factory's people, card after card.
OFTEN = "600 per 10 minutes"
# People on a page of the list; a list that is seen at a glance needs no search.
PAGE, SEARCHED_FROM = 100, 20


@bp.app_context_processor
def _shown() -> dict[str, Any]:
    # The pages of venues stand below this room, and ask by this name.
    return {"roster_of": roster_of}


def roster_of(venue: Venue) -> tuple[int, int]:
    """(how many people work at a venue, how many of them have a shift today), apart from its visitors."""
    session, today = db.session(), clock.today()
    listed = queries.of_venue(session, venue.id, since=today)
    changed = queries.changes(session, [row.id for row in listed], today, today)
    on = [row for row in listed if hours_on(row.plan, today, changed.get(row.id, {}).get(today))]
    # At a closed venue nobody has a shift.
    return len(listed), 0 if venue.closed_at else len(on)


@bp.route("/", methods=["GET", "POST"])
def index(venue_id: UUID) -> ResponseReturnValue:
    """The list, a page at a time; or of those alone who were looked for."""
    venue, session, form = own_venue(venue_id), db.session(), SearchForm()
    after, more = _after(), False
    form.validate_on_submit()
    text = "" if form.errors or not form.is_submitted() else form.text.data or ""
    count = queries.count_here(session, venue.id)
    if text:
        here, found = queries.search(session, venue.id, text, most=PAGE)
    else:
        here, found = queries.here(session, venue.id, after=after, most=PAGE + 1), count
        here, more = here[:PAGE], len(here) > PAGE
    page = render_template(
        "workers/index.html",
        venue=venue,
        here=here,
        count=count,
        found=found,
        text=text,
        searchable=count > SEARCHED_FROM,
        after=after,
        older=here[-1].id if more else None,
        left=[] if text or after else queries.left(session, venue.id, since=clock.today() - SHOWN_AFTER, most=PAGE),
        form=form,
        **said(),
    )
    return page, 422 if form.errors else 200


def _after() -> UUID | None:
    """Behind whom the page begins, as the address says; what is no id is the beginning."""
    try:
        return UUID(request.args.get("after", "")[:40])
    except ValueError:
        return None


@bp.route("/new", methods=["GET", "POST"])
@limiter.limit(OFTEN, methods=["POST"])
def new(venue_id: UUID) -> ResponseReturnValue:
    venue, form = own_venue(venue_id), WorkerForm()
    prepare(form, venue)
    if form.validate_on_submit():
        name = add(venue, form)
        if name is not None:
            flash(gettext("Đã thêm %(name)s. Từ giờ bạn chỉ thấy tên đã che bớt.", name=name), "ok")
            return redirect(url_for(".index", venue_id=venue_id))
    return render_template(
        "workers/edit.html", venue=own_venue(venue_id), form=form, worker=None
    ), 422 if form.errors else 200


@bp.route("/<uuid:worker_id>", methods=["GET", "POST"])
@limiter.limit(OFTEN, methods=["POST"])
def edit(venue_id: UUID, worker_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    worker = one(venue, worker_id)
    form = PostForm()
    prepare(form, venue)
    if form.validate_on_submit():
        service.change(
            db.session(),
            now=clock.now(),
            actor=current_user.actor,
            venue=venue,
            worker_id=worker_id,
            post=post_of(form.entry),
        )
        db.session.commit()
        flash(gettext("Đã lưu. Các ngày trước hôm nay giữ nguyên."), "ok")
        return redirect(url_for(".index", venue_id=venue_id))
    if not form.is_submitted():
        form.show(worker)
    added_today = worker.plan.first_day == clock.today()
    page = render_template("workers/edit.html", venue=venue, form=form, worker=worker, added_today=added_today)
    return page, 422 if form.errors else 200


@bp.post("/<uuid:worker_id>/leave")
@limiter.limit(OFTEN)
def leave(venue_id: UUID, worker_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    worker = one(venue, worker_id)
    service.leave(db.session(), now=clock.now(), actor=current_user.actor, venue=venue, worker_id=worker.id)
    db.session.commit()
    flash(gettext("Đã ghi: hôm nay là ngày làm cuối. Bấm “Hoàn tác” nếu nhầm."), "ok")
    return redirect(url_for(".index", venue_id=venue_id))


@bp.post("/<uuid:worker_id>/remove")
def remove(venue_id: UUID, worker_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    worker = one(venue, worker_id)
    try:
        service.remove(db.session(), now=clock.now(), actor=current_user.actor, venue=venue, worker=worker)
    except DomainError as error:
        db.session.rollback()
        if error.reason != "day":
            raise
        flash(gettext("Chỉ xoá được trong ngày thêm. Người này không làm nữa thì bấm “Đã nghỉ việc”."), "warn")
        return redirect(url_for(".edit", venue_id=venue_id, worker_id=worker_id))
    db.session.commit()
    flash(gettext("Đã xoá %(name)s khỏi danh sách.", name=worker.masked_name), "ok")
    return redirect(url_for(".index", venue_id=venue_id))


@bp.post("/<uuid:worker_id>/return")
@limiter.limit(OFTEN)
def come_back(venue_id: UUID, worker_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    worker = one(venue, worker_id)
    try:
        service.come_back(db.session(), now=clock.now(), actor=current_user.actor, venue=venue, worker_id=worker.id)
    except DomainError as error:
        db.session.rollback()
        if error.reason != "same":
            raise
        flash(str(FAULTS["same"]), "warn")
        return redirect(url_for(".index", venue_id=venue_id))
    db.session.commit()
    flash(gettext("Đã hoàn tác: người này vẫn làm ở đây."), "ok")
    return redirect(url_for(".index", venue_id=venue_id))


def prepare(form: PostForm, venue: Venue) -> None:
    """Give a form the venue's zones and hours."""
    form.prepare(clock.today(), venues.doors_of(db.session(), venue.id), hours_of(venue))


def hours_of(venue: Venue) -> tuple[int, int] | None:
    """The venue's own hours in minutes, where both are known."""
    if not venue.opens_at or not venue.closes_at:
        return None
    return minutes(venue.opens_at), minutes(venue.closes_at)


def add(venue: Venue, form: WorkerForm) -> str | None:
    """The masked name of who was put on the list; None, with a message in the form, where that cannot be."""
    assert form.entry.who is not None  # noqa: S101 - of a form that is valid  # nosec B101
    try:
        name = service.add(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            venue=venue,
            new=New(form.entry.who, post_of(form.entry)),
            left=left(),
        )
    except DomainError as error:
        db.session.rollback()
        form.full_name.errors = [str(FAULTS[error.reason])]
        return None
    db.session.commit()
    came(1)
    return name


def left() -> dict[str, int]:
    """How many more people the signed-in owner may put on lists today, and at all as long as nobody knows whether
    they are reached; by what is said where there are none left."""
    account = current_user._get_current_object()  # noqa: SLF001
    found = {"daily": MOST_DAILY - throttle.count("roster-day", account.id, DAY_SECONDS, 0)}
    if account.contact_confirmed_at is None and reaches(account):
        found["unconfirmed"] = MOST_UNCONFIRMED - queries.count_of_owner(db.session(), account.id, clock.today())
    return found


def came(people: int) -> None:
    """Count who came onto a list of the signed-in owner's."""
    if people:
        throttle.count("roster-day", current_user.id, DAY_SECONDS, people)


def post_of(entry: Entry) -> Post:
    """Where and when, of what was typed."""
    return Post(entry.zone_id, entry.job, entry.weekdays, entry.starts, entry.ends)


def said() -> dict[str, Any]:
    """What every page says hours and days with."""
    return {"days_said": days_said, "hour_of": display_minutes}


def one(venue: Venue, worker_id: UUID) -> queries.Row:
    """Somebody on its list; else 404."""
    found = queries.one(db.session(), venue.id, worker_id)
    if found is None:
        abort(404)
    return found
