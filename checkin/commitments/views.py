from contextlib import suppress
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.commitments import queries, service, texts
from checkin.commitments.forms import SignForm
from checkin.commitments.models import Commitment
from checkin.commitments.texts import Text
from checkin.db import db
from checkin.i18n import locale_code, of_two
from checkin.places import queries as places
from checkin.vault import VaultError
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue

bp = Blueprint("commitments", __name__, url_prefix="/venues")


@bp.route("/<uuid:venue_id>/commitment", methods=["GET", "POST"])
def show(venue_id: UUID) -> ResponseReturnValue:
    """The text to sign; what was signed, to be printed; both where there is a newer text."""
    session = db.session()
    venue = own_venue(venue_id)
    text, form = in_force(), SignForm()
    signed = queries.signed(session, [venue.id]).get(venue.id)
    if form.validate_on_submit():
        if form.version.data != text.version:
            # It changed while the page was open: what is signed is what was read.
            form.agree.data = False
            form.agree.errors = [gettext("Bản cam kết vừa được thay. Hãy đọc bản mới rồi ký.")]
        else:
            service.sign(
                session,
                context.vault(),
                now=clock.now(),
                actor=current_user.actor,
                venue=venue,
                version=text.version,
                name=form.signer.data or "",
                office=form.office.data or "",
            )
            session.commit()
            flash(gettext("Đã ký. Bạn có thể in bản này để lưu."), "ok")
            return redirect(url_for(".show", venue_id=venue.id))
    form.version.data = text.version
    return _page(venue, form, text, signed)


def in_force() -> Text:
    """The text of today in the language of the page."""
    return texts.read(context.rules(clock.today())["commitment"], of_two(locale_code()))


def _page(venue: Venue, form: SignForm, text: Text, signed: Commitment | None) -> ResponseReturnValue:
    signer: dict[str, str] = {}
    if signed is not None:
        with suppress(VaultError):
            signer = context.vault().unlock("owner", signed.signer)
    current = signed is not None and signed.version == text.version
    kept = text
    if signed is not None and not current:
        kept = texts.read(context.rules(clock.to_local(signed.signed_at).date())["commitment"], of_two(locale_code()))
    commune = places.commune(db.session(), venue.commune_id)
    return render_template(
        "commitments/show.html",
        venue=venue,
        commune=commune.full_name if commune else "",
        form=form,
        text=text,
        kept=kept,
        signed=signed,
        current=current,
        signer=signer,
    ), 422 if form.errors else 200
