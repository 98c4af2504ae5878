from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.cases import queries, service
from checkin.cases.forms import STATE_NAMES, CaseForm
from checkin.db import db
from checkin.errors import DomainError
from checkin.i18n import locale_code

bp = Blueprint("cases", __name__, url_prefix="/cases")
PAGE = 100


def disease_names() -> dict[str, str]:
    """Names of the diseases in today's rules, in the reader's language."""
    key = "name" if locale_code() == "vi" else "name_en"
    return {code: str(rule[key]) for code, rule in context.rules(clock.today())["disease"].items()}


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
    try:
        service.set_state(
            db.session(),
            now=clock.now(),
            actor=current_user.actor,
            case=case,
            state=request.form.get("state", ""),
        )
    except DomainError:
        abort(400)
    db.session.commit()
    flash(gettext("Đã đổi tình trạng ca %(number)s.", number=case.number), "ok")
    return redirect(url_for(".index"))
