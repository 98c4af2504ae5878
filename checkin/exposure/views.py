import time
from datetime import timedelta
from uuid import UUID

import structlog
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from checkin import clock, context, replica
from checkin.approvals.limits import READ
from checkin.audit import refusals
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.service import CaseFacts, open_case
from checkin.cases.views import disease_names
from checkin.db import IN_PASSING, db, writing
from checkin.exposure import (
    contacting,
    keeping,
    meaning,
    placing,
    queries,
    reasons,
    recording,
    second,
    service,
    showing,
    sourcing,
    taking,
)
from checkin.exposure.forms import NEW, SIGNAL, BoundForm, PersonForm, PlaceForm
from checkin.exposure.giving import MOST_GIVEN
from checkin.exposure.models import CASE, PLACE, SOURCE, Lookup
from checkin.exposure.pictures import of_place
from checkin.exposure.scored import Cut
from checkin.forms import SHOWN
from checkin.ids import is_id
from checkin.metrics import LOOKUPS
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.places import queries as places
from checkin.venues import finding

bp = Blueprint("exposure", __name__, url_prefix="/lookup")
log = structlog.get_logger()

# More than any list has, and few enough that the database can count to the people of the last one.
MOST_PAGES = 1_000_000


@bp.get("/")
def index() -> ResponseReturnValue:
    place, person = _place_form(), _person_form()
    now = clock.to_local(clock.now()).replace(second=0, microsecond=0)
    place.start.data = request.args.get("start", (now - timedelta(hours=2)).strftime(SHOWN))[:16]
    place.end.data = request.args.get("end", now.strftime(SHOWN))[:16]
    place.venue.data = request.args.get("venue", "")[:11]
    place.commune.data = request.args.get("commune", "")[:24]
    place.kind.data = request.args.get("kind", "")[:16]
    for form in (place, person):
        form.case.data = request.args.get("case", "")[:20] or None
    _fill_from(place, request.args.get("of", ""))
    return _index(place, person, "person" if request.args.get("by") == "person" else "place")


def _fill_from(form: PlaceForm, lookup_id: str) -> None:
    """The question of an earlier lookup, to be asked otherwise."""
    row = queries.lookup(db.session(), UUID(lookup_id)) if is_id(lookup_id) else None
    if row is not None and row[0].kind == PLACE:
        placing.fill(db.session(), form, row[0])
        form.case.data = row[1].number if row[1] else SIGNAL


@bp.post("/<uuid:lookup_id>/again")
def again(lookup_id: UUID) -> ResponseReturnValue:
    """Ask a lookup by place once more: what came since is marked in the answer."""
    row = queries.lookup(db.session(), lookup_id)
    if row is None or row[0].kind != PLACE:
        abort(404)
    lookup, case = row
    bound = service.Bound(case=case, signal=lookup.signal, reason=lookup.reason)
    asked = placing.asked_again(lookup)
    fresh = service.ask_place(db.session(), now=clock.now(), actor=current_user.actor, bound=bound, asked=asked)
    db.session.commit()
    LOOKUPS.labels("place").inc()
    return redirect(url_for(".show", lookup_id=fresh.id), 303)


@bp.get("/venues")
def suggest() -> ResponseReturnValue:
    """Names for the field while it is typed in."""
    text, commune, kind = (
        request.args.get(name, "").replace("\0", "").strip()[:200] for name in ("venue", "commune", "kind")
    )
    enough = len(text) >= 2
    found = finding.search(db.session(), text, commune_id=commune, kind=kind, limit=8) if enough else []
    return render_template("exposure/suggest.html", found=found)


@bp.post("/place")
def by_place() -> ResponseReturnValue:
    session, form = db.session(), _place_form()
    if "add" in request.form:
        choices = meaning.add(session, form)
        return _index(form, _person_form(), "place", status=422 if form.venue.errors else 200, choices=choices)
    valid = form.validate() & _case_is_known(form) & form.check_window()
    if not valid:
        _note_no_purpose(form)
        meaning.keep_chosen(session, form)
        return _index(form, _person_form(), "place", status=422)
    meant = meaning.meant(session, form)
    if meant.choices is not None:
        return _index(form, _person_form(), "place", status=422 if not meant.choices else 200, choices=meant.choices)
    second_place = meaning.second_place(session, form) if form.other_window else None
    if form.other_window and second_place is None:
        meaning.keep_chosen(session, form)
        return _index(form, _person_form(), "place", status=422)
    asked = placing.asked_by(form, meant.spots, second_place)
    lookup = service.ask_place(db.session(), now=clock.now(), actor=current_user.actor, bound=_bound(form), asked=asked)
    db.session.commit()
    LOOKUPS.labels("place").inc()
    return redirect(url_for(".show", lookup_id=lookup.id), 303)


