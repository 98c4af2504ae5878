"""Zones of an owner's venue: many at a time with a look at them first, and one that is given another name."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock
from checkin.db import db
from checkin.errors import DomainError
from checkin.i18n import format_count
from checkin.venues import queries as venues
from checkin.venues.kinds import DIVIDED
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue
from checkin.venues.service import MOST_ZONES
from checkin.zones import queries, service
from checkin.zones.forms import ManyForm, OneForm
from checkin.zones.series import key

bp = Blueprint("zones", __name__, url_prefix="/venues")


@bp.route("/<uuid:venue_id>/zones/many", methods=["GET", "POST"])
def many(venue_id: UUID) -> ResponseReturnValue:
    """Names are typed, then looked at, then saved; what was typed stays in its field all the way."""
    venue, form = own_venue(venue_id), ManyForm()
    if request.method == "GET":
        form.kind.data = DIVIDED.get(venue.kind, form.kind.data)
    if not form.validate_on_submit():
        return _many(venue, form, 422 if form.errors else 200)
    if request.form.get("save") != form.seen:
        return _many(venue, form)  # also what was changed after it was looked at
    try:
        made = service.add_many(
            db.session(), now=clock.now(), actor=current_user.actor, venue=venue, kind=form.kind.data, names=form.list
        )
    except DomainError as error:
        db.session.rollback()
        venue = own_venue(venue_id)
        form.names.errors = [
            gettext("Địa điểm đã đóng. Mở cửa lại rồi thêm.")
            if error.reason == "closed"
            else _too_many(len(queries.of_venue(db.session(), venue.id)))
        ]
        return _many(venue, form, 422)
    count = len(made)
    _commit()
    if count:
        flash(gettext("Đã thêm %(count)s khu vực, mỗi khu một mã riêng.", count=format_count(count)), "ok")
    else:
        flash(gettext("Các khu vực này đã có đủ, không thêm gì."), "ok")
    return redirect(url_for("venues.show", venue_id=venue_id, _anchor="zones"), 303)


@bp.route("/<uuid:venue_id>/zones/<uuid:zone_id>", methods=["GET", "POST"])
def one(venue_id: UUID, zone_id: UUID) -> ResponseReturnValue:
    """Another name or kind for a zone in use."""
    venue, form = own_venue(venue_id), OneForm()
    zone = next((zone for zone in queries.of_venue(db.session(), venue.id) if zone.id == zone_id), None)
    if zone is None:
        abort(404)
    if request.method == "GET":
        form.name.data, form.kind.data = zone.name, zone.kind
    if form.validate_on_submit():
        try:
            service.rename(
                db.session(),
                now=clock.now(),
                actor=current_user.actor,
                venue=venue,
                zone_id=zone_id,
                name=form.name.data or "",
                kind=form.kind.data,
            )
            _commit()
            flash(gettext("Đã lưu. Tên cũ còn trên áp phích đã in: in lại nếu cần, mã không đổi."), "ok")
            return redirect(url_for("venues.show", venue_id=venue_id, _anchor="zones"), 303)
        except DomainError:
            db.session.rollback()
            venue = own_venue(venue_id)
            form.name.errors = [gettext("Đã có khu vực khác mang tên này.")]
    return render_template("zones/one.html", venue=venue, form=form), 422 if form.errors else 200


def _many(venue: Venue, form: ManyForm, status: int = 200) -> ResponseReturnValue:
    taken = {key(zone.name) for zone in queries.of_venue(db.session(), venue.id)}
    seen: set[str] = set()
    shown = []
    for name in form.list:
        shown.append((name, "taken" if key(name) in taken else "twice" if key(name) in seen else ""))
        seen.add(key(name))
    fresh = sum(not why for _, why in shown)
    if not form.errors and len(taken) + fresh > MOST_ZONES:
        form.names.errors, status = [_too_many(len(taken))], 422
    return render_template(
        "zones/many.html", venue=venue, form=form, shown=[] if form.names.errors else shown, fresh=fresh
    ), status


def _too_many(there: int) -> str:
    text: str = gettext(
        "Một địa điểm có nhiều nhất %(most)s khu vực; nơi này đã có %(there)s.",
        most=format_count(MOST_ZONES),
        there=format_count(there),
    )
    return text


def _commit() -> None:
    db.session.commit()
    # The owner's next scan shows what was changed just now.
    venues.known_door.forget()
