"""Several contacts of a case given to a station at once, from the list of those whom no station calls."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, pagekeys
from checkin.cases import service as keeping
from checkin.contacts import passing
from checkin.contacts.queries import OUTSIDE
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure.ofcase import case_of, commune_names
from checkin.exposure.showing import PAGE
from checkin.ids import is_id

bp = Blueprint("handing", __name__, url_prefix="/cases")


@bp.post("/<number>/contacts/give")
def give(number: str) -> ResponseReturnValue:
    """Give those ticked to the station that is chosen, each as the page showed them."""
    case, session, communes = case_of(number), db.session(), commune_names()
    back = redirect(url_for("followup.index", number=number, stage=OUTSIDE, **pagekeys.here(request.form)), 303)
    meant, to = _ticked(), request.form.get("to", "")
    if not meant:
        flash(gettext("Chưa chọn ai: đánh dấu người cần giao."), "warn")
        return back
    # Contacts go when the case lets go: nobody lets go of it, or names one of them, before those ticked are given.
    keeping.lock_kept(session)
    try:
        left = passing.give_all(
            session, context.vault(), now=clock.now(), actor=current_user.actor, seen=meant, case_id=case.id,
            commune_id=to, communes=communes, rules=context.rules(clock.today()),
        )  # fmt: skip
    except DomainError:
        session.rollback()
        flash(gettext("Chưa giao ai: chọn xã, phường của trạm nhận."), "warn")
        return back
    session.commit()
    if count := len(meant) - len(left.others) - len(left.named):
        flash(gettext("Đã giao %(count)s người cho trạm y tế %(commune)s.", count=count, commune=communes[to]), "ok")
    if left.others:
        text = gettext(
            "%(count)s người chưa giao: người khác vừa làm việc với họ, hoặc trạm đó đã có họ. Xem lại rồi giao.",
            count=len(left.others),
        )
        flash(text, "warn")
    if left.named:
        text = gettext(
            "%(count)s người chưa giao: F1 của họ kể tên người với chính trạm %(commune)s, giao về đó thì trạm biết ai "
            "đang được theo dõi. CDC gọi họ, hoặc giao từng người ở trang của họ.",
            count=len(left.named),
            commune=communes[to],
        )
        flash(text, "warn")
    return back


def _ticked() -> dict[UUID, int]:
    """Whom the form names, each with the version that was on the page: `<id>.<version>`."""
    pairs = (one.partition(".") for one in request.form.getlist("person")[:PAGE])
    return {
        UUID(contact_id): int(version)
        for contact_id, _, version in pairs
        if is_id(contact_id) and version.isascii() and version.isdecimal() and len(version) < 9
    }
