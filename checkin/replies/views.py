"""The form on the page of a notice: who was there tells how to call them."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from checkin import clock, context
from checkin.db import db
from checkin.errors import DomainError
from checkin.i18n import lang_arg
from checkin.ids import new_id, sent_id
from checkin.notices import queries as notices
from checkin.notices.models import PUBLISHED
from checkin.notices.queries import Public
from checkin.notices.words import for_pages
from checkin.places import queries as places
from checkin.replies import service
from checkin.replies.forms import AnswerForm
from checkin.web import limiter

# As pickers of date and time are told.
SHOWN = "%Y-%m-%dT%H:%M"

bp = Blueprint("replies", __name__, url_prefix="/notices")
bp.app_context_processor(for_pages)


@bp.get("/<number>/answer")
@limiter.limit("120 per minute")
def ask(number: str) -> ResponseReturnValue:
    notice = _notice(number)
    if notice.state_at(clock.now()) != PUBLISHED:
        return redirect(url_for("notices.show", number=notice.number, **lang_arg()))
    form = _form(notice)
    form.once.data = str(new_id(clock.now()))
    return _page(form)


@bp.post("/<number>/answer")
@limiter.limit("300 per hour")
def send(number: str) -> ResponseReturnValue:
    """Take the answer in, sealed; nothing of it is shown again."""
    notice = _notice(number)
    form = _form(notice)
    over = redirect(url_for("notices.show", number=notice.number, **lang_arg()), 303)
    if notice.state_at(clock.now()) != PUBLISHED:
        return over
    if not form.validate():
        return _page(form, 422)
    telling, now = form.telling(), clock.now()
    try:
        service.answer(
            db.session(),
            context.vault(),
            now=now,
            notice=notice,
            telling=telling,
            answer_id=sent_id(form.once.data or "", telling.fingerprint(), now),
        )
    except DomainError:
        return over
    db.session.commit()
    return redirect(url_for(".sent", number=notice.number, **lang_arg()), 303)


@bp.get("/<number>/answer/sent")
@limiter.limit("120 per minute")
def sent(number: str) -> ResponseReturnValue:
    """That it came, and what follows; the same page for everybody."""
    return render_template("replies/sent.html", notice=_notice(number), lang_arg=lang_arg())


def _notice(number: str) -> Public:
    return notices.public(db.session(), number) or abort(404)


def _form(notice: Public) -> AnswerForm:
    form = AnswerForm()
    form.notice, form.today = notice, clock.today()
    form.communes = frozenset(place.id for place in _communes())
    return form


def _communes() -> tuple[places.Unit, ...]:
    return places.communes_of(db.session(), context.config().province) or ()


def _page(form: AnswerForm, status: int = 200) -> ResponseReturnValue:
    notice = form.notice
    return render_template(
        "replies/ask.html",
        form=form,
        notice=notice,
        where=notices.places_of(db.session(), [notice]).get(notice.id),
        communes=_communes(),
        first=f"{clock.to_local(notice.start):{SHOWN}}",
        last=f"{clock.to_local(notice.end):{SHOWN}}",
        days=context.rules(clock.today()).retention_days,
        lang_arg=lang_arg(),
    ), status
