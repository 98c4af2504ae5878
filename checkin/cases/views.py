import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.cases import queries, service
from checkin.cases.forms import STATE_NAMES, CaseForm
from checkin.cases.models import DISCARDED
from checkin.cases.queries import Which
from checkin.charts import NARROW, Bar, DrawnBar, bars
from checkin.db import db
from checkin.errors import DomainError
from checkin.i18n import format_moment, locale_code, of_two
from checkin.pagekeys import START, Spot
from checkin.places import queries as places

bp = Blueprint("cases", __name__, url_prefix="/cases")
PAGE = 100
CURVE_DAYS = 28


def disease_names() -> dict[str, str]:
    """Names of the diseases in today's rules, in the reader's language."""
    key = "name" if of_two(locale_code()) == "vi" else "name_en"
    return {code: str(rule[key]) for code, rule in context.rules(clock.today())["disease"].items()}


def state_names() -> dict[str, str]:
    """Names of the states, in the reader's language."""
    return {state: str(name) for state, name in STATE_NAMES.items()}


def case_form() -> CaseForm:
    """The form that opens a case, with today's diseases."""
    form = CaseForm()
    form.disease.choices = list(disease_names().items())
    return form


def communes() -> dict[str, str]:
    """Names of the province's communes, by code."""
    found = places.communes_of(db.session(), context.config().province) or ()
    return {unit.id: unit.full_name for unit in found}


def which_asked(values: Mapping[str, str]) -> Which:
    """Which cases an address or a form asks for; what is no state, disease or commune narrows nothing."""
    state, disease, commune = (values.get(name, "") for name in ("state", "disease", "commune"))
    return Which(
        state if state in STATE_NAMES else "",
        disease if re.fullmatch(r"[a-z0-9-]{1,24}", disease) else "",
        commune if re.fullmatch(r"[0-9]{1,24}", commune) else "",
    )


def which_in_words(which: Which) -> str:
    """The same in the reader's language."""
    words = [
        state_names().get(which.state, which.state),
        disease_names().get(which.disease, which.disease),
        communes().get(which.commune_id, which.commune_id),
    ]
    return ", ".join(filter(None, words)) or gettext("mọi ca")


def _spot(values: Mapping[str, str]) -> Spot:
    """The page of the cases before a number, or after it; the newest for what is none. Numbers say nothing of anybody:
    they stand in the address as they are."""
    for word, back in (("before", False), ("after", True)):
        if re.fullmatch(r"[0-9]{1,12}", number := values.get(word, "")):
            return Spot((0, min(int(number), queries.LARGEST)), back)
    return START


@dataclass(frozen=True)
class Curve:
    """An epidemic curve, as it is drawn broad and narrow; `total` cases in it."""

    disease: str
    total: int
    chart: list[DrawnBar]
    narrow: list[DrawnBar]


def curves(today: date) -> list[Curve]:
    """The epidemic curve of each disease that somebody fell ill of in the last CURVE_DAYS days."""
    days = [today - timedelta(days=back) for back in reversed(range(CURVE_DAYS))]
    names, found = disease_names(), []
    for disease, amounts in queries.by_day(db.session(), days[0], today).items():
        drawn = [Bar(f"{day:%d/%m}", amounts[day], marked=day == today) for day in days]
        found.append(Curve(names.get(disease, disease), amounts.total(), bars(drawn), bars(drawn, NARROW)))
    return found


@bp.route("/", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form = case_form()
    if form.validate_on_submit():
        case = service.open_case(db.session(), now=clock.now(), actor=current_user.actor, facts=form.facts())
        db.session.commit()
        flash(gettext("Đã mở ca %(number)s.", number=case.number), "ok")
        return redirect(url_for(".index"))
    which = which_asked(request.args)
    cases = queries.newest(db.session(), _spot(request.args), PAGE, which)
    asked = {"state": which.state, "disease": which.disease, "commune": which.commune_id}
    return render_template(
        "cases/index.html",
        form=form,
        cases=cases.rows,
        total=queries.count(db.session(), which),
        newer=cases.previous[-1] if cases.previous else None,
        older=cases.following[-1] if cases.following else None,
        states=STATE_NAMES,
        diseases=disease_names(),
        curves=curves(clock.today()),
        curve_days=CURVE_DAYS,
        which=which,
        asked={name: value for name, value in asked.items() if value},
        communes=communes(),
    ), 422 if form.errors else 200


@bp.post("/<number>/state")
def set_state(number: str) -> ResponseReturnValue:
    case = queries.by_number(db.session(), number)
    if case is None:
        abort(404)
    scope.bind(db.session(), case.id)
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
            rules=context.rules(case.rules_on),
            seen=request.form.get("seen", type=int),
            withdraw="withdraw" in request.form,
        )
    except DomainError as error:
        db.session.rollback()
        if error.reason not in ("doubled", "changed"):
            abort(400)
        if error.reason == "changed":
            last = queries.steps(db.session(), case.id)[0]
            text = gettext(
                "%(who)s vừa sửa ca %(number)s lúc %(when)s. Xem lịch sử rồi làm tiếp.",
                who=last.by_name, number=number, when=format_moment(last.at),
            )  # fmt: skip
            flash(text, "warn")
            return redirect(url_for("casefacts.show", number=number, _anchor="history"))
        flash(gettext("Người của ca %(number)s đã là một ca khác đang mở.", number=number), "warn")
        return redirect(url_for(".index"))
    db.session.commit()
    flash(gettext("Đã đổi tình trạng ca %(number)s.", number=case.number), "ok")
    # The page of a case that is none says what everybody still reads about it.
    return redirect(url_for("casework.show", number=number) if state == DISCARDED else url_for(".index"))
