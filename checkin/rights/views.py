"""The form on which anybody asks about their own data."""

from datetime import date

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from checkin import clock, context
from checkin.db import db
from checkin.i18n import lang_arg, locale_code
from checkin.ids import new_id, sent_id
from checkin.rights import service
from checkin.rights.deadlines import KINDS
from checkin.rights.forms import KIND_NAMES, AskForm
from checkin.visits import device
from checkin.web import limiter

bp = Blueprint("rights", __name__, url_prefix="/rights")

RECEIPT = "receipt"


@bp.get("/")
@limiter.limit("120 per minute")
def ask() -> ResponseReturnValue:
    form = AskForm()
    form.once.data = str(new_id(clock.now()))
    if request.args.get("kind") in KINDS:
        form.kind.data = request.args["kind"]
    return _page(form)


@bp.post("/")
@limiter.limit("30 per hour")
def send() -> ResponseReturnValue:
    """Take the request in, sealed; the receipt is shown on the next page, out of the session."""
    form = AskForm()
    if not form.validate():
        return _page(form, 422)
    wish, now, vault = form.wish(), clock.now(), context.vault()
    secret = device.secret() if form.attach.data else None
    receipt = service.ask(
        db.session(),
        vault,
        now=now,
        rules=context.rules(clock.today()),
        request_id=sent_id(form.once.data or "", repr(wish), now),
        wish=wish,
        language=locale_code(),
        device=vault.device(secret) if secret else None,
    )
    db.session.commit()
    session[RECEIPT] = [receipt.reference, wish.kind, receipt.acknowledge_by, receipt.answer_by]
    return redirect(url_for(".sent", **lang_arg()), 303)


@bp.get("/sent")
def sent() -> ResponseReturnValue:
    """The reference and the deadlines; nothing of who asked."""
    receipt = session.get(RECEIPT)
    if receipt is None:
        return redirect(url_for(".ask", **lang_arg()))
    reference, kind, acknowledge_by, answer_by = receipt
    return render_template(
        "rights/sent.html",
        reference=reference,
        kind=KIND_NAMES[kind],
        acknowledge_by=date.fromisoformat(acknowledge_by),
        answer_by=date.fromisoformat(answer_by),
        lang_arg=lang_arg(),
    )


def _page(form: AskForm, status: int = 200) -> ResponseReturnValue:
    rules = context.rules(clock.today())["rights"]
    has_device = device.secret() is not None
    return render_template(
        "rights/ask.html", form=form, rules=rules, has_device=has_device, lang_arg=lang_arg()
    ), status
