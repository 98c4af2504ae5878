"""A list of contacts from elsewhere at a case: a file in, a preview of each row, and what is right given out."""

import hashlib
from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException

from checkin import clock, context
from checkin.casefacts.windows import may_give
from checkin.cases import service as keeping
from checkin.cases.models import Case
from checkin.contactlists import columns, entries, service, tables
from checkin.contactlists.entries import Entry
from checkin.contactlists.forms import COLUMN, ERRORS, LOOK, SAVE, ListForm
from checkin.contactlists.service import AT_ONCE, Source
from checkin.contactlists.tables import Row, Table
from checkin.contactlists.words import FAULTS, FIELD_NAMES, FILES, NOTES
from checkin.db import begin_writing, db, set_read_only
from checkin.exposure.ofcase import case_of, say_given
from checkin.places import queries as places
from checkin.register.tables import BadFile
from checkin.web import LARGER_BODIES, limiter

bp = Blueprint("contact_lists", __name__, url_prefix="/cases")
LARGER_BODIES["contact_lists.send"] = tables.MOST_TEXT + tables.LARGEST
# What becomes of a row: given out, kept out, a contact before.
GOOD, BAD, BEFORE = OUTCOMES = ("good", "bad", "before")
# Of each outcome so many are shown; the file of refused rows has all.
SHOWN = 200


@dataclass(frozen=True)
class Judged:
    """A row and what becomes of it."""

    row: Row
    entry: Entry
    outcome: str

    @property
    def why(self) -> str:
        """All reasons why it is kept out, in words."""
        words = [self.row.fault] if self.row.fault else self.entry.faults
        return "; ".join(str(FAULTS[word]) for word in words)


@bp.get("/<number>/list")
def index(number: str) -> ResponseReturnValue:
    """Where a list is sent."""
    form = ListForm(formdata=None)
    if "large" in request.args:
        form.file.errors = [str(FILES["large"])]
    return _page(case_of(number), form)


@bp.post("/<number>/list")
@limiter.limit("120 per hour")
def send(number: str) -> ResponseReturnValue:
    """Show what becomes of each row, or give out what is right."""
    case, form = case_of(number), ListForm()
    if not may_give(case):
        abort(409)
    session = db.session()
    # Reading a list takes seconds, which SQLite's one writer must not wait for.
    session.rollback()
    set_read_only(True)
    if not form.validate():
        return _page(case, form, status=422)
    try:
        table = _table(form)
    except BadFile as error:
        text = str(FILES.get(error.reason, FILES["damaged"]))
        form.file.errors = [text % {"detail": error.detail} if "%(" in text else text]
        return _page(case, form, status=422)
    fields, said = _fields(table)
    if not set(columns.NEEDED) <= set(fields):
        missing = ", ".join(str(FIELD_NAMES[field]) for field in columns.NEEDED if field not in fields)
        form.file.errors = [gettext("Chưa biết cột nào là: %(names)s. Chọn ở dưới.", names=missing)]
        return _page(case, form, table=table, fields=fields, status=422)
    begin_writing()
    case, now, actor = case_of(number), clock.now(), current_user.actor
    source = Source(form.sha256.data or "", len(table.rows))
    service.record_reading(session, now=now, actor=actor, case=case, source=source)
    if said:
        service.remember(session, context.vault(), now=now, heading=table.heading, fields=fields)
    session.commit()
    set_read_only(True)
    case = case_of(number)
    judged = _judge(case, table, fields)
    if form.do.data == ERRORS:
        return _refused(case, table, judged)
    if form.do.data == SAVE:
        return _save(number, form, table, fields, judged, source)
    return _page(case, form, table=table, fields=fields, judged=judged)


def _save(
    number: str, form: ListForm, table: Table, fields: list[str], judged: list[Judged], source: Source
) -> ResponseReturnValue:
    session, now = begin_writing(), clock.now()
    # Contacts go when the case lets go: nobody lets go of it between what is read here and what is written.
    keeping.lock_kept(session)
    case = case_of(number)
    session.refresh(case)
    if not may_give(case):
        abort(409)
    good = [one for one in judged if one.outcome == GOOD]
    done = service.load(
        session, context.vault(), now=now, actor=current_user.actor, case=case, rules=context.rules(clock.today()),
        entries=[one.entry for one in good[:AT_ONCE]], source=source,
    )  # fmt: skip
    session.commit()
    set_read_only(True)
    say_given(done)
    rest = [*good[AT_ONCE:], *(one for one in judged if one.outcome == BAD)]
    if not rest:
        return redirect(url_for("followup.index", number=number), 303)
    rest.sort(key=lambda one: one.row.line)
    left = Table(table.heading, [one.row for one in rest])
    return _page(case_of(number), form, table=left, fields=fields, judged=_judge(case_of(number), left, fields))


