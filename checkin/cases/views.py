from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.cases import queries, service
from checkin.cases.forms import STATE_NAMES, CaseForm
from checkin.cases.models import DISCARDED
from checkin.db import db
from checkin.errors import DomainError
from checkin.i18n import locale_code

bp = Blueprint("cases", __name__, url_prefix="/cases")
PAGE = 100


def disease_names() -> dict[str, str]:
    """Names of the diseases in today's rules, in the reader's language."""
    key = "name" if locale_code() == "vi" else "name_en"
    return {code: str(rule[key]) for code, rule in context.rules(clock.today())["disease"].items()}


def state_names() -> dict[str, str]:
    """Names of the states, in the reader's language."""
    return {state: str(name) for state, name in STATE_NAMES.items()}


def case_form() -> CaseForm:
    """The form that opens a case, with today's diseases."""
    form = CaseForm()
    form.disease.choices = list(disease_names().items())
    return form


@bp.route("/", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form = case_form()
    if form.validate_on_submit():
        case = service.open_case(db.session(), now=clock.now(), actor=current_user.actor, facts=form.facts())
        db.session.commit()
        flash(gettext("Đã mở ca %(number)s.", number=case.number), "ok")
        return redirect(url_for(".index"))
    cases = queries.newest(db.session(), request.args.get("before", type=int), PAGE)
    return render_template(
        "cases/index.html",
        form=form,
        cases=cases,
        older=cases[-1].seq if len(cases) == PAGE and cases[-1].seq > 1 else None,
        states=STATE_NAMES,
        diseases=disease_names(),
    ), 422 if form.errors else 200


@bp.post("/<number>/state")
def set_state(number: str) -> ResponseReturnValue:
    case = queries.by_number(db.session(), number)
    if case is None:
        abort(404)
    state = request.form.get("state", "")
    if state == DISCARDED and case.person_id and "sure" not in request.form:
        # What a case keeps the store may no longer have: letting go of it cannot be undone.
        return redirect(url_for("casework.show", number=case.number, _anchor="discard"))
    try:
        service.set_state(
            db.session(),
            now=clock.now(),
            actor=current_user.actor,
            case=case,
            state=state,
            rules=context.rules(clock.today()),
        )
    except DomainError as error:
        db.session.rollback()
        if error.reason != "doubled":
            abort(400)
        flash(gettext("Người của ca %(number)s đã là một ca khác đang mở.", number=case.number), "warn")
        return redirect(url_for(".index"))
    db.session.commit()
    flash(gettext("Đã đổi tình trạng ca %(number)s.", number=case.number), "ok")
    return redirect(url_for(".index"))