@bp.post("/person")
def by_person() -> ResponseReturnValue:
    form = _person_form()
    if not (form.validate() & _case_is_known(form)):
        _note_no_purpose(form)
        return _index(_place_form(), form, "person", status=422)
    now = clock.now()
    asked = service.PersonAsked(
        start=now - timedelta(days=context.rules(clock.today()).retention_days),
        end=now,
        id_number=parse_id_number(form.id_number.data).value if form.id_number.data else "",
        phone=normalise_phone(form.phone.data) if form.phone.data else "",
        full_name=form.full_name.data or "",
        birth_year=int(form.birth_year.data) if form.birth_year.data else None,
    )
    lookup = service.ask_person(
        db.session(), context.vault(), now=now, actor=current_user.actor, bound=_bound(form), asked=asked
    )
    db.session.commit()
    LOOKUPS.labels("person").inc()
    return redirect(url_for(".show", lookup_id=lookup.id), 303)


@bp.get("/<uuid:lookup_id>")
def show(lookup_id: UUID) -> ResponseReturnValue:
    started, page = time.perf_counter(), max(1, request.args.get("page", 1, type=int))
    if page > MOST_PAGES:
        abort(404)
    row = queries.lookup(db.session(), lookup_id)
    if row is None:
        abort(404)
    lookup, case = row
    if there := taking.elsewhere(lookup, case):
        return redirect(there, 303)
    if second.wants_reading(db.session(), lookup):
        return second.way(lookup_id, READ)
    reading = recording.begin(lookup, case, "lookup.read")
    how = {PLACE: _show_place, CASE: _show_case, SOURCE: _show_source}.get(lookup.kind, _show_person)
    html, rows = how(lookup, case, page, started)
    recording.end(reading, "lookup.shown", rows)
    return html


def _show_place(lookup: Lookup, case: Case | None, _page: int, started: float) -> tuple[str, int]:
    view, earlier = placing.View.of(request.args), placing.earlier(db.session(), lookup)
    shown, source = replica.read(
        lambda session: placing.place_page(session, context.vault(), lookup, view, earlier) if view else None
    )
    if shown is None:
        abort(404)
    pictures = of_place(db.session(), lookup, case, shown["rows"], shown["times"])
    took = showing.seconds_shown(time.perf_counter() - started)
    html = render_template(
        "exposure/place.html", lookup=lookup, case=case, took=took, source=source, pictures=pictures, **shown
    )
    return html, len(shown["rows"])


def _show_case(lookup: Lookup, case: Case | None, page: int, started: float) -> tuple[str, int]:
    cut = Cut.of(request.args)
    shown = contacting.case_page(db.session(), context.vault(), lookup, case, page=page, cut=cut)
    if shown is None:
        abort(404)
    if not shown["from_places"]:
        why = reasons.of(db.session(), shown["found"], shown["rows"])
        shown |= {
            "why": why,
            "band_names": reasons.BAND_NAMES,
            "cut_names": reasons.CUT_NAMES,
            "most_given": MOST_GIVEN,
        }
    took = showing.seconds_shown(time.perf_counter() - started)
    page_of = "exposure/same_source.html" if shown["from_places"] else "exposure/case.html"
    html = render_template(page_of, lookup=lookup, case=case, took=took, **shown)
    if case is not None and shown["found"].worth_keeping:
        _keep_ranked(lookup.id)
    return html, len(shown["rows"])


def _keep_ranked(lookup_id: UUID) -> None:
    """So that the next page, and this one the next time, ranks nobody. Apart from this page, which is ready: where
    SQLite's writer is busy, or anything fails, the next one ranks anew."""
    store = db.session()
    scope = dict(store.info.get("scope", {}))
    store.rollback()
    with writing(), Session(db.engine.execution_options(**{IN_PASSING: True}), info={"scope": scope}) as short:
        try:
            row = queries.lookup(short, lookup_id)
            if row is not None and row[1] is not None:
                keeping.keep(short, row[0], row[1])
                short.commit()
        except SQLAlchemyError as error:
            short.rollback()
            log.warning("ranking not kept", kind=type(error).__name__)


