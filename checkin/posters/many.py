"""Posters of many codes: an owner's, a commune's, the province's. Asked for here, made beside, fetched here."""

import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.db import db, reading
from checkin.i18n import format_count
from checkin.places import queries as places
from checkin.posters import jobs, queries, service
from checkin.posters.choices import LANGUAGES_ON_PAPER, MANY
from checkin.posters.forms import ManyForm
from checkin.posters.models import DIED, DONE, FAILED, RUNNING, WAITING, PosterJob
from checkin.posters.queries import FileLine
from checkin.venues import queries as venues
from checkin.venues.models import Venue
from checkin.web import limiter

log = structlog.get_logger()

own = Blueprint("own_posters", __name__, url_prefix="/venues/posters")
staff = Blueprint("staff_posters", __name__, url_prefix="/posters")
GONE = "gone"
SHOWN = 3


class CutShort(Exception):
    """A bundle broke off half way: the server closes the connection, so that no browser takes it for whole."""


def index() -> ResponseReturnValue:
    """The form, and what was asked for lately."""
    return _index(_form())


@limiter.limit("30 per hour")
def ask() -> ResponseReturnValue:
    """Put the posters in the queue, and go to the page that follows them."""
    form = _form()
    if not form.validate_on_submit():
        return _index(form, 422)
    session, who = db.session(), scope.current(db.session())
    try:
        asked = service.ask(
            session,
            now=clock.now(),
            actor=current_user.actor,
            role=who.role,
            form=form.form.data,
            language=form.language.data,
            commune_id=who.commune if who.role == scope.COMMUNE else form.commune.data or None,
            venue_id=UUID(form.venue.data) if form.venue.data else None,
        )
    except service.StillMaking as error:
        session.rollback()
        flash(gettext("Bộ này chưa làm xong. Dừng nó trước khi làm bộ khác."), "warn")
        return redirect(url_for(".show", job_id=error.job_id), 303)
    job_id = asked.job.id
    session.commit()
    if asked.needs_process:
        jobs.start(context.config())
    return redirect(url_for(".show", job_id=job_id), 303)


def show(job_id: UUID) -> ResponseReturnValue:
    """How far the posters are, and the files that are ready."""
    job, session = _own(job_id), db.session()
    state, problem = _state(job)
    files = queries.files_of(session, job_id) if state in (RUNNING, DONE) else []
    return render_template(
        "posters/job.html",
        job=job,
        state=state,
        problem=problem,
        going=state in (WAITING, RUNNING),
        before=queries.jobs_before(session, job) if state == WAITING else 0,
        files=files,
        size=_megabytes(sum(file.size for file in files)),
        megabytes=_megabytes,
        forms=MANY,
        languages_on_paper=LANGUAGES_ON_PAPER,
        commune=_commune_name(job.commune_id),
        venue=_venue_name(job.venue_id),
    )


def stop(job_id: UUID) -> ResponseReturnValue:
    """Stop what is not finished."""
    job = _own(job_id)
    if service.stop(db.session(), now=clock.now(), actor=current_user.actor, job=job):
        flash(gettext("Đã dừng. Các tệp làm dở được xoá."), "ok")
    db.session.commit()
    return redirect(url_for(".show", job_id=job_id), 303)


def one_file(job_id: UUID, number: int) -> ResponseReturnValue:
    """One finished file; those that are ready can be fetched while others are made."""
    job = _own(job_id)
    if _state(job)[0] not in (RUNNING, DONE):
        return redirect(url_for(".show", job_id=job_id), 303)
    line = next((line for line in queries.files_of(db.session(), job_id) if line.number == number), None)
    body = queries.body_of(db.session(), job_id, number) if line else None
    if line is None or body is None:
        abort(404)
    return Response(
        body, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{line.name}"'}
    )


