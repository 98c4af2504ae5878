"""An owner says that a venue without owner is theirs, and waits for what the station of the commune decides."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.claims import queries, service
from checkin.claims.forms import ClaimForm
from checkin.claims.models import CONFIRMED, WAITING
from checkin.db import db
from checkin.errors import DomainError
from checkin.owners.asking import reaches
from checkin.phones import display_phone
from checkin.places import queries as places
from checkin.venues import queries as venues
from checkin.venues.models import Venue
from checkin.web import limiter

bp = Blueprint("claims", __name__, url_prefix="/venues")


@bp.app_context_processor
def _waiting() -> dict[str, object]:
    return {"own_claims": lambda: queries.waiting_of(db.session(), current_user.id)}


@bp.route("/<uuid:venue_id>/claim", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def ask(venue_id: UUID) -> ResponseReturnValue:
    """The form; where something was asked already, how far that is."""
    venue, form = _known(venue_id), ClaimForm()
    if venue.owner_id == current_user.id:
        return redirect(url_for("venues.show", venue_id=venue_id))
    if not form.validate_on_submit():
        return _page(venue, form, 422 if form.errors else 200)
    try:
        claim = service.ask(
            db.session(),
            context.vault(),
            now=clock.now(),
            account=current_user,
            venue=venue,
            name=form.name.data or "",
            note=form.note.data or "",
        )
        taken = claim.state == CONFIRMED
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        if error.reason == "many":
            form.name.errors = [
                gettext("Bạn đã hỏi nhận nhiều nơi. Chờ trạm y tế trả lời rồi hỏi tiếp, hoặc gọi đường dây nóng.")
            ]
        return _page(_known(venue_id), form, 422 if form.errors else 409)
    return _taken(venue_id) if taken else redirect(url_for(".ask", venue_id=venue_id), 303)


@bp.post("/<uuid:venue_id>/claim/prove")
@limiter.limit("30 per hour")
def prove(venue_id: UUID) -> ResponseReturnValue:
    """Once more, after the own phone was confirmed."""
    claim = queries.newest_of(db.session(), current_user.id, venue_id)
    if claim is None or claim.state != WAITING:
        abort(404)
    done = service.prove(db.session(), context.vault(), now=clock.now(), account=current_user, claim=claim)
    db.session.commit()
    if done:
        return _taken(venue_id)
    flash(gettext("Số của bạn không phải số trong sổ của nơi này. Trạm y tế sẽ trả lời."), "warn")
    return redirect(url_for(".ask", venue_id=venue_id), 303)


@bp.post("/<uuid:venue_id>/claim/withdraw")
def withdraw(venue_id: UUID) -> ResponseReturnValue:
    service.withdraw(db.session(), now=clock.now(), account=current_user, venue_id=venue_id)
    db.session.commit()
    flash(gettext("Đã rút lại. Trạm y tế không thấy yêu cầu này nữa."), "ok")
    return redirect(url_for(".ask", venue_id=venue_id), 303)


def _taken(venue_id: UUID) -> ResponseReturnValue:
    venues.known_door.forget()
    flash(gettext("Địa điểm này đã là của bạn. In áp phích và dán ở cửa ra vào."), "ok")
    return redirect(url_for("venues.show", venue_id=venue_id), 303)


def _page(venue: Venue, form: ClaimForm, status: int = 200) -> ResponseReturnValue:
    account = current_user._get_current_object()
    commune = places.commune(db.session(), venue.commune_id)
    claim = queries.newest_of(db.session(), account.id, venue.id)
    login = service.asker_of(context.vault(), claim).get("login", "") if claim else ""
    return render_template(
        "claims/ask.html",
        venue=venue,
        form=form,
        commune=commune.full_name if commune else "",
        claim=claim,
        contact=display_phone(login) if login.startswith("+") else login,
        unconfirmed=account.contact_confirmed_at is None and reaches(account),
    ), status


def _known(venue_id: UUID) -> Venue:
    venue = queries.venue(db.session(), venue_id)
    if venue is None:
        abort(404)
    return venue
