"""Today's F1s of the station: how each is, by one tap, and tests that are due."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock, context
from checkin.contacts import queries as contacts
from checkin.contacts.models import HEALTH, TEST, Contact
from checkin.contacts.words import opened
from checkin.db import db, set_read_only
from checkin.errors import DomainError
from checkin.forms import StepForm
from checkin.monitoring import queries, service
from checkin.monitoring.forms import HealthForm, TestForm
from checkin.monitoring.today import plan
from checkin.monitoring.words import WORDS, refusal, saved
from checkin.stations.showing import commune_name, contact_of, record

bp = Blueprint("station_quarantine", __name__, url_prefix="/station/quarantine")
# On a page; and more than any commune has at once.
PAGE, MOST = 50, 2000
SHOWN = ("", "tests", "unseen", "ill")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Those in quarantine today, whoever is ill first; the reading is on record before a name is opened."""
    only = request.args.get("show", "")
    if only not in SHOWN:
        abort(404)
    session, today, how = db.session(), clock.today(), plan()
    found = queries.in_quarantine(session, today, most=MOST)
    checks = queries.checks_of(session, [one.id for one in found])
    every = sorted((queries.watched(one, checks[one.id], how, today) for one in found), key=lambda one: one.order)
    lists: dict[str, list[Any]] = {
        "": every,
        "tests": [one for one in every if one.due],
        "unseen": [one for one in every if one.said is None],
        "ill": [one for one in every if one.ill or one.checks.positive],
    }
    pages = max(1, -(-len(lists[only]) // PAGE))
    # After a tap in a list that grows shorter by it, the last page may be gone.
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    shown = lists[only][(page - 1) * PAGE : page * PAGE]
    if shown:
        record(clock.now(), len(shown))
        set_read_only(True)
    theirs = {one.id: one for one in contacts.some(session, [one.contact.id for one in shown])}
    return render_template(
        "stations/quarantine.html",
        commune=commune_name(),
        lines=[(one, opened(context.vault(), theirs[one.contact.id])) for one in shown if one.contact.id in theirs],
        page=page,
        pages=pages,
        counts={name: len(these) for name, these in lists.items()},
        only=only,
        test_form=TestForm(formdata=None),
        **WORDS,
    )


@bp.post("/<uuid:contact_id>/health")
def health(contact_id: UUID) -> ResponseReturnValue:
    """How somebody is today."""
    form, contact = HealthForm(), contact_of(contact_id)
    if not form.validate():
        abort(400)
    return _say(contact, form, kind=HEALTH, day=clock.today(), said=form.said.data)


@bp.post("/<uuid:contact_id>/test")
def test(contact_id: UUID) -> ResponseReturnValue:
    """A sample that was taken, or what came of it."""
    form, contact = TestForm(), contact_of(contact_id)
    fits = form.validate() and form.check_day(contact.quarantine_from, contact.quarantine_until, clock.today())
    if not fits:
        flash(str((form.taken_on.errors or form.test_said.errors or [""])[0]), "warn")
        return redirect(url_for("station_contacts.show", contact_id=contact_id), 303)
    return _say(contact, form, kind=TEST, day=form.taken_on.data, said=form.test_said.data)


def _say(contact: Contact, form: StepForm, **said: Any) -> ResponseReturnValue:
    """Note it on what the officer saw, and go back to where they came from."""
    contact_id, session = contact.id, db.session()
    try:
        service.say(
            session,
            now=clock.now(),
            actor=current_user.actor,
            contact=contact,
            seen=form.version,
            today=clock.today(),
            **said,
        )
        session.commit()
        flash(saved(said["said"]), "ok")
    except DomainError as error:
        session.rollback()
        flash(refusal(error.reason, queries.history(session, contact_id), officers=False), "warn")
    if request.form.get("from") == "list":
        kept = {name: request.args.get(name) or None for name in ("show", "page")}
        return redirect(url_for(".index", **kept), 303)  # type: ignore[arg-type]
    return redirect(url_for("station_contacts.show", contact_id=contact_id), 303)
