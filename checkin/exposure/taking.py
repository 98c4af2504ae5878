"""Contacts as a file: of a case, or of all that the page of cases shows. Asking puts a list on record, as a lookup of
its own kind; from there files are made, logged and let out as those of every lookup."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from werkzeug import Response

from checkin import clock
from checkin.cases.models import Case
from checkin.cases.queries import Which
from checkin.contacts.queries import LISTED, LISTS
from checkin.contacts.words import FILE_NAMES
from checkin.db import db
from checkin.exposure import service
from checkin.exposure.exports import CONTENT_TYPES
from checkin.exposure.godata import COLUMNS
from checkin.exposure.models import CONTACTS, DOUBLES, Lookup
from checkin.exposure.ofcase import case_of
from checkin.metrics import LOOKUPS
from checkin.names import clean_name
from checkin.web import limiter

bp = Blueprint("taking", __name__, url_prefix="/cases")
# What such a list is bound to where it is of no one case.
SIGNAL = "Danh sách người tiếp xúc của nhiều ca"


@bp.app_template_global("contact_lists")
def contact_lists() -> dict[str, Any]:
    """Which contacts a file can hold, in words."""
    return FILE_NAMES


@bp.post("/<number>/contacts/export")
@limiter.limit("30 per minute")
def export(number: str) -> ResponseReturnValue:
    """Contacts of a case as a file."""
    case = case_of(number)
    listed = request.form.get("list", "")
    # Of the words that there are, none that somebody sent.
    stage = next((word for word in LISTS if word == listed), None)
    return ask(case, Which(), redirect(url_for("followup.index", number=case.number, stage=stage), 303))


def ask(case: Case | None, which: Which, back: Response) -> ResponseReturnValue:
    """Put the list on record that the form asks for, of the case or of these; then the file comes. `back` leads to the
    page with the form, where something is missing in it."""
    session, form = db.session(), request.form.get("form", "")
    asked = service.ContactsAsked(
        listed=request.form.get("list", ""),
        file_columns=request.form.get("columns", ""),
        case_state=which.state or None,
        case_disease=which.disease or None,
        commune_id=which.commune_id or None,
    )
    reason = clean_name(request.form.get("reason", "")[:2000])
    known = asked.listed in LISTED and asked.file_columns in COLUMNS and form in CONTENT_TYPES
    if not known or not 5 <= len(reason) <= 500:
        flash(gettext("Ghi lý do xuất danh sách, ít nhất vài chữ."), "warn")
        return back
    bound = service.Bound(case=case, signal=None if case else SIGNAL, reason=reason)
    lookup = service.ask_contacts(session, now=clock.now(), actor=current_user.actor, bound=bound, asked=asked)
    session.commit()
    LOOKUPS.labels(CONTACTS).inc()
    # As a form sent again: the file comes at once, or the page of it.
    return redirect(url_for("downloads.export", lookup_id=lookup.id, form=form), 307)


def elsewhere(lookup: Lookup, case: Case | None) -> str | None:
    """The address where what such a lookup is about is read, where that is no page of its own."""
    if lookup.kind == DOUBLES:
        return url_for("doubles.index", lookup_id=lookup.id)
    if lookup.kind != CONTACTS:
        return None
    if case is not None:
        return _contacts_of(case.number, lookup.listed or "")
    narrowed: dict[str, Any] = {
        "state": lookup.case_state,
        "disease": lookup.case_disease,
        "commune": lookup.commune_id,
    }
    return url_for("cases.index", **{name: word for name, word in narrowed.items() if word})


def _contacts_of(number: str, listed: str) -> str:
    where: dict[str, Any] = {"stage": listed} if listed in LISTS else {}
    return url_for("followup.index", number=number, **where)