def _show_source(lookup: Lookup, case: Case | None, page: int, started: float) -> tuple[str, int]:
    shown = sourcing.source_page(db.session(), lookup, case, page=page)
    if shown is None:
        abort(404)
    took = showing.seconds_shown(time.perf_counter() - started)
    return render_template("exposure/source.html", lookup=lookup, case=case, took=took, **shown), len(shown["rows"])


def _show_person(lookup: Lookup, case: Case | None, _page: int, started: float) -> tuple[str, int]:
    shown, source = replica.read(lambda session: showing.person_page(session, context.vault(), lookup))
    took = showing.seconds_shown(time.perf_counter() - started)
    html = render_template("exposure/person.html", lookup=lookup, case=case, took=took, source=source, **shown)
    return html, len(shown["found"])


def _note_no_purpose(form: BoundForm) -> None:
    if form.case.errors or form.signal.errors or form.reason.errors:
        refusals.mark(refusals.PURPOSE)


def _case_is_known(form: BoundForm) -> bool:
    chosen = form.case.data or ""
    if chosen in {SIGNAL, NEW} or cases.by_number(db.session(), chosen) is not None:
        return True
    form.case.errors = [gettext("Chọn ca bệnh, mở ca mới, hoặc ghi tín hiệu.")]
    return False


def _bound(form: BoundForm) -> service.Bound:
    session = db.session()
    if form.case.data == SIGNAL:
        return service.Bound(case=None, signal=form.signal.data, reason=form.reason.data or "")
    if form.case.data == NEW:
        facts = CaseFacts(
            title=form.case_title.data or "",
            disease=form.case_disease.data,
            onset_on=form.case_onset.data,
            sample_on=form.case_sample.data,
        )
        case = open_case(session, now=clock.now(), actor=current_user.actor, facts=facts)
        return service.Bound(case=case, signal=None, reason=form.reason.data or "")
    case_known = cases.by_number(session, form.case.data or "")
    return service.Bound(case=case_known, signal=None, reason=form.reason.data or "")


def _choices(form: BoundForm) -> None:
    listed = [(case.number, f"{case.number} · {case.title}") for case in cases.open_cases(db.session())]
    form.case.choices = [
        ("", gettext("Chọn…")),
        (NEW, gettext("Mở ca mới")),
        (SIGNAL, gettext("Tín hiệu, chưa có ca bệnh")),
        *listed,
    ]
    form.case_disease.choices = list(disease_names().items())


def _place_form() -> PlaceForm:
    form = PlaceForm()
    _choices(form)
    communes = places.communes_of(db.session(), context.config().province) or ()
    form.commune.choices = [("", gettext("mọi xã, phường")), *((c.id, c.full_name) for c in communes)]
    form.longest = timedelta(days=context.rules(clock.today()).retention_days)
    form.latest = clock.now() + timedelta(hours=1)
    form.day_over = clock.day_bounds(clock.today())[1]
    return form


def _person_form() -> PersonForm:
    form = PersonForm()
    _choices(form)
    return form


def _index(
    place: PlaceForm,
    person: PersonForm,
    shown: str,
    *,
    status: int = 200,
    choices: list[finding.Found] | None = None,
) -> ResponseReturnValue:
    session, form = db.session(), person if shown == "person" else place
    _offer_closed(form)
    recent = list(queries.newest(db.session()))
    return render_template(
        "exposure/index.html",
        place=place,
        person=person,
        shown=shown,
        choices=choices,
        picked=meaning.name_of(session, place.venue.data or ""),
        picked_other=meaning.name_of(session, place.other.data or ""),
        places=meaning.listed(session, place),
        recent=recent,
        subjects=showing.titles(db.session(), [lookup for lookup, _ in recent]),
    ), status


def _offer_closed(form: BoundForm) -> None:
    # A case that is closed by now is not listed, but the page of an earlier lookup may lead here with it.
    chosen = form.case.data
    if chosen and chosen not in dict(form.case.choices):
        case = cases.by_number(db.session(), chosen)
        if case is not None:
            form.case.data = case.number
            form.case.choices = [*form.case.choices, (case.number, f"{case.number} · {case.title}")]
