"""Contacts who live in other provinces: a list for the CDC of each, to print or as a file, and that it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.cases.models import Case
from checkin.cases.views import disease_names
from checkin.contacts import queries, service
from checkin.contacts.models import Contact, ContactStep
from checkin.contacts.words import RESULT_NAMES, STAGE_NAMES, Line, opened
from checkin.db import begin_writing, db
from checkin.errors import DomainError
from checkin.exposure.exports import csv_end, to_csv
from checkin.exposure.ofcase import case_of, read
from checkin.ids import is_id
from checkin.places import queries as places
from checkin.web import limiter

bp = Blueprint("outgoing", __name__, url_prefix="/cases")
# In addresses: those of whom no province is known.
NOWHERE = "none"


@dataclass(frozen=True)
class Group:
    """Those of one province; `waiting` were not sent yet."""

    province: str
    name: str
    people: list[tuple[Line, ContactStep | None]]

    @property
    def waiting(self) -> int:
        """How many nobody has sent yet."""
        return sum(sent is None for _, sent in self.people)


@bp.get("/<number>/outgoing")
def index(number: str) -> ResponseReturnValue:
    """The lists; the reading is on record before a name is opened."""
    case = case_of(number)
    found = _found(case)
    if found:
        case = read(number, len(found))
        found = _found(case)
    return render_template(
        "exposure/outgoing.html",
        case=case,
        groups=_groups(found),
        stage_names=STAGE_NAMES,
        result_names=RESULT_NAMES,
        disease=disease_names().get(case.disease, case.disease),
    )


@bp.post("/<number>/outgoing/<province>.csv")
@limiter.limit("30 per minute")
def file(number: str, province: str) -> ResponseReturnValue:
    """The list of one province as a file, logged before the first name is opened."""
    case = case_of(number)
    count = len(_of(_found(case), province))
    if not count:
        abort(404)
    session = begin_writing()
    case = case_of(number)
    now = clock.now()
    service.record_export(session, now=now, actor=current_user.actor, case=case, count=count, province=province)
    session.commit()
    case = case_of(number)
    (group,) = _groups(_of(_found(case), province))
    heads = [
        gettext("Họ tên"), gettext("Năm sinh"), gettext("Điện thoại"), gettext("Nơi ở"),
        gettext("Lần cuối cùng địa điểm"), gettext("Là"), gettext("Cách ly đến"),
    ]  # fmt: skip
    lines = [
        [
            line.full_name, line.birth_year, line.phone, line.home, f"{line.contact.met_on:%d/%m/%Y}",
            str(STAGE_NAMES[line.contact.stage]),
            f"{line.contact.quarantine_until:%d/%m/%Y}" if line.contact.quarantine_until else "",
        ]
        for line, _ in group.people
    ]  # fmt: skip
    about = [
        (gettext("Tỉnh, thành phố"), group.name),
        (gettext("Bệnh"), disease_names().get(case.disease, case.disease)),
        (gettext("Người xuất"), current_user.display_name),
        (gettext("Lúc"), f"{clock.to_local(now):%H:%M %d/%m/%Y}"),
    ]
    body = to_csv(heads, lines, csv_end(heads, about, gettext("Danh sách gửi CDC tỉnh khác")))
    name = f"{case.number}-{province}.csv"
    return Response(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@bp.post("/<number>/outgoing/sent")
def sent(number: str) -> ResponseReturnValue:
    """Note that the list of a province, as it was seen, was sent there."""
    case, session = case_of(number), db.session()
    seen = dict(one.split(":", 1) for one in request.form.getlist("person") if ":" in one)
    known = {str(contact.id): contact for contact, _ in _found(case)}
    meant: list[tuple[UUID, Contact]] = [(UUID(one), known[one]) for one in sorted(seen) if is_id(one) and one in known]
    back = redirect(url_for(".index", number=number), 303)
    if not meant:
        flash(gettext("Chưa chọn ai."), "warn")
        return back
    try:
        for contact_id, contact in meant:
            if str(contact.version) != seen[str(contact_id)]:
                raise DomainError("changed")
            service.sent(session, now=clock.now(), actor=current_user.actor, contact=contact)
        session.commit()
    except DomainError:
        session.rollback()
        flash(gettext("Danh sách vừa đổi: xem lại rồi ghi."), "warn")
        return back
    flash(gettext("Đã ghi là đã gửi %(count)s người.", count=len(meant)), "ok")
    return back


def _found(case: Case) -> list[tuple[Contact, ContactStep | None]]:
    return queries.outgoing(db.session(), case.id, context.config().province)


def _of(found: Sequence[tuple[Contact, ContactStep | None]], province: str) -> list[Any]:
    return [(contact, step) for contact, step in found if (contact.province_id or NOWHERE) == province]


def _groups(found: Sequence[tuple[Contact, ContactStep | None]]) -> list[Group]:
    ids = {contact.province_id for contact, _ in found if contact.province_id}
    names = places.names(db.session(), ids)
    groups: dict[str, Group] = {}
    for contact, step in found:
        key = contact.province_id or NOWHERE
        name = names.get(key, key) if contact.province_id else gettext("Chưa rõ tỉnh")
        groups.setdefault(key, Group(key, name, [])).people.append((opened(context.vault(), contact), step))
    return list(groups.values())
