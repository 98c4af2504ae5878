"""What is known of a case, as officers change it; its windows put right; what was done to it, by whom."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.casefacts import service, words
from checkin.casefacts.forms import FactsForm, WindowForm
from checkin.casefacts.windows import rules_of, windows
from checkin.casefacts.words import DETECTED_NAMES, STEP_NAMES, WINDOW_NAMES, changes
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.cases.models import FORWARD, SOURCE, Case
from checkin.cases.spread import days_before
from checkin.cases.views import communes, disease_names
from checkin.db import db
from checkin.errors import DomainError
from checkin.forms import StepForm
from checkin.i18n import format_moment

bp = Blueprint("casefacts", __name__, url_prefix="/cases")


@bp.get("/<number>/facts")
def show(number: str) -> ResponseReturnValue:
    return _page(_case(number))


@bp.post("/<number>/facts")
def change(number: str) -> ResponseReturnValue:
    case = _case(number)
    form = _facts_form(case)
    if not form.validate():
        return _page(case, facts_form=form, status=422)
    return _done(case, lambda: _change(case, form), facts_form=form)


def _change(case: Case, form: FactsForm) -> str:
    session, disease, seen = db.session(), case.disease, form.version
    how: dict[str, Any] = {"now": clock.now(), "actor": current_user.actor, "case": case}
    # First what takes contacts along, then what only the log hears of: who works on a contact has it, then the log.
    restated = form.state.data != case.state
    if restated:
        keeping.set_state(session, state=form.state.data, seen=seen, rules=rules_of(case), **how)
        seen = case.version
    changed = service.change(session, seen=seen, facts=form.facts(), **how)
    if disease != case.disease:
        keeping.freeze(session, rules=rules_of(case), **how)  # another one can stay in the air for longer
    elif not changed and not restated:
        return str(gettext("Không có gì thay đổi."))
    return str(gettext("Đã ghi."))


@bp.post("/<number>/window/<any(forward,source):what>")
def correct(number: str, what: str) -> ResponseReturnValue:
    case, form = _case(number), WindowForm(what)
    if not (form.validate() and form.check(clock.now())):
        return _page(case, window_forms={what: form}, status=422)

    def act() -> str:
        service.correct(
            db.session(), now=clock.now(), actor=current_user.actor, case=case, seen=form.version, which=what,
            start=form.start.moment, end=form.end.moment, reason=form.reason.data or "",
        )  # fmt: skip
        return str(gettext("Đã sửa khoảng truy vết. Lần tra cứu sau dùng khoảng này."))

    return _done(case, act, window_forms={what: form})


@bp.post("/<number>/window/<any(forward,source):what>/back")
def take_back(number: str, what: str) -> ResponseReturnValue:
    case, form = _case(number), StepForm()

    def act() -> str:
        how: dict[str, Any] = {"now": clock.now(), "actor": current_user.actor, "case": case, "seen": form.version}
        service.take_back(db.session(), which=what, **how)
        return str(gettext("Khoảng truy vết lại như quy tắc tính."))

    return _done(case, act)


@bp.post("/<number>/rules")
def count_anew(number: str) -> ResponseReturnValue:
    case, form = _case(number), StepForm()

    def act() -> str:
        session, now, actor = db.session(), clock.now(), current_user.actor
        service.count_anew(session, now=now, actor=actor, case=case, seen=form.version, today=clock.today())
        keeping.freeze(session, now=now, actor=actor, case=case, rules=rules_of(case))
        return str(gettext("Ca này từ đây tính theo quy tắc hôm nay."))

    return _done(case, act)


@bp.post("/<number>/interviewed")
def interviewed(number: str) -> ResponseReturnValue:
    case = _case(number)

    def act() -> str:
        keeping.hold(db.session(), case)
        if service.interviewed(db.session(), now=clock.now(), actor=current_user.actor, case=case):
            return str(gettext("Đã ghi: ca này đã được phỏng vấn."))
        who, when = case.interviewed_by_name or "", case.interviewed_at
        text = gettext("Ca này đã được ghi là phỏng vấn trước đó: %(who)s, %(when)s.", who=who, when=_shown(when))
        return str(text)

    return _done(case, act, back="casework.show")


def _done(case: Case, act: Any, *, back: str = ".show", **typed: Any) -> ResponseReturnValue:
    """Do it and commit; where somebody else was first, the page with what they did and what was typed here."""
    number = case.number
    try:
        text = act()
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        case = _case(number)
        if error.reason == "doubled":
            late = str(gettext("Người của ca này đã là một ca khác đang mở: không mở lại được."))
        else:
            late = words.late(cases.steps(db.session(), case.id)[0], _names())
        return _page(case, late=late, status=409, **typed)
    flash(text, "ok")
    return redirect(url_for(back, number=number), 303)


def _case(number: str) -> Case:
    case = cases.by_number(db.session(), number)
    if case is None:
        abort(404)
    scope.bind(db.session(), case.id)
    return case


def _shown(moment: datetime | None) -> str:
    return format_moment(moment) if moment else ""


def _names() -> dict[str, Any]:
    """How values of facts are called."""
    return {"commune_id": communes(), "disease": disease_names(), "detected": DETECTED_NAMES}


def _facts_form(case: Case, *, sent: bool = True) -> FactsForm:
    before = days_before(rules_of(case), case.disease)
    return FactsForm.of(case, disease_names(), communes(), before, sent=sent)


def _page(
    case: Case,
    *,
    facts_form: FactsForm | None = None,
    window_forms: dict[str, WindowForm] | None = None,
    late: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    session = db.session()
    found = windows(session, case, now=clock.now())
    forms = {}
    for which in (FORWARD, SOURCE):
        form = (window_forms or {}).get(which)
        if form is None:
            form = WindowForm(which, formdata=None)
            known = found.corrected.get(which)
            if known:
                form.fill(known.start, known.end)
        forms[which] = form
    names = _names()
    today = context.rules(clock.today())
    return render_template(
        "casefacts/facts.html",
        case=case,
        form=facts_form or _facts_form(case, sent=False),
        windows=found,
        window_forms=forms,
        window_names=WINDOW_NAMES,
        newer=rules_of(case)["disease"] != today["disease"],
        steps=[
            (step, STEP_NAMES.get(step.what, step.what), changes(step, names)) for step in cases.steps(session, case.id)
        ],
        late=late,
    ), status
