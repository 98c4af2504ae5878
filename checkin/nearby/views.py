"""The people near an F1: who they are, and one more whom the F1 names."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.cases import service as keeping
from checkin.contactlists.entries import Entry, judge
from checkin.contactlists.words import FAULTS
from checkin.contacts.judging import F1
from checkin.contacts.words import STAGE_NAMES, WORDS, opened
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure.ofcase import case_of, commune_names, contact_of, read
from checkin.nearby import queries, service
from checkin.nearby.forms import TOLD, NearForm
from checkin.web import limiter

bp = Blueprint("nearby", __name__, url_prefix="/cases")


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
    entry = _entry(form)
    if not form.validate() or not _fits(form, entry):
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
            late = gettext("Người này bây giờ không phải F1: chưa ghi ai.")
            return _page(number, contact_id, form, late=late, status=409)
        if error.reason == "early":
            form.met_on.errors = [gettext("Lúc đó người này chưa thể lây cho ai: xem lại ngày.")]
        else:
            form.full_name.errors = [gettext("Đây chính là F1 này.")]
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


def _entry(form: NearForm) -> Entry:
    told = {field: form[field].data or "" for field in TOLD}
    return judge(told, province=context.config().province, today=clock.today())


def _fits(form: NearForm, entry: Entry) -> bool:
    """What is wrong with what was typed, beside its field."""
    for fault in entry.faults:
        field = "phone" if "phone" in fault else "met_on" if "met_on" in fault else "full_name"
        text = str(FAULTS[fault])
        form[field].errors = [f"{text[:1].upper()}{text[1:]}."]
    if "birth_year" in entry.notes:
        form.birth_year.errors = [gettext("Ghi năm sinh bốn chữ số, ví dụ 1980.")]
    return not form.errors


def _page(number: str, contact_id: UUID, form: NearForm, *, late: str = "", status: int = 200) -> ResponseReturnValue:
    case, session, vault = case_of(number), db.session(), context.vault()
    contact_of(case, contact_id)
    case = read(number, 1 + len(queries.near(session, contact_id)))
    contact = contact_of(case, contact_id)
    return render_template(
        "nearby/index.html",
        case=case,
        f1=opened(vault, contact),
        naming=contact.stage == F1,
        lines=[opened(vault, one) for one in queries.near(session, contact_id)],
        form=form,
        communes=commune_names(),
        now=clock.now(),
        late=late,
        **WORDS,
    ), status
