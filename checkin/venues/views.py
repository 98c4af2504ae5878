from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.db import db
from checkin.phones import display_phone
from checkin.places import queries as places
from checkin.venues import queries, service
from checkin.venues.codes import display, normalise
from checkin.venues.forms import VenueForm, ZoneForm
from checkin.venues.kinds import KINDS
from checkin.venues.models import Venue
from checkin.venues.posters import code_png, code_svg, poster_pdf
from checkin.venues.queries import Door
from checkin.venues.sheets import address_of, poster_of

bp = Blueprint("venues", __name__, url_prefix="/venues")


@bp.get("/")
def index() -> ResponseReturnValue:
    venues = queries.of_owner(db.session(), current_user.id)
    if not venues:
        return redirect(url_for(".new"))
    return render_template("venues/index.html", venues=venues, kinds=KINDS)


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = _venue_form()
    if form.validate_on_submit():
        venue = service.register(
            db.session(), context.vault(), now=clock.now(), actor=current_user.actor, facts=form.facts()
        )
        _commit()
        flash(gettext("Đã tạo mã. In áp phích và dán ở cửa ra vào."), "ok")
        return redirect(url_for(".show", venue_id=venue.id))
    return render_template("venues/edit.html", form=form, venue=None), 422 if form.errors else 200


@bp.route("/<uuid:venue_id>/edit", methods=["GET", "POST"])
def edit(venue_id: UUID) -> ResponseReturnValue:
    venue = _own(venue_id)
    form = _venue_form(venue)
    if form.validate_on_submit():
        service.change(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            venue=venue,
            facts=form.facts(),
        )
        _commit()
        flash(gettext("Đã lưu."), "ok")
        return redirect(url_for(".show", venue_id=venue.id))
    return render_template("venues/edit.html", form=form, venue=venue), 422 if form.errors else 200


@bp.get("/<uuid:venue_id>")
def show(venue_id: UUID) -> ResponseReturnValue:
    return _show(_own(venue_id), ZoneForm())


@bp.post("/<uuid:venue_id>/zones")
def add_zone(venue_id: UUID) -> ResponseReturnValue:
    venue, form = _own(venue_id), ZoneForm()
    if not form.validate_on_submit():
        return _show(venue, form, 422)
    service.add_zone(db.session(), now=clock.now(), actor=current_user.actor, venue=venue, name=form.zone.data or "")
    _commit()
    flash(gettext("Đã thêm khu vực, có mã riêng."), "ok")
    return redirect(url_for(".show", venue_id=venue.id))


@bp.post("/codes/<code>/reissue")
def reissue(code: str) -> ResponseReturnValue:
    door = _own_door(code)
    service.reissue(db.session(), now=clock.now(), actor=current_user.actor, code=door.code)
    _commit()
    flash(gettext("Đã cấp mã mới. Mã cũ không dùng được nữa: hãy thay áp phích."), "ok")
    return redirect(url_for(".show", venue_id=door.venue_id))


@bp.get("/codes/<code>/poster-a4.pdf")
def poster(code: str) -> ResponseReturnValue:
    door = _own_door(code)
    pdf = poster_pdf([poster_of(door, context.config())], form="a4", made_at=door.issued_at)
    return _file(pdf, "application/pdf", f"{door.code}-a4.pdf")


@bp.get("/codes/<code>/qr.svg")
def svg(code: str) -> ResponseReturnValue:
    door = _own_door(code)
    return _file(code_svg(address_of(door.code, context.config())), "image/svg+xml", f"{door.code}.svg")


@bp.get("/codes/<code>/qr.png")
def png(code: str) -> ResponseReturnValue:
    door = _own_door(code)
    return _file(code_png(address_of(door.code, context.config())), "image/png", f"{door.code}.png")


def _commit() -> None:
    db.session.commit()
    # The owner's next scan shows what was changed just now.
    queries.known_door.forget()


def _show(venue: Venue, form: ZoneForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    commune = places.commune(session, venue.commune_id)
    return render_template(
        "venues/show.html",
        venue=venue,
        commune=commune.full_name if commune else "",
        kinds=KINDS,
        doors=queries.doors_of(session, venue.id),
        url_of=lambda code: address_of(code, context.config()),
        display=display,
        form=form,
    ), status


def _venue_form(venue: Venue | None = None) -> VenueForm:
    known = {}
    if venue is not None:
        known = context.vault().unlock("owner", venue.contact) if venue.contact else {}
        known["phone"] = display_phone(known.get("phone", ""))
    form = VenueForm(obj=venue, data={"commune": venue.commune_id, **known} if venue else None)
    communes = places.communes_of(db.session(), context.config().province) or ()
    form.commune.choices = [("", gettext("Chọn xã, phường…")), *((c.id, c.full_name) for c in communes)]
    return form


def _own(venue_id: UUID) -> Venue:
    venue = queries.owned(db.session(), current_user.id, venue_id)
    if venue is None:
        abort(404)
    return venue


def _own_door(code: str) -> Door:
    door = queries.door(db.session(), normalise(code[:100]))
    if door is None or door.owner_id != current_user.id or door.revoked:
        abort(404)
    return door


def _file(body: bytes, mimetype: str, name: str) -> Response:
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'inline; filename="{name}"'})
