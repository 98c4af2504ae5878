"""What a lookup found, as files: CSV and JSON stream at once, a workbook is made beside and fetched when it is done."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.approvals.limits import READ
from checkin.cases.models import Case
from checkin.db import db, set_read_only
from checkin.errors import frames
from checkin.exposure import exporting, jobs, queries, recording, second, service, sheets, showing
from checkin.exposure.exports import CONTENT_TYPES, TooManyRows
from checkin.exposure.godata import GODATA
from checkin.exposure.models import DIED, DONE, DOUBLES, FAILED, PERSON, PLACE, RUNNING, SOURCE, WAITING, Export, Lookup
from checkin.exposure.recording import Reading
from checkin.exposure.scored import Cut
from checkin.i18n import format_count, locale_code
from checkin.vault import VaultError
from checkin.web import limiter

log = structlog.get_logger()

bp = Blueprint("downloads", __name__, url_prefix="/lookup")

GONE = "gone"
# A few seconds of work.
MOST_OF_A_PART = 5_000


class CutShort(Exception):
    """A list broke off half way: the server closes the connection, so that no browser takes it for whole."""


@bp.post("/<uuid:lookup_id>/export.<any(csv,json,xlsx):form>")
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
    scope.bind(session, queries.purpose(lookup))
    if lookup.kind in (SOURCE, DOUBLES):  # names nobody, or is worked on here alone: it has no file
        abort(404)
    if lookup.kind == PERSON:
        return _person(lookup, case, form)
    # What may not be looked at may not be taken along either, however few they are.
    if second.wants_reading(session, lookup):
        return second.way(lookup_id, READ)
    cut = Cut.of(request.form)
    if not cut.known:
        abort(404)
    what = sheets.whole(session, lookup, case)
    people = what.count(session)
    if form == "xlsx" and people > jobs.MOST_ROWS and cut.whole:
        return _too_many(lookup, case, people)
    # Who takes a long list part by part takes the whole of it.
    if second.wants_export(session, lookup, sheets.weighed(session, what, people)):
        return second.way(lookup_id, form, cut)
    if not cut.whole:
        part = sheets.part(session, lookup, case, cut)
        if part is None:
            abort(404)
        what, people = part, part.count(session)
    # Read before it is recorded: afterwards nothing is asked of the database until the first line.
    with sheets.speaking(what):
        about = what.about(by=current_user.display_name, at=clock.now())
    if form == "xlsx" and not cut.whole:
        return _part(lookup, case, what, cut, people, about)
    reading = recording.begin(lookup, case, f"lookup.export.{form}", people)
    if form != "xlsx":
        body = stream_with_context(_text(what, form, people, about, reading, scope.current(session)))
        return _file(body, form, _name(lookup, reading.number, people))
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
        title=showing.title_of(session, lookup),
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
    size, over = found.size, found.state != DONE or found.gone_at is None or found.gone_at <= now
    if over or size is None or second.wants_reading(session, lookup):
        session.rollback()
        return redirect(url_for(".show", export_id=export_id), 303)
    form, name = found.form, _name(lookup, lookup.number, found.total)
    service.take_export(session, now=now, actor=current_user.actor, export=found, lookup=lookup, case=case)
    session.commit()
    return _file(stream_with_context(_pieces(export_id, size, scope.current(session))), form, name, size)


def _part(
    lookup: Lookup, case: Case | None, what: sheets.Sheet, cut: Cut, people: int, about: exporting.About
) -> ResponseReturnValue:
    """The workbook of a part of a case's list: short enough to be made while its reader waits."""
    if people > MOST_OF_A_PART:
        count = {"count": format_count(people), "most": format_count(MOST_OF_A_PART)}
        flash(
            gettext(
                "Phần này có %(count)s người, tệp XLSX của một phần nhận %(most)s: xuất CSV hoặc lọc thêm.", **count
            ),
            "warn",
        )
        where: dict[str, Any] = cut.parts
        return redirect(url_for("exposure.show", lookup_id=lookup.id, **where), 303)
    reading = recording.begin(lookup, case, "lookup.export.xlsx", people)
    session = db.session()
    found = what.ranked(session)
    lines = [line for block in what.blocks(session, context.vault(), found) for line in block]
    body = sheets.workbook(what, lines, exporting.counted(about, len(lines)))
    recording.end(reading, "lookup.sent.xlsx", len(lines))
    return _file(iter([body]), "xlsx", reading.number, len(body))


