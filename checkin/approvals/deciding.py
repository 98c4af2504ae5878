"""Deciding what another one asked, and not waiting for it: for officers of the CDC alone."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock
from checkin.approvals import queries, service
from checkin.approvals.forms import AtOnceForm, DecideForm
from checkin.approvals.limits import NOTICE
from checkin.approvals.models import Approval
from checkin.approvals.today import limits
from checkin.approvals.views import page
from checkin.db import db
from checkin.errors import DomainError

bp = Blueprint("deciding", __name__, url_prefix="/approvals")


@bp.post("/<uuid:approval_id>/decide")
def decide(approval_id: UUID) -> ResponseReturnValue:
    """Approve or refuse; who comes second sees what the first one decided."""
    form, session = DecideForm(), db.session()
    approval = queries.by_id(session, approval_id)
    if approval is None:
        abort(404)
    if not form.validate() or request.form.get("do") not in {"approve", "refuse"}:
        return page(approval, decide=form, status=422)
    approve = request.form["do"] == "approve"
    try:
        decided = service.decide(
            session, now=clock.now(), actor=current_user.actor, approval_id=approval_id, approve=approve,
            note=form.note.data or "",
        )  # fmt: skip
        said = _said(decided, approve)
        session.commit()
        flash(said, "ok")
    except DomainError as error:
        session.rollback()
        approval = queries.by_id(session, approval_id) or abort(404)
        if error.reason == "note":
            form.note.errors = [gettext("Ghi lý do từ chối: người hỏi cần biết phải làm gì khác.")]
            return page(approval, decide=form, status=422)
        flash(_refusal(error.reason, approval), "warn")
    return redirect(url_for("approvals.show", approval_id=approval_id), 303)


@bp.post("/<uuid:approval_id>/now")
def at_once(approval_id: UUID) -> ResponseReturnValue:
    """Who asked cannot wait: it is done now and approved after."""
    form, session = AtOnceForm(), db.session()
    approval = queries.by_id(session, approval_id)
    if approval is None or approval.asked_by != current_user.id:
        abort(404)
    back = redirect(url_for("approvals.show", approval_id=approval_id), 303)
    # A notice may say something else since: its own page asks anew.
    if approval.what == NOTICE and not approval.open:
        flash(_refusal("decided", approval), "warn")
        return back
    if not form.validate():
        return page(approval, at_once=form, status=422)
    about = service.About(**{name: getattr(approval, name) for name in service.About.__dataclass_fields__})
    try:
        asked = service.ask(
            session, limits(), now=clock.now(), actor=current_user.actor, about=about, reason=form.reason.data or "",
            at_once=True,
        )  # fmt: skip
        asked_id = asked.id
        session.commit()
    except DomainError as error:
        session.rollback()
        flash(_refusal(error.reason, approval), "warn")
        return back
    return redirect(url_for("approvals.show", approval_id=asked_id), 303)


def _said(approval: Approval, approve: bool) -> str:
    if approve:
        return str(gettext("Đã duyệt %(number)s.", number=approval.number))
    if approval.what == NOTICE:
        return str(
            gettext(
                "Đã từ chối %(number)s. Thông báo chưa đăng thì không đăng; đã đăng thì đã rút lại, và bản mà nó thay "
                "có hiệu lực trở lại.",
                number=approval.number,
            )
        )
    return str(gettext("Đã từ chối %(number)s. Tệp chưa tải về đã bị thu hồi.", number=approval.number))


def _refusal(reason: str, approval: Approval) -> str:
    if reason == "own":
        return str(gettext("Không ai tự duyệt yêu cầu của mình: cần một cán bộ CDC khác."))
    if reason == "discarded":
        return str(gettext("Ca này đã loại trừ: thông báo không đăng được nữa."))
    if approval.closed or approval.lapsed:
        return str(gettext("Yêu cầu này đã đóng: không còn gì chờ duyệt."))
    return str(gettext("%(who)s đã quyết định trước. Kết quả ở dưới.", who=approval.decided_by_name or "?"))
