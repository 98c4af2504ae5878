"""From the people of a lookup by case to calls: who is given to which station, and what came of it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock, context, notes, pagekeys, scope
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.contacts import passing, service
from checkin.contacts import queries as contacts
from checkin.contacts.asking import script_for, script_of_f2
from checkin.contacts.forms import CallForm, DecisionForm, GiveForm, RaiseForm, TakeBackForm, call_form
from checkin.contacts.judging import F1, F2
from checkin.contacts.models import Contact
from checkin.contacts.queries import LISTS
from checkin.contacts.words import LIST_NAMES, STAGE_NAMES, WORDS, late, opened, told
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure import queries, reasons
from checkin.exposure.contacting import Contacting
from checkin.exposure.giving import MOST_GIVEN, given, still_to_give
from checkin.exposure.models import CASE
from checkin.exposure.ofcase import case_of, commune_names, contact_of, read, say_given
from checkin.exposure.scored import Cut
from checkin.exposure.showing import PAGE
from checkin.forms import StepForm
from checkin.i18n import locale_code, of_two
from checkin.ids import is_id
from checkin.monitoring import queries as monitoring
from checkin.monitoring.forms import TestForm
from checkin.monitoring.today import plan, today_of
from checkin.monitoring.words import WORDS as DAY_WORDS
from checkin.places import queries as places

bp = Blueprint("followup", __name__, url_prefix="/cases")
# More pages than any case has contacts for.
MOST_PAGES = 10_000


@bp.post("/assign/<uuid:lookup_id>")
def assign(lookup_id: UUID) -> ResponseReturnValue:
    """Have the people ticked called by their stations. Calls alone: nobody becomes an F1 of many at once."""
    session = db.session()
    row = queries.lookup(session, lookup_id)
    lookup, case = row or (None, None)
    if lookup is None or case is None or lookup.kind != CASE:
        abort(404)
    page = max(1, min(request.form.get("page", 1, type=int), MOST_PAGES))
    cut = Cut.of(request.form)
    if not cut.known:
        abort(404)
    where: dict[str, Any] = cut.parts
    back = redirect(url_for("exposure.show", lookup_id=lookup_id, page=page, **where), 303)
    meant = {UUID(one) for one in request.form.getlist("shown" if "all" in request.form else "person") if is_id(one)}
    whole, left = "whole" in request.form, 0
    if not (meant or whole):
        flash(gettext("Chưa chọn ai: đánh dấu người cần gọi, hoặc chọn cả trang."), "warn")
        return back
    scope.bind(session, queries.purpose(lookup))
    # Contacts go when the case lets go: nobody lets go of it between what is read here and what is written.
    keeping.lock_kept(session)
    session.refresh(case)
    found = Contacting(session, lookup, case, cut)
    if found.from_places or not found.known:
        abort(404)  # who was exposed to the same source is no contact of the case
    if whole:
        to_give = still_to_give(session, found)
        meant, left = set(to_give[:MOST_GIVEN]), len(to_give[MOST_GIVEN:])
    people = given(session, context.vault(), found, meant, first=(page - 1) * PAGE)
    if len(people) < len(meant):
        flash(gettext("Có người không còn trong danh sách này; những người khác vẫn được giao."), "warn")
    result = service.assign(
        session,
        context.vault(),
        now=clock.now(),
        actor=current_user.actor,
        case=case,
        people=people,
        rules=context.rules(clock.today()),
    )
    session.commit()
    if left:
        flash(gettext("Còn %(count)s người của phần này: giao lần nữa để giao tiếp.", count=left), "warn")
    if whole and not meant:
        flash(gettext("Mọi người của phần này đã được giao."), "ok")
    say_given(result)
    return back


@bp.get("/<number>/contacts")
def index(number: str) -> ResponseReturnValue:
    """The contacts of a case at a stage; the reading is on record before a name is opened."""
    which = request.args.get("stage", "call")
    if which not in LISTS:
        abort(404)
    case, session, vault = case_of(number), db.session(), context.vault()
    name = f"contacts {case.id} {which}"
    spot = pagekeys.asked(vault, name, contacts.SHAPE, request.args)
    leaf = contacts.of_case(session, case.id, which, spot, limit=PAGE)
    if leaf.rows:
        case = read(number, len(leaf.rows))
        leaf = contacts.of_case(session, case.id, which, spot, limit=PAGE)
    shown = leaf.rows
    checks = monitoring.checks_of(session, [one.id for one in shown]) if which == F1 else {}
    lines = [opened(vault, contact) for contact in shown]
    return render_template(
        "exposure/contacts.html",
        days={
            one.id: monitoring.watched(one, checks[one.id], plan(), clock.today()) for one in shown if one.id in checks
        },
        case=case,
        became=cases.open_cases_of(session, [contact.person_id for contact in shown]),
        which=which,
        lines=lines,
        why={line.contact.id: reasons.in_words(facts) for line in lines if (facts := reasons.kept(line.why))},
        band_names=reasons.BAND_NAMES,
        counts=contacts.counts(session, case.id, clock.now()),
        beside=pagekeys.words(vault, name, leaf),
        here=pagekeys.here(request.args),
        now=clock.now(),
        communes=commune_names(),
        home_province=context.config().province,
        provinces={unit.id: unit.full_name for unit in places.provinces(session) or ()},
        list_names=LIST_NAMES,
        **WORDS,
        **DAY_WORDS,
    )


@bp.get("/<number>/contacts/<uuid:contact_id>")
def show(number: str, contact_id: UUID) -> ResponseReturnValue:
    return _page(number, contact_id)


@bp.post("/<number>/contacts/<uuid:contact_id>/call")
def call(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Note a call of the CDC's own: whom no station calls, or who called back."""
    case = case_of(number)
    form = call_form(service.asked_of(contact_of(case, contact_id), context.rules(clock.today())))
    if not form.validate():
        return _page(number, contact_id, calling=form, status=422)
    said = {"result": form.result.data, "answers": form.answers, "note": form.note.data or ""}
    return _act(number, contact_id, form, service.called, said, calling=form)