def _refused(case: Case, table: Table, judged: list[Judged]) -> Response:
    why = [(one.row, one.why) for one in judged if one.outcome == BAD]
    body = tables.refused(table, why, (gettext("Dòng"), gettext("Lý do")))
    name = f"{case.number}-khong-nhap.csv"
    return Response(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _table(form: ListForm) -> Table:
    sent = form.file.data
    if isinstance(sent, FileStorage) and sent.filename:
        body = sent.stream.read(tables.LARGEST + 1)
        table = tables.read(body)
        form.rows.data, form.sha256.data = tables.as_text(table), hashlib.sha256(body).hexdigest()
        # A new file: what was said of the columns of another one is not of this one.
        form.do.data = LOOK
        return table
    form.sha256.data = "".join(letter for letter in (form.sha256.data or "")[:64] if letter in "0123456789abcdef")
    if not form.rows.data:
        raise BadFile("empty")
    return tables.of_text(form.rows.data)


def _fields(table: Table) -> tuple[list[str], bool]:
    """What each column means, and whether somebody said so in this form."""
    width = len(table.heading)
    said = [request.form.get(f"{COLUMN}{at}") for at in range(width)]
    sent = request.files.get("file")
    if not (sent and sent.filename) and all(one is not None for one in said):
        fields = [one or "" for one in said]
        if columns.fits(fields, width):
            return fields, True
    # What the words themselves say comes before what somebody once said of such a heading.
    fields, known = columns.guessed(table.heading), service.meant(db.session(), context.vault(), table.heading)
    for at, field in enumerate(known or ()):
        if not fields[at] and field not in fields:
            fields[at] = field
    return fields, False


def _judge(case: Case, table: Table, fields: list[str]) -> list[Judged]:
    province, today = context.config().province, clock.today()
    read = [
        Entry()
        if row.fault
        else entries.judge(
            {field: cell for field, cell in zip(fields, row.cells, strict=False) if field},
            province=province,
            today=today,
        )
        for row in table.rows
    ]
    before = service.known(db.session(), context.vault(), case, read)
    seen: set[tuple[str, str]] = set()
    judged = []
    for row, entry in zip(table.rows, read, strict=True):
        outcome = BAD if row.fault or entry.faults else BEFORE if entry.key in before else GOOD
        if outcome == GOOD and entry.key in seen:
            outcome, entry = BAD, Entry(full_name=entry.full_name, phone=entry.phone, faults=("twice",))
        seen.add(entry.key)
        judged.append(Judged(row, entry, outcome))
    return judged


def _page(
    case: Case,
    form: ListForm,
    *,
    table: Table | None = None,
    fields: list[str] | None = None,
    judged: list[Judged] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    counts = Counter(one.outcome for one in judged or ())
    show = form.show.data if form.show.data in OUTCOMES else ""
    show = show or next((outcome for outcome in (BAD, GOOD, BEFORE) if counts[outcome]), GOOD)
    of_show = [one for one in judged or () if one.outcome == show]
    found = places.communes_of(db.session(), context.config().province) or ()
    return render_template(
        "contactlists/index.html",
        case=case,
        keeping=may_give(case),
        form=form,
        table=table,
        text=tables.as_text(table) if table else "",
        fields=fields or [],
        unclear=columns.unclear(table.heading, fields or []) if table else [],
        judged=judged,
        counts=counts,
        show=show,
        lines=of_show[:SHOWN],
        more=max(0, len(of_show) - SHOWN),
        at_once=AT_ONCE,
        field_names=FIELD_NAMES,
        notes=NOTES,
        column=COLUMN,
        limit=tables.LARGEST,
        communes={unit.id: unit.full_name for unit in found},
    ), status


@bp.errorhandler(413)
def too_large(error: HTTPException) -> ResponseReturnValue:
    """A file that is larger than any list comes back to the page it was chosen on, also without JavaScript."""
    if request.endpoint != "contact_lists.send":
        return error.get_response()
    return redirect(url_for(".index", large=1, **(request.view_args or {})), 303)
