"""Whom the CDC gave to the station to call, since they were at the same place as a case; never who that is."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, notes
from checkin.contacts import passing, queries, service
from checkin.contacts.asking import script_for, script_of_f2
from checkin.contacts.forms import BackForm, CallForm, RaiseForm, call_form
from checkin.contacts.judging import F1, F2
from checkin.contacts.models import Contact
from checkin.contacts.words import STAGE_NAMES, WORDS, late, opened, told
from checkin.db import db, set_read_only
from checkin.errors import DomainError
from checkin.exposure import reasons
from checkin.exposure.ofcase import commune_names
from checkin.forms import StepForm
from checkin.i18n import locale_code, of_two
from checkin.monitoring import queries as monitoring
from checkin.monitoring.forms import TestForm
from checkin.monitoring.today import today_of
from checkin.monitoring.words import WORDS as DAY_WORDS
from checkin.stations.showing import contact_of, gone, record

bp = Blueprint("station_contacts", __name__, url_prefix="/station/contacts")
bp.register_error_handler(404, gone)


@bp.get("/<uuid:contact_id>")
def show(contact_id: UUID) -> ResponseReturnValue:
    return _page(contact_id)


@bp.post("/<uuid:contact_id>/take")
def take(contact_id: UUID) -> ResponseReturnValue:
    return _act(contact_id, StepForm(), service.take, gettext("Bạn nhận gọi người này. Đồng nghiệp thấy ngay."))


@bp.post("/<uuid:contact_id>/let-go")
def let_go(contact_id: UUID) -> ResponseReturnValue:
    return _act(contact_id, StepForm(), service.let_go, gettext("Đã thôi nhận. Người khác gọi được."))


@bp.post("/<uuid:contact_id>/call")
def call(contact_id: UUID) -> ResponseReturnValue:
    """Note how a call went and what was answered."""
    form = call_form(_asked(contact_of(contact_id)))
    if not form.validate():
        return _page(contact_id, form=form, status=422)
    news: list[str] = []

    def act(session: Any, **more: Any) -> None:
        stage = service.called(
            session,
            context.vault(),
            result=form.result.data,
            answers=form.answers,
            note=form.note.data or "",
            rules=context.rules(clock.today()),
            **more,
        )
        news.append(gettext("Đã ghi cuộc gọi. Bây giờ: %(stage)s.", stage=STAGE_NAMES[stage]))

    return _act(contact_id, form, act, "", news=news, form=form)


@bp.post("/<uuid:contact_id>/raise")
def go_further(contact_id: UUID) -> ResponseReturnValue:
    """Go further with somebody who refuses."""
    form = RaiseForm()
    if not form.validate():
        return _page(contact_id, raise_form=form, status=422)
    act = partial(
        service.raise_refusal,
        vault=context.vault(),
        to=form.to.data,
        note=form.raise_note.data or "",
        rules=context.rules(clock.today()),
    )
    return _act(contact_id, form, act, gettext("Đã ghi. CDC thấy ngay."), raise_form=form)


@bp.post("/<uuid:contact_id>/back")
def give_back(contact_id: UUID) -> ResponseReturnValue:
    """Somebody who is none of this commune's: the CDC gives them to another station."""
    form = BackForm()
    if not form.validate():
        return _page(contact_id, back_form=form, status=422)
    act = partial(passing.give_back, vault=context.vault(), note=form.back_note.data or "")
    return _act(
        contact_id, form, act, gettext("Đã trả lại CDC. Người này không còn trong danh sách của trạm."), back_form=form
    )


def _act(
    contact_id: UUID, seen: StepForm, act: Callable[..., None], done: str, *, news: Any = (), **kept: Any
) -> ResponseReturnValue:
    """Do it on what the officer saw; where somebody was faster, the page says so and keeps what was typed."""
    session, contact = db.session(), contact_of(contact_id)
    try:
        if contact.version != seen.version:
            raise DomainError("changed")
        act(session, now=clock.now(), actor=current_user.actor, contact=contact)
        session.commit()
    except DomainError as error:
        session.rollback()
        if error.reason in ("free", "refused"):
            flash(gettext("Không làm được việc này lúc này."), "warn")
            return redirect(url_for(".show", contact_id=contact_id), 303)
        last = late(queries.steps(session, contact_id), officers=False)
        return _page(contact_id, late=last, status=409, **kept)
    flash(done or news[0], "ok")
    return redirect(url_for(".show", contact_id=contact_id), 303)


def _asked(contact: Contact) -> tuple[str, ...]:
    return service.asked_of(contact, context.rules(clock.today()))


def _page(
    contact_id: UUID,
    *,
    form: CallForm | None = None,
    raise_form: RaiseForm | None = None,
    back_form: BackForm | None = None,
    late: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """The page of somebody; the reading is on record before the name is opened."""
    contact_of(contact_id)
    record(clock.now(), 1)
    set_read_only(True)
    session, vault, contact = db.session(), context.vault(), contact_of(contact_id)
    rules, vietnamese = context.rules(clock.today()), of_two(locale_code()) == "vi"
    line = opened(vault, contact)
    facts, communes = reasons.kept(line.why), commune_names()
    return render_template(
        "stations/contact.html",
        line=line,
        why=reasons.in_words(facts) if facts else None,
        band_names=reasons.BAND_NAMES,
        steps=[
            (step, notes.opened(vault, step.note), told(step, communes)) for step in queries.steps(session, contact_id)
        ],
        form=form or call_form(_asked(contact), formdata=None),
        raise_form=raise_form or RaiseForm(formdata=None),
        back_form=back_form or BackForm(formdata=None),
        with_cdc=passing.with_cdc(contact),
        script=script_of_f2(rules["contacts"], vietnamese=vietnamese)
        if contact.stage == F2
        else script_for(rules["followup"], contact.disease, vietnamese=vietnamese),
        mine=contact.taken_by == current_user.id,
        overdue=contact.due_at < clock.now(),
        watched=today_of(contact) if contact.stage == F1 else None,
        checks=monitoring.history(session, contact_id),
        test_form=TestForm(formdata=None),
        late=late,
        **WORDS,
        **DAY_WORDS,
    ), status
