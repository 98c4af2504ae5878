"""Where a lookup or an export reaches so far that a second person is to have a say."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock, scope
from checkin.approvals import queries as approvals
from checkin.approvals import service
from checkin.approvals.limits import EXPORT, READ
from checkin.approvals.models import BEFORE, REFUSED, Approval
from checkin.approvals.signals import refused
from checkin.approvals.today import limits
from checkin.cases.models import Case
from checkin.db import begin_writing, db, set_read_only
from checkin.exposure import asking, queries, sheets, showing
from checkin.exposure.forms import ReasonForm
from checkin.exposure.models import DOUBLES, PERSON, PLACE, SOURCE, Lookup
from checkin.exposure.scored import EVERYBODY, Cut
from checkin.exposure.service import withdraw_exports

bp = Blueprint("second", __name__, url_prefix="/lookup")

FORMS = ("csv", "json", "xlsx")


def connect() -> None:
    """Listen to what is refused; once is as good as twice."""
    refused.connect(_withdraw)


def _withdraw(session: Session, *, approval: Approval, now: Any, **_more: Any) -> None:
    if approval.what not in (READ, EXPORT):
        return
    # A list that nobody may look at: the files of all who took it.
    made_by = None if approval.what == READ else approval.asked_by
    # Another one's files: no officer touches those.
    with scope.under(session, scope.SYSTEM):
        withdraw_exports(session, now=now, lookup_id=approval.lookup_id, made_by=made_by)


def wants_reading(session: Session, lookup: Lookup) -> bool:
    """True where nobody but the one who asks has had a say yet, and somebody is to."""
    return (
        lookup.kind == PLACE
        and limits().wide(one_venue=_one_venue(lookup), start=lookup.start, end=lookup.start + asking.length(lookup))
        and not _let(session, lookup, READ)
    )


def _one_venue(lookup: Lookup) -> bool:
    # Several places chosen by name are as much as those of a kind.
    return lookup.venue_id is not None and all(one.other for one in lookup.more)


def wants_export(session: Session, lookup: Lookup, rows: int) -> bool:
    """The same for taking so many rows along."""
    return limits().long(rows) and not _let(session, lookup, EXPORT)


def way(lookup_id: UUID, what: str, cut: Cut = EVERYBODY) -> ResponseReturnValue:
    """To the page where a second person is asked; `what` is READ or the form of an export, of a `cut` of the list."""
    parts: dict[str, Any] = cut.parts
    return redirect(url_for("second.choose", lookup_id=lookup_id, what=what, **parts), 303)


@bp.route("/<uuid:lookup_id>/second/<any(read,csv,json,xlsx):what>", methods=["GET", "POST"])
def choose(lookup_id: UUID, what: str) -> ResponseReturnValue:
    """Ask a second person and wait, or go on at once and have it approved after."""
    session = db.session()
    # Counting a long list must not keep SQLite's writers waiting.
    session.rollback()
    set_read_only(True)
    row = queries.lookup(session, lookup_id)
    if row is None or row[0].kind in (DOUBLES, PERSON, SOURCE):
        abort(404)
    lookup, case = row
    scope.bind(session, queries.purpose(lookup))
    rows, wanted = None, False
    if what in FORMS:
        sheet = sheets.whole(session, lookup, case)
        rows = sheet.count(session)
        wanted = wants_export(session, lookup, sheets.weighed(session, sheet, rows))
    else:
        wanted = wants_reading(session, lookup)
    kind = READ if rows is None else EXPORT
    known = approvals.standing(session, what=kind, lookup_id=lookup.id, actor_id=current_user.id)
    if not wanted:
        # Approved meanwhile: on the page of that stand the files; or never needed.
        if known is not None and rows is not None:
            return redirect(url_for("approvals.show", approval_id=known.id), 303)
        return redirect(url_for("exposure.show", lookup_id=lookup_id), 303)
    form, mode = ReasonForm(), request.form.get("mode")
    form.reason.label.text = gettext("Vì sao cần, và nếu không chờ được thì vì sao")
    if mode in {"ask", "now"} and form.validate():
        return _asked(session, lookup, case, what, rows, form.reason.data or "", at_once=mode == "now")
    if known is not None and known.open and known.mode == BEFORE and known.asked_by == current_user.id:
        return redirect(url_for("approvals.show", approval_id=known.id), 303)
    return render_template(
        "exposure/second.html",
        form=form,
        lookup=lookup,
        case=case,
        what=what,
        rows=rows,
        title=showing.title_of(session, lookup),
        limits=limits(),
        refused=known if known is not None and known.state == REFUSED else None,
        # Taken along in the form, for where the file comes at once.
        parts=Cut.of(request.form if request.method == "POST" else request.args).parts,
    ), 422 if form.errors else 200


def _asked(
    session: Session, lookup: Lookup, case: Case | None, what: str, rows: int | None, reason: str, *, at_once: bool
) -> ResponseReturnValue:
    about = service.About(
        what=READ if what == READ else EXPORT,
        lookup_id=lookup.id,
        lookup_number=lookup.number,
        title=showing.title_of(session, lookup),
        start=lookup.start,
        end=lookup.end,
        case_number=case.number if case else None,
        rows=rows,
    )
    begin_writing()
    asked = service.ask(
        session, limits(), now=clock.now(), actor=current_user.actor, about=about, reason=reason, at_once=at_once
    )
    asked_id, lookup_id = asked.id, about.lookup_id
    session.commit()
    if not at_once:
        return redirect(url_for("approvals.show", approval_id=asked_id), 303)
    if what == READ:
        return redirect(url_for("exposure.show", lookup_id=lookup_id), 303)
    # As a form sent again: the file comes at once.
    return redirect(url_for("downloads.export", lookup_id=lookup_id, form=what), 307)


def _let(session: Session, lookup: Lookup, what: str) -> bool:
    return approvals.lets(session, limits(), what=what, lookup_id=lookup.id, actor_id=current_user.id, now=clock.now())
