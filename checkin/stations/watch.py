"""Venues as a station and the CDC look after them: found by name, gone silent, suspended and let go on again."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.charts import NARROW, Bar, bars
from checkin.commitments import queries as commitments
from checkin.db import db
from checkin.errors import DomainError
from checkin.phones import display_phone
from checkin.places import queries as communes
from checkin.stations import queries
from checkin.stations.forms import ReasonForm
from checkin.stations.silence import Past, Silence, silent
from checkin.vault import VaultError
from checkin.venues import queries as venues
from checkin.venues import service
from checkin.venues.kinds import KINDS, SIZES
from checkin.venues.models import Venue
from checkin.venues.plates import display_plate

bp = Blueprint("watch", __name__, url_prefix="/watch")
MOST, DAYS = 200, 21


@dataclass(frozen=True)
class Line:
    """A venue that is worth a look."""

    what: Silence
    name: str
    address: str


@bp.get("/")
def index() -> ResponseReturnValue:
    """Venues of a commune whose scans fell away or never began."""
    session, today = db.session(), clock.today()
    commune_id, choices = _commune()
    lines: list[Line] = []
    if commune_id:
        kept = min(DAYS, context.rules(today).retention_days)
        start, end = clock.day_bounds(today - timedelta(days=kept))[0], clock.day_bounds(today)[1]
        sums = queries.visits_by_day(session, commune_id, start, end)
        known = {row.id: row for row in queries.active_in(session, commune_id)}
        past = [Past(row.id, clock.to_local(row.registered_at).date(), sums.get(row.id, {})) for row in known.values()]
        lines = [Line(one, known[one.id].name, known[one.id].address) for one in silent(past, today, kept)]
    return render_template(
        "stations/silent.html",
        lines=lines[:MOST],
        total=len(lines),
        commune_id=commune_id,
        choices=choices,
        name=next((unit.full_name for unit in choices if unit.id == commune_id), ""),
        kept=DAYS,
    )


@bp.get("/venues")
def search() -> ResponseReturnValue:
    """Venues by name, of one's own commune or of all."""
    commune_id, choices = _commune()
    text = request.args.get("q", "")[:200]
    found = queries.found(db.session(), text, commune_id=commune_id, limit=MOST + 1) if text or commune_id else []
    return render_template(
        "stations/search.html",
        found=found[:MOST],
        more=len(found) > MOST,
        text=text,
        asked=bool(text or commune_id),
        commune_id=commune_id,
        choices=choices,
        kinds=KINDS,
    )


@bp.get("/venues/<uuid:venue_id>")
def show(venue_id: UUID) -> ResponseReturnValue:
    return _page(_seen(venue_id), ReasonForm())


@bp.post("/venues/<uuid:venue_id>/suspend")
def suspend(venue_id: UUID) -> ResponseReturnValue:
    return _change(
        venue_id, service.suspend, gettext("Đã tạm ngừng. Ai quét mã được báo nhẹ nhàng; chủ cơ sở đọc được lý do.")
    )


@bp.post("/venues/<uuid:venue_id>/lift")
def lift(venue_id: UUID) -> ResponseReturnValue:
    return _change(venue_id, service.lift, gettext("Đã cho hoạt động lại. Mã dùng được ngay."))


def _change(venue_id: UUID, act: Any, done: str) -> ResponseReturnValue:
    venue, form = _seen(venue_id), ReasonForm()
    if not form.validate_on_submit():
        return _page(venue, form, 422)
    try:
        act(db.session(), now=clock.now(), actor=current_user.actor, venue_id=venue_id, reason=form.reason.data or "")
        db.session.commit()
        venues.known_door.forget()
        flash(done, "ok")
    except DomainError as error:
        db.session.rollback()
        if error.reason != "done":
            raise
        flash(gettext("Người khác vừa làm việc này rồi."), "warn")
    return redirect(url_for(".show", venue_id=venue_id))


def _page(venue: Venue, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    session, today = db.session(), clock.today()
    days = [today - timedelta(days=back) for back in reversed(range(14))]
    sums = queries.visits_by_day(
        session, venue.commune_id, clock.day_bounds(days[0])[0], clock.day_bounds(today)[1]
    ).get(venue.id, {})
    drawn = [Bar(f"{day:%d/%m}", sums.get(day, 0), marked=day == today) for day in days]
    contact: dict[str, str] = {}
    with suppress(VaultError):
        contact = context.vault().unlock("owner", venue.contact) if venue.contact else {}
    commune = communes.commune(session, venue.commune_id)
    return render_template(
        "stations/venue.html",
        venue=venue,
        form=form,
        commune=commune.full_name if commune else "",
        kinds=KINDS,
        sizes=SIZES,
        plate=display_plate(venue.plate) if venue.plate else "",
        phone=display_phone(contact.get("phone", "")),
        signed=commitments.signed(session, [venue.id]).get(venue.id),
        version=str(context.rules(today)["commitment"]["version"]),
        total=sum(sums.values()),
        chart=bars(drawn),
        narrow=bars(drawn, NARROW),
    ), status


def _seen(venue_id: UUID) -> Venue:
    venue = queries.one(db.session(), venue_id)
    if venue is None:
        abort(404)
    return venue


def _commune() -> tuple[str | None, tuple[communes.Unit, ...]]:
    """The commune that is looked at, and those that there are to choose from; a station has its own alone."""
    session = db.session()
    every = communes.communes_of(session, context.config().province) or ()
    own = scope.current(session).commune
    if own:
        return own, tuple(unit for unit in every if unit.id == own)
    asked = request.args.get("commune") or None
    if asked and asked not in {unit.id for unit in every}:
        abort(404)
    return asked, every
