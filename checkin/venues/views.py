from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.db import db
from checkin.errors import DomainError
from checkin.owners.asking import reaches
from checkin.places import queries as places
from checkin.venues import queries, registering, service
from checkin.venues.codes import address_of, display, normalise
from checkin.venues.forms import VenueForm, ZoneForm
from checkin.venues.kinds import KINDS, SIZES, ZONE_KINDS
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue
from checkin.venues.plates import display_plate
from checkin.venues.queries import Door

bp = Blueprint("venues", __name__, url_prefix="/venues")
# Of what stands inside a market the page shows so many; the rest is counted.
MOST_SHOWN = 200


@bp.get("/")
def index() -> ResponseReturnValue:
    venues = queries.of_owner(db.session(), current_user.id)
    if not venues:
        return redirect(url_for(".new"))
    return render_template("venues/index.html", venues=venues, kinds=KINDS, unconfirmed=_unconfirmed())


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = VenueForm()
    registering.prepare(form)
    alike = []
    if form.validate_on_submit() and registering.find_outer(form):
        alike = [] if "anyway" in request.form else registering.doubles(form, current_user.id)
        if not alike:
            venue = _register(form)
            if venue is not None:
                flash(gettext("Đã tạo mã. In áp phích và dán ở cửa ra vào."), "ok")
                return redirect(url_for(".show", venue_id=venue.id))
    return _edit_page(form, None, alike)


def _register(form: VenueForm) -> Venue | None:
    """The new venue; None, with a message beside the field, where it cannot stand in the one that was named."""
    try:
        venue = service.register(
            db.session(), context.vault(), now=clock.now(), actor=current_user.actor, facts=form.facts()
        )
    except DomainError as error:
        db.session.rollback()
        registering.refuse_outer(form, error)
        return None
    _commit()
    return venue


@bp.route("/<uuid:venue_id>/edit", methods=["GET", "POST"])
def edit(venue_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    form = VenueForm()
    registering.prepare(form)
    if request.method == "GET":
        registering.show(form, venue)
    if form.validate_on_submit() and registering.find_outer(form, venue):
        try:
            service.change(
                db.session(),
                context.vault(),
                now=clock.now(),
                actor=current_user.actor,
                venue=venue,
                facts=form.facts(),
            )
        except DomainError as error:
            db.session.rollback()
            registering.refuse_outer(form, error)
            return _edit_page(form, own_venue(venue_id), [])
        _commit()
        flash(gettext("Đã lưu."), "ok")
        return redirect(url_for(".show", venue_id=venue.id))
    return _edit_page(form, venue, [])


@bp.get("/<uuid:venue_id>")
def show(venue_id: UUID) -> ResponseReturnValue:
    return _show(own_venue(venue_id), ZoneForm())


@bp.post("/<uuid:venue_id>/zones")
def add_zone(venue_id: UUID) -> ResponseReturnValue:
    venue, form = own_venue(venue_id), ZoneForm()
    if not form.validate_on_submit():
        return _show(venue, form, 422)
    try:
        service.add_zone(
            db.session(),
            now=clock.now(),
            actor=current_user.actor,
            venue=venue,
            name=form.zone.data or "",
            kind=form.zone_kind.data,
        )
    except DomainError as error:
        db.session.rollback()
        form.zone.errors = [
            gettext("Địa điểm đã đóng. Mở cửa lại rồi thêm.")
            if error.reason == "closed"
            else gettext("Đã có %(count)s khu vực. Bỏ bớt khu vực không dùng.", count=service.MOST_ZONES)
        ]
        return _show(own_venue(venue_id), form, 422)
    _commit()
    flash(gettext("Đã thêm khu vực, có mã riêng."), "ok")
    return redirect(url_for(".show", venue_id=venue.id))


@bp.post("/<uuid:venue_id>/zones/<uuid:zone_id>/remove")
def remove_zone(venue_id: UUID, zone_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    service.remove_zone(db.session(), now=clock.now(), actor=current_user.actor, venue=venue, zone_id=zone_id)
    _commit()
    flash(gettext("Đã bỏ khu vực. Mã của khu vực đó không dùng được nữa: hãy gỡ áp phích."), "ok")
    return redirect(url_for(".show", venue_id=venue.id))


@bp.post("/<uuid:venue_id>/close")
def close(venue_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    service.close(db.session(), now=clock.now(), actor=current_user.actor, venue=venue)
    _commit()
    flash(gettext("Đã đóng địa điểm. Ai quét mã sẽ được báo là nơi này đã đóng."), "ok")
    return redirect(url_for(".show", venue_id=venue.id))


@bp.post("/<uuid:venue_id>/reopen")
def reopen(venue_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    service.reopen(db.session(), now=clock.now(), actor=current_user.actor, venue=venue)
    _commit()
    flash(gettext("Đã mở lại. Mã và áp phích cũ dùng được như trước."), "ok")
    return redirect(url_for(".show", venue_id=venue.id))


@bp.post("/<uuid:venue_id>/inside/<uuid:inner_id>/remove")
def put_outside(venue_id: UUID, inner_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    service.put_outside(db.session(), now=clock.now(), actor=current_user.actor, venue=venue, inner_id=inner_id)
    _commit()
    flash(gettext("Đã tách ra. Nơi đó vẫn giữ mã của mình."), "ok")
    return redirect(url_for(".show", venue_id=venue_id))


@bp.post("/codes/<code>/reissue")
def reissue(code: str) -> ResponseReturnValue:
    door = _own_door(code)
    service.reissue(db.session(), now=clock.now(), actor=current_user.actor, code=door.code)
    _commit()
    flash(gettext("Đã cấp mã mới. Mã cũ không dùng được nữa: hãy thay áp phích."), "ok")
    return redirect(url_for(".show", venue_id=door.venue_id))


def _commit() -> None:
    db.session.commit()
    # The owner's next scan shows what was changed just now.
    queries.known_door.forget()


def _show(venue: Venue, form: ZoneForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    commune = places.commune(session, venue.commune_id)
    inside = queries.tree(session, venue.id)
    return render_template(
        "venues/show.html",
        venue=venue,
        commune=commune.full_name if commune else "",
        kinds=KINDS,
        sizes=SIZES,
        zone_kinds=ZONE_KINDS,
        doors=queries.doors_of(session, venue.id),
        inside=inside[:MOST_SHOWN],
        inside_count=len(inside),
        around=queries.wall_name(session, venue.parent_id),
        plate=display_plate(venue.plate) if venue.plate else "",
        url_of=lambda code: address_of(code, context.config()),
        display=display,
        form=form,
    ), status


def _edit_page(form: VenueForm, venue: Venue | None, alike: list[registering.Double]) -> ResponseReturnValue:
    page = render_template("venues/edit.html", form=form, venue=venue, alike=alike, action=request.path, first=False)
    return registering.with_position(make_response(page, 422 if form.errors else 200))


def _unconfirmed() -> bool:
    return current_user.contact_confirmed_at is None and reaches(current_user._get_current_object())


def _own_door(code: str) -> Door:
    door = queries.door(db.session(), normalise(code[:100]))
    if door is None or door.owner_id != current_user.id or door.revoked:
        abort(404)
    return door