def _person(lookup: Lookup, case: Case | None, form: str) -> ResponseReturnValue:
    reading = recording.begin(lookup, case, f"lookup.export.{form}")
    try:
        body, rows = exporting.export_person(
            db.session(),
            context.vault(),
            lookup,
            case,
            form,
            by=current_user.display_name,
            at=clock.now(),
            most=jobs.MOST_ROWS,
        )
    except TooManyRows as error:
        return _too_many(lookup, case, int(error.args[0]))
    recording.end(reading, f"lookup.sent.{form}", rows)
    return _file(iter([body]), form, reading.number, len(body))


def _too_many(lookup: Lookup, case: Case | None, lines: int) -> ResponseReturnValue:
    """The page for a list that a workbook does not take: the ways that are left."""
    return render_template(
        "exposure/too_many.html",
        lookup=lookup,
        case=case,
        lines=lines,
        most=jobs.MOST_ROWS,
        days=showing.days_of(lookup) if lookup.kind == PLACE else [],
        zones=showing.zones_of(db.session(), lookup),
        code=showing.code_of(db.session(), lookup),
        local=showing.local,
    ), 413


def _text(what: sheets.Sheet, *how: Any) -> Iterator[bytes]:
    # What is left of the request is this file's alone, and so is the language.
    with sheets.speaking(what):
        yield from _written(what, *how)


def _written(
    what: sheets.Sheet, form: str, expected: int, about: exporting.About, reading: Reading, who: scope.Scope
) -> Iterator[bytes]:
    # The request's own end, which came before the first line, let go of the session and of what it said.
    set_read_only(True)
    session, sent, total, whole = db.session(), 0, expected, False
    scope.enter(session, who)
    text = sheets.text(what, form)
    try:
        # At once: so that who asked sees that the file comes, while the list is ranked.
        yield text.start()
        try:
            people = what.ranked(session)
            total = len(people)
            for block in what.blocks(session, context.vault(), people):
                # Who reads slowly holds no connection to the database meanwhile.
                session.rollback()
                # Counted as sent once it is handed over: of a block that breaks off, nobody knows how much came.
                sent += len(block)
                yield text.more(block)
            whole = sent == total
        except Exception as error:
            log.error("list cut short", kind=type(error).__name__, trace=frames(error), rows=sent, of=total)
        if not whole:
            count = {"done": format_count(sent), "total": format_count(total)}
            yield text.short(
                gettext("DANH SÁCH CHƯA ĐỦ: mới có %(done)s trong %(total)s người. Hãy xuất lại.", **count)
            )
            raise CutShort
        yield text.finish(exporting.counted(about, sent), gettext("Nguồn"))
    finally:
        _sent(reading, f"lookup.sent.{form}", sent, of=total, whole=whole)


def _sent(reading: Reading, action: str, rows: int, **detail: object) -> None:
    """Note how many rows went out, also where the reader broke off."""
    try:
        recording.end(reading, action, rows, **detail)
    except Exception as error:
        # They are out; the entry before the first of them says how many there were to be.
        db.session.rollback()
        log.error("rows sent not logged", kind=type(error).__name__, trace=frames(error), rows=rows)


def _pieces(export_id: UUID, size: int, who: scope.Scope) -> Iterator[bytes]:
    set_read_only(True)
    session, vault, sent, number = db.session(), context.vault(), 0, 0
    scope.enter(session, who)
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


def _name(lookup: Lookup, number: str, people: int) -> str:
    # Of a file for another program the name alone says how many there are: whatever is in it becomes somebody.
    return f"{number}-godata-{people}" if lookup.file_columns == GODATA else number


def _file(body: Iterator[bytes], form: str, name: str, size: int | None = None) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if size is not None:
        headers["Content-Length"] = str(size)
    return Response(body, content_type=CONTENT_TYPES[form], headers=headers)