@bp.post("/<number>/contacts/<uuid:contact_id>/decide")
def decide(number: str, contact_id: UUID) -> ResponseReturnValue:
    """An officer says what somebody is, and signs for it."""
    form = DecisionForm()
    if not form.validate():
        return _page(number, contact_id, decision_form=form, status=422)
    said = {"stage": form.stage.data, "reason": form.reason.data or ""}
    return _act(number, contact_id, form, service.decide, said, decision_form=form)


@bp.post("/<number>/contacts/<uuid:contact_id>/raise")
def go_further(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Go further with somebody who refuses."""
    form = RaiseForm()
    if not form.validate():
        return _page(number, contact_id, raise_form=form, status=422)
    said = {"to": form.to.data, "note": form.raise_note.data or ""}
    return _act(number, contact_id, form, service.raise_refusal, said, raise_form=form)


@bp.post("/<number>/contacts/<uuid:contact_id>/give")
def give(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Give somebody to a station by hand, whose commune nobody knew or who is given to another one."""
    communes = commune_names()
    form = GiveForm.of(communes)
    case_of(number)
    if not form.validate():
        return _page(number, contact_id, give_form=form, status=422)
    # As for many at once: the case does not let go of them meanwhile.
    keeping.lock_kept(db.session())
    said = {"commune_id": form.to.data, "communes": communes, "note": form.give_note.data or ""}
    return _act(number, contact_id, form, passing.give, said, give_form=form)


@bp.post("/<number>/contacts/<uuid:contact_id>/back")
def take_back(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Take somebody from the station that has them."""
    form = TakeBackForm()
    case_of(number)
    if not form.validate():
        return _page(number, contact_id, back_form=form, status=422)

    def act(*args: Any, rules: Any, **how: Any) -> None:
        passing.take_back(*args, **how)

    return _act(number, contact_id, form, act, {"note": form.back_note.data or ""}, back_form=form)


def _act(
    number: str, contact_id: UUID, seen: StepForm, act: Any, said: dict[str, Any], **kept: Any
) -> ResponseReturnValue:
    session, contact = db.session(), contact_of(case_of(number), contact_id)
    try:
        if contact.version != seen.version:
            raise DomainError("changed")
        how = {"now": clock.now(), "actor": current_user.actor, "rules": context.rules(clock.today())}
        act(session, context.vault(), contact=contact, **how, **said)
        session.commit()
    except DomainError as error:
        session.rollback()
        if isinstance(seen, GiveForm) and seen.refuse(error.reason):
            return _page(number, contact_id, status=422, **kept)
        case_of(number)
        return _page(number, contact_id, late=late(contacts.steps(session, contact_id)), status=409, **kept)
    stage = contact_of(case_of(number), contact_id).stage
    flash(gettext("Đã ghi. Bây giờ: %(stage)s.", stage=STAGE_NAMES[stage]), "ok")
    return redirect(url_for(".show", number=number, contact_id=contact_id), 303)


def _page(
    number: str,
    contact_id: UUID,
    *,
    calling: CallForm | None = None,
    raise_form: RaiseForm | None = None,
    decision_form: DecisionForm | None = None,
    give_form: GiveForm | None = None,
    back_form: TakeBackForm | None = None,
    late: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    session, vault = db.session(), context.vault()
    contact = contact_of(case_of(number), contact_id)
    case = read(number, 1 + len(_f1s(session, contact)))
    contact = contact_of(case, contact_id)
    rules, vietnamese = context.rules(clock.today()), of_two(locale_code()) == "vi"
    others = contacts.others_of(session, contact)
    steps = [step for one in (contact, *others) for step in contacts.steps(session, one.id)]
    steps.sort(key=lambda step: (step.at, step.contact_id, step.number))
    communes, line, f1s = commune_names(), opened(vault, contact), _f1s(session, contact)
    # The stations of their F1s, now and when these named people: an F1 changes hands, and what a station wrote stays.
    near = {one.commune_id for one in f1s} | contacts.named_to(session, case.id, [contact.person_id])[contact.person_id]
    return render_template(
        "exposure/contact.html",
        case=case,
        line=line,
        why=reasons.in_words(facts) if (facts := reasons.kept(line.why)) else None,
        band_names=reasons.BAND_NAMES,
        became=cases.open_case_of(session, contact.person_id),
        others=[opened(vault, one) for one in others],
        f1s=[opened(vault, one) for one in f1s],
        namers=[one for one in communes if one in near],
        steps=[(step, notes.opened(vault, step.note), told(step, communes)) for step in steps],
        call_form=calling or call_form(service.asked_of(contact, rules), formdata=None),
        script=script_of_f2(rules["contacts"], vietnamese=vietnamese)
        if contact.stage == F2
        else script_for(rules["followup"], contact.disease, vietnamese=vietnamese),
        raise_form=raise_form or RaiseForm(formdata=None),
        watched=today_of(contact) if contact.stage == F1 else None,
        checks=monitoring.history(session, contact.id),
        test_form=TestForm(formdata=None),
        decision_form=decision_form or DecisionForm(formdata=None),
        give_form=give_form or GiveForm.of(communes, sent=False),
        back_form=back_form or TakeBackForm(formdata=None),
        with_cdc=passing.with_cdc(contact),
        overdue=contact.due_at < clock.now(),
        communes=communes,
        late=late,
        **WORDS,
        **DAY_WORDS,
    ), status


def _f1s(session: Session, contact: Contact) -> list[Contact]:
    """The F1s that somebody was near, under whichever of those that were joined."""
    return contacts.f1s_of(session, [contact.id, *(one.id for one in contacts.others_of(session, contact))])
