"""The people near an F1: who they are, one more whom the F1 names, and those who may be."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, pagekeys
from checkin.cases import service as keeping
from checkin.cases.models import Case
from checkin.contacts.judging import F1
from checkin.contacts.models import Contact
from checkin.contacts.words import STAGE_NAMES, WORDS, opened
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure.ofcase import case_of, commune_names, contact_of, read, say_given
from checkin.ids import is_id
from checkin.nearby import queries, service
from checkin.nearby.forms import NearForm
from checkin.nearby.suggesting import Around, around, given, suggested
from checkin.web import limiter

bp = Blueprint("nearby", __name__, url_prefix="/cases")

PAGE = 50


@bp.get("/<number>/contacts/<uuid:contact_id>/near")
def index(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Those who were near somebody; the reading is on record before a name is opened."""
    return _page(number, contact_id, NearForm(formdata=None))


@bp.post("/<number>/contacts/<uuid:contact_id>/near")
@limiter.limit("600 per hour")
def name(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Somebody whom the F1 names."""
    form, session, now = NearForm(), db.session(), clock.now()
    case_of(number)
    entry = form.entry()
    if not form.validate() or not form.fits(entry):
        return _page(number, contact_id, form, status=422)
    session.rollback()
    # Contacts go when the case lets go: nobody lets go of it between what is read here and what is written.
    keeping.lock_kept(session)
    case = case_of(number)
    try:
        contact, new = service.name(
            session,
            context.vault(),
            now=now,
            actor=current_user.actor,
            case=case,
            f1=contact_of(case, contact_id),
            entry=entry,
            relation=form.relation.data or "",
            rules=context.rules(clock.today()),
        )
    except DomainError as error:
        session.rollback()
        if error.reason == "stage":
            return _page(number, contact_id, form, late=_no_f1(), status=409)
        form.refuse(error.reason)
        return _page(number, contact_id, form, status=422)
    stage, station = STAGE_NAMES[contact.stage], contact.commune_id
    session.commit()
    if not new:
        flash(gettext("Người này đã có trong ca, không ghi lần nữa. Bây giờ: %(stage)s.", stage=stage), "ok")
    elif station:
        flash(gettext("Đã ghi là F2 và giao cho trạm y tế nơi ở."), "ok")
    else:
        flash(gettext("Đã ghi là F2. Không rõ nơi ở trong tỉnh: CDC gọi, ở danh sách “Ngoài tỉnh”."), "warn")
    return redirect(url_for(".index", number=number, contact_id=contact_id), 303)


@bp.post("/<number>/contacts/<uuid:contact_id>/near/offered")
@limiter.limit("600 per hour")
def add(number: str, contact_id: UUID) -> ResponseReturnValue:
    """Make those F2s whom an officer ticked among the people offered."""
    session, vault, now, rules = db.session(), context.vault(), clock.now(), context.rules(clock.today())
    contact_of(case_of(number), contact_id)
    back = redirect(url_for(".index", number=number, contact_id=contact_id), 303)
    meant = {UUID(one) for one in request.form.getlist("person") if is_id(one)}
    if not meant:
        flash(gettext("Chưa chọn ai: đánh dấu người là F2."), "warn")
        return back
    session.rollback()
    keeping.lock_kept(session)
    case = case_of(number)
    f1 = contact_of(case, contact_id)
    offered = around(session, vault, case=case, f1=f1, now=now, rules=rules)
    people = given(session, vault, offered, meant, case=case, f1=f1, now=now, communes=commune_names())
    try:
        done = service.add(
            session, vault, now=now, actor=current_user.actor, case=case, f1=f1, people=people, rules=rules
        )
    except DomainError:
        session.rollback()
        return _page(number, contact_id, NearForm(formdata=None), late=_no_f1(), status=409)
    session.commit()
    say_given(done)
    if len(people) < len(meant):
        flash(gettext("Có người không còn trong danh sách này; những người khác vẫn được thêm."), "warn")
    return back


def _no_f1() -> str:
    return str(gettext("Người này bây giờ không phải F1: chưa ghi ai."))


def _page(number: str, contact_id: UUID, form: NearForm, *, late: str = "", status: int = 200) -> ResponseReturnValue:
    session, vault, now = db.session(), context.vault(), clock.now()
    case = case_of(number)
    name = f"near {contact_id}"
    spot = pagekeys.asked(vault, name, queries.SHAPE, request.args)
    near = queries.near_page(session, contact_id, spot, limit=PAGE)
    names = len(near.rows) + len(_around(case, contact_of(case, contact_id)).offers)
    case = read(number, 1 + names)
    contact = contact_of(case, contact_id)
    offered, near = _around(case, contact), queries.near_page(session, contact_id, spot, limit=PAGE)
    return render_template(
        "nearby/index.html",
        case=case,
        f1=opened(vault, contact),
        naming=contact.stage == F1,
        lines=[opened(vault, one) for one in near.rows],
        beside=pagekeys.words(vault, name, near),
        offered=offered,
        people=suggested(session, vault, offered.offers, case=case, now=now),
        form=form,
        communes=commune_names(),
        now=now,
        late=late,
        **WORDS,
    ), status


def _around(case: Case, f1: Contact) -> Around:
    rules = context.rules(clock.today())
    return around(db.session(), context.vault(), case=case, f1=f1, now=clock.now(), rules=rules)
