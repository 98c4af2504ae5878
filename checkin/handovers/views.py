"""The owner's page that makes a link, and the page on which another owner accepts it."""

import base64
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.accounts.models import OWNER
from checkin.db import db
from checkin.errors import DomainError
from checkin.handovers import queries, service
from checkin.handovers.forms import HandoverForm
from checkin.places import queries as places
from checkin.posters.symbols import code_svg
from checkin.venues import queries as venues
from checkin.venues.codes import display
from checkin.venues.owned import own_venue
from checkin.web import limiter

bp = Blueprint("handovers", __name__, url_prefix="/venues")
door = Blueprint("handover", __name__, url_prefix="/handover")
# In the owner's own session, as long as the link waits: the table has only its hash.
SHOWN = "handover_code"
# In the session of whoever opened the link.
TAKEN = "handover_taken"


@bp.route("/<uuid:venue_id>/handover", methods=["GET", "POST"])
def show(venue_id: UUID) -> ResponseReturnValue:
    venue, form = own_venue(venue_id), HandoverForm()
    if form.validate_on_submit():
        made, code = service.make(db.session(), context.vault(), now=clock.now(), actor=current_user.actor, venue=venue)
        db.session.commit()
        session[SHOWN] = [str(made.id), code]
        return redirect(url_for(".show", venue_id=venue_id))
    waits = queries.waiting(db.session(), venue.id, clock.now())
    shown_id, code = session.get(SHOWN) or ("", "")
    known = waits is not None and str(waits.id) == shown_id
    address = context.config().public_origin + url_for("handover.open_link", token=code) if known else ""
    return render_template(
        "handovers/show.html",
        venue=venue,
        form=form,
        waits=waits,
        code=display(code) if known else "",
        address=address,
        picture="data:image/svg+xml;base64," + base64.b64encode(code_svg(address)).decode() if known else "",
        hours=int(service.LIFE.total_seconds()) // 3600,
    )


@bp.post("/<uuid:venue_id>/handover/cancel")
def cancel(venue_id: UUID) -> ResponseReturnValue:
    venue = own_venue(venue_id)
    service.cancel(db.session(), now=clock.now(), actor=current_user.actor, venue=venue)
    db.session.commit()
    flash(gettext("Đã huỷ liên kết. Không ai nhận được địa điểm bằng liên kết đó nữa."), "ok")
    return redirect(url_for(".show", venue_id=venue_id))


@door.get("/<token>")
@limiter.limit("30 per minute")
def open_link(token: str) -> ResponseReturnValue:
    """Take the code out of the address at once: no page of ours is shown under it."""
    session[TAKEN] = token[:40]
    response = redirect(url_for(".accept"))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@door.route("/", methods=["GET", "POST"])
@limiter.limit("30 per minute")
def accept() -> ResponseReturnValue:
    code, form = str(session.get(TAKEN, "")), HandoverForm()
    # Asked first: it says to the database who looks.
    signed_in = current_user.is_authenticated and current_user.role == OWNER
    found = service.offer(db.session(), context.vault(), now=clock.now(), code=code) if code else None
    if found is None:
        return render_template("handovers/gone.html"), 410
    if signed_in and found.from_id != current_user.id and form.validate_on_submit():
        try:
            account = current_user._get_current_object()
            service.take(db.session(), context.vault(), now=clock.now(), account=account, code=code)
            db.session.commit()
        except DomainError:
            db.session.rollback()
            return render_template("handovers/gone.html"), 410
        venues.known_door.forget()
        session.pop(TAKEN, None)
        flash(gettext("Địa điểm này là của bạn từ bây giờ. Hãy xem thông tin, ký cam kết và nối lại máy ở quầy."), "ok")
        return redirect(url_for("venues.show", venue_id=found.venue_id))
    commune = places.commune(db.session(), found.commune_id)
    return render_template(
        "handovers/accept.html",
        form=form,
        offer=found,
        commune=commune.full_name if commune else "",
        signed_in=signed_in,
        own=signed_in and found.from_id == current_user.id,
        # Signing in begins another session, which does not know the link.
        way_back=url_for(".open_link", token=code),
    )
