"""The owner's page of the devices at the counter of a venue."""

import base64
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.db import db
from checkin.desk import queries, service
from checkin.desk.forms import MoveForm, NameForm
from checkin.desk.models import WAITING
from checkin.errors import DomainError
from checkin.posters.symbols import code_svg
from checkin.venues import queries as venues
from checkin.venues.codes import display
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue
from checkin.zones import queries as zones

bp = Blueprint("desk_links", __name__, url_prefix="/venues")
# In the owner's own session, as long as the link waits: the table has only its hash.
SHOWN = "desk_code"


@bp.route("/<uuid:venue_id>/desk", methods=["GET", "POST"])
def index(venue_id: UUID) -> ResponseReturnValue:
    venue, form = own_venue(venue_id), NameForm()
    choices = _choices(form, venue)
    if form.validate_on_submit():
        try:
            link, code = service.make(
                db.session(),
                context.vault(),
                now=clock.now(),
                actor=current_user.actor,
                venue=venue,
                name=form.name.data or "",
                zone_id=UUID(form.zone.data) if form.zone.data else None,
            )
            db.session.commit()
            session[SHOWN] = [str(link.id), code]
            return redirect(url_for(".index", venue_id=venue.id))
        except DomainError as error:
            db.session.rollback()
            form.name.errors = [
                gettext("Địa điểm đã đóng. Mở cửa lại rồi nối máy.")
                if error.reason == "closed"
                else gettext("Đã có %(count)s máy. Ngắt bớt máy không dùng.", count=service.MOST)
            ]
    links, now = queries.of_venue(db.session(), venue.id), clock.now()
    shown_id, code = session.get(SHOWN) or ("", "")
    shown = next((link for link in links if str(link.id) == shown_id and link.state(now) == WAITING), None)
    address = context.config().public_origin + url_for("desk_joining.take", token=code) if shown else ""
    return render_template(
        "desk/links.html",
        venue=venue,
        form=form,
        links=[(link, link.state(now)) for link in links],
        zones=choices,
        used=dict(choices),
        left=venues.zone_names(db.session(), [venue.id]),
        shown=shown,
        code=display(code) if shown else "",
        short_address=f"{context.config().public_origin.split('://')[1]}/desk",
        picture="data:image/svg+xml;base64," + base64.b64encode(code_svg(address)).decode() if shown else "",
    ), 422 if form.errors else 200


@bp.post("/<uuid:venue_id>/desk/<uuid:link_id>/move")
def move(venue_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Put a device at another zone. A zone that is out of use meanwhile is said on the page, and nothing is changed."""
    venue, form = own_venue(venue_id), MoveForm()
    _choices(form, venue)
    if not form.validate_on_submit():
        flash(gettext("Khu vực này không còn dùng. Chọn chỗ khác."), "stop")
        return redirect(url_for(".index", venue_id=venue.id))
    link = service.move(
        db.session(),
        now=clock.now(),
        actor=current_user.actor,
        venue=venue,
        link_id=link_id,
        zone_id=UUID(form.zone.data) if form.zone.data else None,
    )
    name = dict(form.zone.choices)[form.zone.data]
    db.session.commit()
    flash(gettext("“%(device)s” từ giờ đứng ở: %(place)s.", device=link.name, place=name), "ok")
    return redirect(url_for(".index", venue_id=venue.id))


@bp.post("/<uuid:venue_id>/desk/<uuid:link_id>/revoke")
def revoke(venue_id: UUID, link_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    service.revoke(db.session(), now=clock.now(), actor=current_user.actor, venue=venue, link_id=link_id)
    db.session.commit()
    flash(gettext("Đã ngắt máy. Máy đó không xem được gì nữa."), "ok")
    return redirect(url_for(".index", venue_id=venue.id))


def _choices(form: NameForm | MoveForm, venue: Venue) -> list[tuple[str, str]]:
    """The places within the venue, given to the form too: the venue as a whole, then its zones in use."""
    of_venue = zones.of_venue(db.session(), venue.id)
    choices = [("", gettext("Cả địa điểm")), *((str(zone.id), zone.name) for zone in of_venue)]
    form.zone.choices = choices
    return choices
