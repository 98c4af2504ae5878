"""An F1 as the CDC follows them: days and tests of whom no station looks after, and a case of who is positive."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.casefacts.words import opened_before
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.cases.views import case_form
from checkin.contacts.models import HEALTH, TEST, Contact
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure.ofcase import case_of, contact_of
from checkin.forms import StepForm
from checkin.monitoring import queries, service
from checkin.monitoring.forms import HealthForm, TestForm
from checkin.monitoring.words import refusal, saved

bp = Blueprint("quarantine", __name__, url_prefix="/cases")


@bp.post("/<number>/contacts/<uuid:contact_id>/health")
def health(number: str, contact_id: UUID) -> ResponseReturnValue:
    """How somebody is today."""
    form, contact = HealthForm(), contact_of(case_of(number), contact_id)
    if not form.validate():
        abort(400)
    return _say(number, contact, form, kind=HEALTH, day=clock.today(), said=form.said.data)


@bp.post("/<number>/contacts/<uuid:contact_id>/test")
def test(number: str, contact_id: UUID) -> ResponseReturnValue:
    """A sample that was taken, or what came of it."""
    form, contact = TestForm(), contact_of(case_of(number), contact_id)
    fits = form.validate() and form.check_day(contact.quarantine_from, contact.quarantine_until, clock.today())
    if not fits:
        flash(str((form.taken_on.errors or form.test_said.errors or [""])[0]), "warn")
        return redirect(url_for("followup.show", number=number, contact_id=contact_id), 303)
    return _say(number, contact, form, kind=TEST, day=form.taken_on.data, said=form.test_said.data)


def _say(number: str, contact: Contact, form: StepForm, **said: Any) -> ResponseReturnValue:
    contact_id, session = contact.id, db.session()
    how: dict[str, Any] = {"now": clock.now(), "actor": current_user.actor, "today": clock.today()}
    try:
        service.say(session, contact=contact, seen=form.version, **how, **said)
        session.commit()
        flash(saved(said["said"]), "ok")
    except DomainError as error:
        session.rollback()
        case_of(number)
        flash(refusal(error.reason, queries.history(session, contact_id)), "warn")
    return redirect(url_for("followup.show", number=number, contact_id=contact_id), 303)


@bp.get("/<number>/contacts/<uuid:contact_id>/case")
def new_case(number: str, contact_id: UUID) -> ResponseReturnValue:
    """The form that opens a case of an F1, with what is known filled in."""
    case = case_of(number)
    contact = contact_of(case, contact_id)
    form = case_form()
    checks = queries.checks_of(db.session(), [contact.id])[contact.id]
    form.title.data = gettext("F1 của ca %(number)s", number=case.number)
    form.disease.data = contact.disease
    form.state.data = "confirmed"
    form.sample_on.data = checks.positive.day if checks.positive else None
    return render_template("exposure/contact_case.html", form=form, case=case, contact=contact, known=None)


@bp.post("/<number>/contacts/<uuid:contact_id>/case")
def open_case(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Open a case of an F1: who they are is known, and what is kept for it is frozen."""
    case = case_of(number)
    contact = contact_of(case, contact_id)
    form = case_form()
    if not form.validate():
        return render_template("exposure/contact_case.html", form=form, case=case, contact=contact, known=None), 422
    session = db.session()
    try:
        made = keeping.open_for(
            session,
            now=clock.now(),
            actor=current_user.actor,
            facts=form.facts(),
            person_id=contact.person_id,
            found_by=case.number,
            rules=context.rules(clock.today()),
        )
        session.commit()
    except DomainError:
        session.rollback()
        case = case_of(number)
        contact = contact_of(case, contact_id)
        known = cases.open_case_of(session, contact.person_id)
        news = opened_before(known, cases.opened_by(session, known.id)) if known else ""
        shown = {"form": form, "case": case, "contact": contact, "known": known, "news": news}
        return render_template("exposure/contact_case.html", **shown), 409
    flash(gettext("Ca %(number)s đã gắn với người này. Các lượt liên quan được giữ lại.", number=made.number), "ok")
    return redirect(url_for("casework.show", number=made.number), 303)
