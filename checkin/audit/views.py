from dataclasses import replace
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock
from checkin.audit import queries, service, watching
from checkin.audit.forms import FilterForm, SeenForm
from checkin.audit.models import AuditEntry
from checkin.audit.names import ACTION_NAMES, ACTORS, FINDING_NAMES, HOW_NAMES, WHY_NAMES
from checkin.audit.signals import accounts_called, naming_subjects
from checkin.audit.unusual import NOTES
from checkin.db import db, let_go
from checkin.errors import DomainError
from checkin.ids import is_id

bp = Blueprint("audit", __name__, url_prefix="/audit")
PAGE = 100
MOST_FINDINGS = 200
# Entries of a finding that its line names; the others are behind its link.
NAMED = 6
# Actions whose subject is the id of an account or an invitation.
ABOUT_STAFF = ("account.", "factor.", "invitation.")


@bp.app_template_global("unusual_unseen")
def unusual_unseen() -> int:
    """What the administrator's menu counts."""
    return queries.unseen(db.session())


@bp.get("/")
def index() -> ResponseReturnValue:
    form = FilterForm(request.args)
    form.validate()
    # What the public tier has written meanwhile is taken in first.
    service.lock_chain(db.session())
    let_go(db.session())
    before, asked = request.args.get("before", type=int), form.asked()
    if asked.who:
        # By the name that an entry shows, and by the login of whoever has one.
        told = accounts_called.send(db.session(), words=asked.who)
        asked = replace(asked, accounts=frozenset(of for _, found in told for of in found))
    entries = queries.page(db.session(), asked, before, PAGE)
    # By number, not by page: what is appended meanwhile moves nothing.
    older = entries[-1].seq if len(entries) == PAGE and entries[-1].seq > 1 else None
    return _page(entries, older, form)


@bp.get("/unusual")
def unusual() -> ResponseReturnValue:
    return _unusual()


@bp.get("/unusual/<uuid:finding_id>")
def finding(finding_id: UUID) -> ResponseReturnValue:
    """The entries that bear a finding out."""
    entries = queries.page(db.session(), queries.Asked(finding=finding_id), None, service.MOST_EVIDENCE)
    if not entries:
        abort(404)
    return _page(entries, None, FilterForm(request.args), only=True)


@bp.post("/unusual/<uuid:finding_id>/seen")
def seen(finding_id: UUID) -> ResponseReturnValue:
    form = SeenForm(prefix=str(finding_id))
    if not form.validate():
        return _unusual(form, finding_id, 422)
    try:
        service.see_finding(
            db.session(), now=clock.now(), actor=current_user.actor, finding_id=finding_id, note=form.note.data or ""
        )
        db.session.commit()
        flash(gettext("Đã ghi là đã xem."), "ok")
    except DomainError as error:
        db.session.rollback()
        if error.reason == "unknown":
            abort(404)
        flash(gettext("Người khác đã xem trước."), "warn")
    return redirect(url_for(".unusual"), 303)


@bp.post("/unusual/look")
def look() -> ResponseReturnValue:
    """What the hourly round does, now."""
    watching.look(db.session(), now=clock.now())
    db.session.commit()
    return redirect(url_for(".unusual"), 303)


def _unusual(form: SeenForm | None = None, of: UUID | None = None, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    open_ones = queries.findings(session, seen=False, limit=MOST_FINDINGS)
    over = queries.findings(session, seen=True, limit=50)
    forms = {
        one.id: form if form is not None and one.id == of else SeenForm(formdata=None, prefix=str(one.id))
        for one in open_ones
    }
    return render_template(
        "audit/unusual.html",
        findings=open_ones,
        over=over,
        forms=forms,
        evidence=queries.evidence(session, [one.id for one in [*open_ones, *over]]),
        unseen=queries.unseen(session),
        names=FINDING_NAMES,
        notes=NOTES,
        named=NAMED,
    ), status


def _page(entries: list[AuditEntry], older: int | None, form: FilterForm, *, only: bool = False) -> ResponseReturnValue:
    return render_template(
        "audit/index.html",
        entries=entries,
        older=older,
        form=form,
        kept=form.kept(),
        only=only,
        actions=ACTION_NAMES,
        roles=ACTORS,
        why=WHY_NAMES,
        how=HOW_NAMES,
        logins=_logins(entries),
    )


def _logins(entries: list[AuditEntry]) -> dict[str, str]:
    """What the accounts and invitations that these entries are about sign in with, by id; of staff alone."""
    wanted = {entry.subject for entry in entries if entry.action.startswith(ABOUT_STAFF) and is_id(entry.subject)}
    if not wanted:
        return {}
    answers = naming_subjects.send(db.session(), ids={UUID(one) for one in wanted})
    return {str(of): login for _, told in answers for of, login in told.items()}