def bundle(job_id: UUID) -> ResponseReturnValue:
    """All finished files in one ZIP, sent file by file."""
    job, session = _own(job_id), db.session()
    if _state(job)[0] != DONE:
        return redirect(url_for(".show", job_id=job_id), 303)
    files, who = queries.files_of(session, job_id), scope.current(session)
    name = f"posters-{job.form}-{clock.to_local(job.asked_at):%Y%m%d-%H%M}.zip"
    session.rollback()
    return Response(
        stream_with_context(_zipped(job_id, files, who)),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class _Sink:
    """What the ZIP writer has written since it was last asked."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        data, self.waiting = bytes(self.waiting), bytearray()
        return data


def _zipped(job_id: UUID, files: list[FileLine], who: scope.Scope) -> Iterator[bytes]:
    session, sink = db.session(), _Sink()
    # The request's own end let go of the session and of what it said.
    scope.enter(session, who)
    # PDF is packed already.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as packed:  # type: ignore[call-overload]
        for file in files:
            with reading():
                body = queries.body_of(session, job_id, file.number)
                # Who reads slowly holds no connection to the database meanwhile.
                session.rollback()
            if body is None:
                log.error("posters cut short", file=file.number, of=len(files))
                raise CutShort
            packed.writestr(file.name, body)
            yield sink.take()
    yield sink.take()


def _index(form: ManyForm, status: int = 200) -> ResponseReturnValue:
    session, role = db.session(), scope.current(db.session()).role
    listed = [(job, *_state(job)) for job in queries.jobs_of(session, current_user.id, SHOWN)]
    return render_template(
        "posters/many.html",
        form=form,
        jobs=listed,
        # Who administers sees no venue, and learns how many there are from the finished work.
        count=None if role == scope.ADMIN else queries.count_to_print(session),
        whole=role == scope.ADMIN,
        of_owner=role == scope.OWNER,
        forms=MANY,
        languages_on_paper=LANGUAGES_ON_PAPER,
        commune=_commune_name(scope.current(session).commune),
        commune_name=_commune_name,
        venue_names=dict(form.venue.choices or ()),
    ), status


def _form() -> ManyForm:
    form = ManyForm()
    communes: Any = ()
    if scope.current(db.session()).role == scope.ADMIN:
        communes = places.communes_of(db.session(), context.config().province) or ()
    form.commune.choices = [("", gettext("Toàn tỉnh")), *((unit.id, unit.full_name) for unit in communes)]
    form.venue.choices = [("", gettext("Tất cả")), *((str(venue.id), venue.name) for venue in _own_venues())]
    if form.commune.data is None:
        form.commune.data = ""
    if form.venue.data is None:
        # The link on a venue's own page; another's is none of the choices.
        wish = request.args.get("venue", "")
        form.venue.data = wish if wish in dict(form.venue.choices) else ""
    return form


def _own_venues() -> list[Venue]:
    if scope.current(db.session()).role != scope.OWNER:
        return []
    return [venue for venue, _ in venues.of_owner(db.session(), current_user.id)]


def _state(job: PosterJob) -> tuple[str, str | None]:
    session, now = db.session(), clock.now()
    if service.has_died(job, now) or service.is_forgotten(session, job, now, [job.role]):
        return FAILED, DIED
    if job.state == DONE and (job.gone_at is None or job.gone_at <= now):
        return GONE, None
    return job.state, job.problem


def _commune_name(commune_id: str | None) -> str:
    unit = places.commune(db.session(), commune_id)
    return unit.full_name if unit else ""


def _venue_name(venue_id: UUID | None) -> str:
    venue = venues.owned(db.session(), current_user.id, venue_id) if venue_id else None
    return venue.name if venue else ""


def _own(job_id: UUID) -> PosterJob:
    """What the account asked for; to everybody else it does not exist."""
    job = queries.job_of(db.session(), job_id, current_user.id)
    if job is None:
        abort(404)
    return job


def _megabytes(size: int) -> str:
    if size < 1_000_000:
        return f"{format_count(max(1, size // 1000))} kB"
    return f"{format_count(round(size / 1_000_000))} MB"


# The same pages for owners in the public tier and for staff in theirs.
for bp in (own, staff):
    bp.get("/")(index)
    bp.post("/")(ask)
    bp.get("/<uuid:job_id>")(show)
    bp.post("/<uuid:job_id>/stop")(stop)
    bp.get("/<uuid:job_id>/<int(max=9999):number>.pdf")(one_file)
    bp.get("/<uuid:job_id>/posters.zip")(bundle)
