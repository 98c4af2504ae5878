"""Whom an F1 names to the station that follows them: on record here, an F2 at the CDC."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, notes, throttle
from checkin.cases import service as keeping
from checkin.contacts import queries
from checkin.contacts.judging import F1
from checkin.contacts.models import NAMED
from checkin.contacts.words import WORDS, late, opened
from checkin.db import db, set_read_only
from checkin.errors import DomainError
from checkin.exposure.ofcase import commune_names
from checkin.nearby import service
from checkin.nearby.forms import NearForm
from checkin.stations.showing import contact_of, gone, record
from checkin.web import limiter

bp = Blueprint("station_near", __name__, url_prefix="/station/contacts")
bp.register_error_handler(404, gone)

# By one account, of all its F1s: whoever names at random does not go on for long.
MOST_A_DAY, DAY_SECONDS = 200, 86400


@bp.get("/<uuid:contact_id>/near")
def index(contact_id: UUID) -> ResponseReturnValue:
    """Whom the F1 named here; the reading is on record before a name is opened."""
    return _page(contact_id, NearForm(formdata=None))


@bp.post("/<uuid:contact_id>/near")
@limiter.limit("600 per hour")
def name(contact_id: UUID) -> ResponseReturnValue:
    """Somebody whom the F1 names."""
    form, session = NearForm(), db.session()
    contact_of(contact_id)
    entry = form.entry()
    if not form.validate() or not form.fits(entry):
        return _page(contact_id, form, status=422)
    if throttle.count("named", current_user.id, DAY_SECONDS) > MOST_A_DAY:
        raise throttle.refuse("named", current_user.id)
    session.rollback()
    # Contacts go when the case lets go: nobody lets go of it between what is read here and what is written.
    keeping.lock_kept(session)
    f1 = contact_of(contact_id)
    how: dict[str, Any] = {"now": clock.now(), "actor": current_user.actor, "rules": context.rules(clock.today())}
    how["province"] = context.config().province
    try:
        if f1.version != form.version:
            raise DomainError("changed")
        service.tell(session, context.vault(), f1=f1, entry=entry, relation=form.relation.data or "", **how)
        session.commit()
    except DomainError as error:
        session.rollback()
        if error.reason in ("changed", "stage"):
            last = late(queries.steps(session, contact_id), officers=False)
            return _page(contact_id, form, late=last, status=409)
        form.refuse(error.reason)
        return _page(contact_id, form, status=422)
    flash(gettext("Đã ghi. CDC thấy ngay và lo việc gọi; người ở xã, phường khác thì trạm y tế nơi đó gọi."), "ok")
    return redirect(url_for(".index", contact_id=contact_id), 303)


def _page(contact_id: UUID, form: NearForm, *, late: str = "", status: int = 200) -> ResponseReturnValue:
    vault = context.vault()
    contact_of(contact_id)
    record(clock.now(), 1 + len(_named(contact_id)))
    set_read_only(True)
    contact = contact_of(contact_id)
    return render_template(
        "nearby/station.html",
        f1=opened(vault, contact),
        naming=contact.stage == F1,
        named=[(step, notes.opened(vault, step.note)) for step in _named(contact_id)],
        form=form,
        communes=commune_names(),
        late=late,
        **WORDS,
    ), status


def _named(contact_id: UUID) -> list[Any]:
    return [step for step in queries.steps(db.session(), contact_id) if step.what == NAMED]
