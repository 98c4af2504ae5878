"""What a lookup found, as files: CSV streams at once, a workbook is made beside and fetched when it is ready."""

from collections.abc import Iterator
from uuid import UUID

import structlog
from flask import Blueprint, Response, abort, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.cases.models import Case
from checkin.db import db, set_read_only
from checkin.errors import frames
from checkin.exposure import exporting, jobs, queries, service, showing
from checkin.exposure.exports import MARK, TooManyRows, csv_lines
from checkin.exposure.models import DIED, DONE, FAILED, PERSON, RUNNING, WAITING, Export, Lookup
from checkin.i18n import format_count, locale_code
from checkin.vault import VaultError
from checkin.web import limiter

log = structlog.get_logger()

bp = Blueprint("downloads", __name__, url_prefix="/lookup")

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GONE = "gone"


class CutShort(Exception):
    """A list broke off half way: the server closes the connection, so that no browser takes it for whole."""


@bp.post("/<uuid:lookup_id>/export.<any(csv,xlsx):form>")
@limiter.limit("30 per minute")
def export(lookup_id: UUID, form: str) -> ResponseReturnValue:
    """The whole list as a file; logged before the first of its rows is read."""
    set_read_only(True)
    session = db.session()
    # Loading the account began a transaction that could write; counting must not keep SQLite's writers waiting.
    session.rollback()
    row = queries.lookup(session, lookup_id)
    if row is None:
        abort(404)
    lookup, case = row
    if lookup.kind == PERSON:
        return _person(lookup, case, form)
    what = exporting.whole_list(session, lookup, case)
    people = what.count(session)
    if form == "xlsx" and people > jobs.MOST_ROWS:
        return render_template("exposure/too_many.html", lookup=lookup, people=people, most=jobs.MOST_ROWS), 413
    _record(lookup, case, f"lookup.export.{form}", people)
    if form == "csv":
        return _file(stream_with_context(_csv(what, people)), CSV, f"{lookup.number}.csv")
    set_read_only(False)
    now = clock.now()
    asked = service.ask_export(
        session,
        now=now,
        actor=current_user.actor,
        lookup=lookup,
        form=form,
        locale=locale_code(),
        total=people,
    )
    needs_process = asked.asked_at == now
    session.commit()
    if needs_process:
        jobs.start(context.config())
    return redirect(url_for(".show", export_id=asked.id), 303)


@bp.get("/exports/<uuid:export_id>")
def show(export_id: UUID) -> ResponseReturnValue:
    """How far a file is; once it is ready, the button that fetches it."""
    found, lookup, case = _own(export_id)
    session, now = db.session(), clock.now()
    state, problem = found.state, found.problem
    if service.has_died(found, now) or service.is_forgotten(session, found, now):
        state, problem = FAILED, DIED
    elif state == DONE and (found.gone_at is None or found.gone_at <= now):
        state = GONE
    before = queries.exports_before(session, found) if state == WAITING else 0
    return render_template(
        "exposure/export.html",
        export=found,
        lookup=lookup,
        case=case,
        state=state,
        problem=problem,
        before=before,
        title=showing.titles(session, [lookup])[lookup.id],
        going=state in {WAITING, RUNNING},
        size=showing.size_shown(found.size or 0),
    )


@bp.post("/exports/<uuid:export_id>/file")
def download(export_id: UUID) -> ResponseReturnValue:
    """The finished file; logged before its first byte."""
    session = db.session()
    session.rollback()
    found, lookup, case = _own(export_id)
    now = clock.now()
    if found.state != DONE or found.size is None or found.gone_at is None or found.gone_at <= now:
        session.rollback()
        return redirect(url_for(".show", export_id=export_id), 303)
    size, name = found.size, f"{lookup.number}.{found.form}"
    service.take_export(session, now=now, actor=current_user.actor, export=found, lookup=lookup, case=case)
    session.commit()
    return _file(stream_with_context(_pieces(export_id, size)), XLSX, name, size)


def _person(lookup: Lookup, case: Case | None, form: str) -> ResponseReturnValue:
    _record(lookup, case, f"lookup.export.{form}", None)
    try:
        body = exporting.export_person(db.session(), context.vault(), lookup, case, form)
    except TooManyRows:
        abort(413)
    return _file(iter([body]), CSV if form == "csv" else XLSX, f"{lookup.number}.{form}", len(body))


def _csv(asked: exporting.WholeList, expected: int) -> Iterator[bytes]:
    # The request's own end, which came before the first line, let go of the session and of what it said.
    set_read_only(True)
    session, written, total, whole = db.session(), 0, expected, False
    # At once: so that who asked sees that the file comes, while the list is ranked.
    yield MARK + csv_lines([exporting.place_heads()])
    try:
        people = asked.ranked(session)
        total = len(people)
        for block in exporting.place_blocks(session, context.vault(), asked, people):
            # Who reads slowly holds no connection to the database meanwhile.
            session.rollback()
            yield csv_lines(block)
            written += len(block)
        whole = written == total
    except Exception as error:
        log.error("list cut short", kind=type(error).__name__, trace=frames(error), rows=written, of=total)
    if not whole:
        count = {"done": format_count(written), "total": format_count(total)}
        yield csv_lines([[gettext("DANH SÁCH CHƯA ĐỦ: mới có %(done)s trong %(total)s người. Hãy xuất lại.", **count)]])
        raise CutShort


def _pieces(export_id: UUID, size: int) -> Iterator[bytes]:
    set_read_only(True)
    session, vault, sent, number = db.session(), context.vault(), 0, 0
    while sent < size:
        locked = queries.export_part(session, export_id, number)
        session.rollback()
        try:
            piece = vault.unlock_part(str(export_id), number, locked or b"")
        except VaultError:
            piece = b""
        if not piece:
            break
        yield piece
        sent, number = sent + len(piece), number + 1
    if sent != size:
        log.error("file cut short", bytes=sent, of=size)
        raise CutShort


def _own(export_id: UUID) -> tuple[Export, Lookup, Case | None]:
    """A file with its lookup, for who asked for it; to everybody else it does not exist."""
    session = db.session()
    found = queries.export_of(session, export_id, current_user.id)
    row = queries.lookup(session, found.lookup_id) if found else None
    if found is None or row is None:
        abort(404)
    return found, *row


def _record(lookup: Lookup, case: Case | None, action: str, rows: int | None) -> None:
    """Put the export on record; where that fails, nothing is read."""
    session = db.session()
    session.rollback()
    set_read_only(False)
    service.read(session, now=clock.now(), actor=current_user.actor, lookup=lookup, case=case, action=action, rows=rows)
    session.commit()
    set_read_only(True)


def _file(body: Iterator[bytes], content_type: str, name: str, size: int | None = None) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if size is not None:
        headers["Content-Length"] = str(size)
    return Response(body, content_type=content_type, headers=headers)
