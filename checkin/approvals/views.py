from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock
from checkin.accounts.models import CDC
from checkin.approvals import queries
from checkin.approvals.forms import AtOnceForm, DecideForm
from checkin.approvals.models import Approval
from checkin.approvals.today import limits
from checkin.db import db
from checkin.forms import Form

bp = Blueprint("approvals", __name__, url_prefix="/approvals")


@bp.app_template_global("approvals_waiting")
def approvals_waiting() -> int:
    """What the reader's menu counts: what waits for their say; for who decides nothing, what nobody decided in time."""
    if current_user.role == CDC:
        return queries.waiting(db.session(), current_user.id)
    return queries.overdue(db.session(), clock.now())


@bp.get("/")
def index() -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "approvals/index.html",
        undecided=queries.undecided(session),
        waiting=queries.undecided_count(session),
        decided=queries.decided(session),
        limits=limits(),
    )


@bp.get("/<uuid:approval_id>")
def show(approval_id: UUID) -> ResponseReturnValue:
    approval = queries.by_id(db.session(), approval_id)
    if approval is None:
        abort(404)
    return page(approval)


def page(
    approval: Approval, *, decide: Form | None = None, at_once: Form | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of one, as its reader may use it."""
    own = approval.asked_by == current_user.id
    allowed = queries.lets(
        db.session(), limits(), what=approval.what, lookup_id=approval.lookup_id, actor_id=approval.asked_by,
        now=clock.now(),
    )  # fmt: skip
    return render_template(
        "approvals/show.html",
        approval=approval,
        own=own,
        may_decide=approval.open and not own and current_user.role == CDC,
        goes_on=own and allowed,
        decide=decide or DecideForm(),
        at_once=at_once or AtOnceForm(),
        limits=limits(),
    ), status
