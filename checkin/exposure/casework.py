"""The page of a case: its facts, who it is, what is kept for it, and its lookups. Linking a person who was found."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.audit import refusals
from checkin.casefacts import queries as facts
from checkin.casefacts.windows import rules_of, windows
from checkin.casefacts.words import DETECTED_NAMES, late, opened_before
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.cases.models import KEEPING_STATES, OPEN_STATES, Case
from checkin.cases.spread import Reach, air, days_before, from_places, source_days
from checkin.cases.views import case_form, disease_names, state_names
from checkin.contacts import queries as contacts
from checkin.contacts.words import LIST_NAMES
from checkin.db import db
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.errors import DomainError
from checkin.exposure import fresh, queries, showing
from checkin.exposure.forms import ReasonForm, SourceForm
from checkin.exposure.models import CASE, PERSON, SOURCE, Lookup
from checkin.exposure.ofcase import case_of
from checkin.forms import too_late
from checkin.joins import queries as joins
from checkin.metrics import LOOKUPS
from checkin.people import queries as people
from checkin.places import queries as places

bp = Blueprint("casework", __name__, url_prefix="/cases")


@bp.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    return _page(case_of(number), ReasonForm(), SourceForm())


@bp.post("/<number>/lookup")
def look_up(number: str) -> ResponseReturnValue:
    """Record a lookup by case, and bring what is kept up to date; only then is anything read."""
    case, form = case_of(number), ReasonForm()
    if not form.validate():
        refusals.mark(refusals.PURPOSE)
        return _page(case, form, SourceForm(), 422)
    return _ask(case, form, CASE, windows(db.session(), case, now=clock.now()).forward)


@bp.post("/<number>/source")
def look_up_source(number: str) -> ResponseReturnValue:
    """The same for the source: where the case was when it can have been infected, and which other cases were there."""
    case, form = case_of(number), SourceForm()
    if not form.validate():
        refusals.mark(refusals.PURPOSE)
        return _page(case, ReasonForm(), form, 422)
    return _ask(case, form, SOURCE, windows(db.session(), case, now=clock.now()).source)


def _ask(case: Case, form: ReasonForm, kind: str, window: Reach) -> ResponseReturnValue:
    session, now, actor = db.session(), clock.now(), current_user.actor
    reason = form.reason.data or ""
    try:
        lookup = fresh.ask(session, now=now, actor=actor, case=case, window=window, reason=reason, kind=kind)
    except DomainError:
        flash(gettext("Ca này chưa gắn với người nào."), "warn")
        return redirect(url_for(".show", number=case.number), 303)
    LOOKUPS.labels(kind).inc()
    return redirect(url_for("exposure.show", lookup_id=lookup.id), 303)


@bp.post("/<number>/unlink")
def unlink(number: str) -> ResponseReturnValue:
    case = case_of(number)
    try:
        keeping.unlink(db.session(), now=clock.now(), actor=current_user.actor, case=case)
    except DomainError:
        # Another officer was faster.
        db.session.rollback()
        last = next((step for step in cases.steps(db.session(), case_of(number).id) if step.what == "unlink"), None)
        if last is None:
            abort(400)
        flash(late(last), "warn")
        return redirect(url_for(".show", number=number), 303)
    db.session.commit()
    flash(gettext("Đã gỡ người khỏi ca %(number)s; không giữ lượt nào cho ca này nữa.", number=case.number), "ok")
    return redirect(url_for(".show", number=case.number), 303)


@bp.post("/found/<uuid:lookup_id>")
def link(lookup_id: UUID) -> ResponseReturnValue:
    """Somebody whom a lookup found is its case, or becomes a new one."""
    session = db.session()
    row = queries.lookup(session, lookup_id)
    if row is None or row[0].kind != PERSON:
        abort(404)
    lookup, case = row
    scope.bind(session, queries.purpose(lookup))
    person_id = _found(lookup)
    if case is not None and case.person_id is None and request.form.get("case") == case.number:
        return _linked(lookup, person_id, case)
    form = case_form()
    if "title" in request.form and form.validate():
        return _linked(lookup, person_id, None)
    return _open_page(lookup, person_id)


def _open_page(lookup: Lookup, person_id: UUID, news: str = "") -> ResponseReturnValue:
    """The form of a new case, as it was sent; `news` where another officer was faster."""
    form = case_form()
    if "title" in request.form:
        form.validate()
    known = cases.open_case_of(db.session(), person_id) if news else None
    return render_template(
        "exposure/open_case.html", form=form, lookup=lookup, person_id=person_id, news=news, known=known
    ), 409 if news else 422 if form.errors else 200


def _linked(lookup: Lookup, person_id: UUID, case: Case | None) -> ResponseReturnValue:
    session, now, actor = db.session(), clock.now(), current_user.actor
    how: dict[str, Any] = {"person_id": person_id, "found_by": lookup.number, "rules": context.rules(clock.today())}
    try:
        if case is None:
            case = keeping.open_for(session, now=now, actor=actor, facts=case_form().facts(), **how)
        else:
            keeping.link(session, now=now, actor=actor, case=case, **how | {"rules": rules_of(case)})
    except DomainError as error:
        session.rollback()
        scope.bind(session, queries.purpose(lookup))
        news = _refusal(error.reason, person_id, case)
        if case is None:
            return _open_page(lookup, person_id, news)
        flash(news, "warn")
        return redirect(url_for("exposure.show", lookup_id=lookup.id), 303)
    session.commit()
    flash(gettext("Ca %(number)s đã gắn với người này. Các lượt liên quan được giữ lại.", number=case.number), "ok")
    return redirect(url_for(".show", number=case.number), 303)


def _refusal(reason: str, person_id: UUID, case: Case | None) -> str:
    """Why nobody was linked; where another officer was faster, who that was and when."""
    session = db.session()
    known = cases.open_case_of(session, person_id) if reason == "doubled" else None
    if known is not None:
        return opened_before(known, cases.opened_by(session, known.id))
    if reason == "linked" and case is not None:
        linked = next((step for step in cases.steps(session, case.id) if step.what == "link"), None)
        return late(linked) if linked is not None else too_late()
    if reason == "discarded":
        return str(gettext("Ca này đã loại trừ: đổi tình trạng trước khi gắn người."))
    return str(gettext("Người này đã là một ca đang mở."))


def _found(lookup: Lookup) -> UUID:
    """The person meant, who must be one that the lookup found."""
    meant = request.form.get("person", "")
    matches = people.matching(
        db.session(),
        id_index=lookup.id_index,
        phone_index=lookup.phone_index,
        name_index=lookup.name_index,
        limit=showing.MOST_PEOPLE + 1,
    )
    groups = joins.groups_of(db.session(), [match.person_id for match in matches])
    found = {str(group.main): group.main for group in groups.values()}
    if meant not in found:
        abort(404)
    return found[meant]


def _page(case: Case, form: ReasonForm, source_form: SourceForm, status: int = 200) -> ResponseReturnValue:
    session, rules = db.session(), rules_of(case)
    lookups = queries.of_case(session, case.id)
    found = windows(session, case, now=clock.now())
    return render_template(
        "exposure/casefile.html",
        case=case,
        form=form,
        source_form=source_form,
        kept=cases.kept(session, case.id),
        told=facts.declared_from(session, case.id),
        window=found.forward,
        source=found.source,
        corrected=found.corrected,
        counted=found.counted,
        source_days=source_days(rules, case.disease),
        earliest=found.earliest,
        from_places=from_places(rules, case.disease),
        before=days_before(rules, case.disease),
        air_minutes=round(air(rules, case.disease).total_seconds() / 60),
        days_kept=context.rules(clock.today()).retention_days,
        home=places.names(session, {case.commune_id}).get(case.commune_id) if case.commune_id else None,
        detected_names=DETECTED_NAMES,
        symptom_names=SYMPTOM_NAMES,
        keeping=case.state in KEEPING_STATES,
        is_open=case.state in OPEN_STATES,
        disease=disease_names().get(case.disease, case.disease),
        state=state_names()[case.state],
        counts=contacts.counts(session, case.id, clock.now()),
        list_names=LIST_NAMES,
        lookups=lookups,
        subjects=showing.titles(session, lookups),
    ), status
