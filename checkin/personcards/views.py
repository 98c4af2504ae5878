"""What anybody sees of cards: the page behind the code, reporting one lost, and making one from the own phone."""

import secrets
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context, throttle
from checkin.accounts.service import NOBODY
from checkin.db import db
from checkin.declarations import homes
from checkin.i18n import lang_arg
from checkin.ids import is_id
from checkin.personcards import service
from checkin.personcards.forms import CardForm, LostForm
from checkin.personcards.models import CITIZEN
from checkin.personcards.printing import as_file
from checkin.personcards.service import Issuer
from checkin.places import queries as places
from checkin.venues import guesses
from checkin.venues.codes import diagnose
from checkin.visits import device
from checkin.web import limiter

bp = Blueprint("cards", __name__)
DAY_SECONDS = 86400
# A phone makes the cards of a family; a network, those of a street.
MOST_BY_DEVICE, MOST_BY_NETWORK = 20, 300


@bp.get("/c/")
@bp.get("/c/<code>")
@limiter.limit("600 per 10 minutes")
def show(code: str = "") -> ResponseReturnValue:
    """What such a card is. Nothing is looked up: the page is the same for every code, issued or not."""
    return _page(LostForm())


@bp.post("/c/")
@limiter.limit("60 per 10 minutes")
def lost() -> ResponseReturnValue:
    """Take a card out of use by the code on the strip that stayed at home."""
    form = LostForm()
    if not form.validate_on_submit():
        if form.code.data:
            guesses.tried(db.session(), diagnose(form.code.data).replace("ok", "unknown"))
        return _page(form, 422)
    if not service.report_lost(db.session(), context.vault(), now=clock.now(), lost_code=form.code.data or ""):
        db.session.rollback()
        guesses.tried(db.session(), "unknown")
        form.code.errors = [gettext("Mã này không huỷ được thẻ nào. Xem lại mã trên mảnh giấy giữ ở nhà.")]
        return _page(form, 422)
    db.session.commit()
    flash(gettext("Đã huỷ thẻ. Từ bây giờ thẻ không ghi được lượt nào nữa."), "ok")
    return redirect(url_for(".show", **lang_arg()), 303)


@bp.get("/card")
@limiter.limit("120 per minute")
def make() -> ResponseReturnValue:
    """The form for a card: of who this phone remembers, or with `new` of anybody."""
    form, known = _form(), device.remembered()
    if known is not None and "new" not in request.args:
        form.fill_from(known.who)
    return _make_page(form)


@bp.post("/card")
@limiter.limit("300 per hour")
def print_one() -> ResponseReturnValue:
    """Make the card; the answer is the file to print."""
    form = _form(fresh=False)
    homes.resolve(db.session(), form, context.config().province)
    if not form.validate():
        return _make_page(form, 422)
    secret = device.secret() or secrets.token_hex(32)
    own = context.vault().device(secret)
    for what, of, most in (("cards-device", own.hex(), MOST_BY_DEVICE), ("cards", throttle.here(), MOST_BY_NETWORK)):
        if throttle.count(what, of, DAY_SECONDS) > most:
            raise throttle.refuse(what, of)
    now = clock.now()
    issuer = Issuer(CITIZEN, NOBODY, device=own)
    made = service.issue(db.session(), context.vault(), now=now, issuer=issuer, people=[form.who()])
    db.session.commit()
    response = as_file(made, form.form.data, now)
    device.give(response, secret)
    return response


@bp.post("/card/revoke")
@limiter.limit("60 per minute")
def take_back() -> ResponseReturnValue:
    """Take a card out of use that this browser made."""
    secret, card = device.secret(), request.form.get("card", "")
    done = False
    if secret and is_id(card):
        own = context.vault().device(secret)
        done = service.take_back(db.session(), now=clock.now(), device=own, card_id=UUID(card))
        db.session.commit()
    flash(gettext("Đã huỷ thẻ.") if done else gettext("Thẻ này đã huỷ trước đó, hoặc không phải của máy này."), "ok")
    return redirect(url_for("me.show", **lang_arg()), 303)


def _form(*, fresh: bool = True) -> CardForm:
    form = CardForm(None if fresh else request.form)
    form.today, form.home = clock.today(), context.config().province
    form.province.choices = [(place.id, place.name) for place in places.provinces(db.session()) or ()]
    form.province.data = form.province.data or form.home
    return form


def _make_page(form: CardForm, status: int = 200) -> ResponseReturnValue:
    communes = places.communes_of(db.session(), form.home) or ()
    rules = context.rules(clock.today())["cards"]
    page = render_template(
        "personcards/make.html",
        form=form,
        communes=communes,
        known="new" not in request.args and device.remembered() is not None,
        unused_days=rules["unused_days"],
        lang_arg=lang_arg(),
    )
    return page, status


def _page(form: LostForm, status: int = 200) -> ResponseReturnValue:
    return render_template("personcards/show.html", form=form, lang_arg=lang_arg()), status
