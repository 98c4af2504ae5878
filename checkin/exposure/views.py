import time
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock, context, replica
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.service import CaseFacts, open_case
from checkin.cases.views import disease_names
from checkin.db import db, set_read_only
from checkin.exposure import contacting, queries, service, showing
from checkin.exposure.forms import NEW, SHOWN, SIGNAL, BoundForm, PersonForm, PlaceForm
from checkin.exposure.models import CASE, PLACE, Lookup
from checkin.metrics import LOOKUPS
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.places import queries as places
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise

bp = Blueprint("exposure", __name__, url_prefix="/lookup")

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
    return _index(place, person, "person" if request.args.get("by") == "person" else "place")


@bp.get("/venues")
def suggest() -> ResponseReturnValue:
    """Names for the field while it is typed in."""
    text, commune, kind = (
        request.args.get(name, "").replace("\0", "").strip()[:200] for name in ("venue", "commune", "kind")
    )
    enough = len(text) >= 2
    found = venues.search(db.session(), text, commune_id=commune, kind=kind, limit=8) if enough else []
    return render_template("exposure/suggest.html", found=found)


@bp.post("/place")
def by_place() -> ResponseReturnValue:
    form = _place_form()
    valid = form.validate() & _case_is_known(form) & form.check_window()
    if not valid:
        _keep_chosen(form)
        return _index(form, _person_form(), "place", status=422)
    venue_id, zone_id, choices = _venue_meant(db.session(), form)
    if choices is not None:
        return _index(form, _person_form(), "place", status=422 if not choices else 200, choices=choices)
    asked = service.PlaceAsked(
        start=form.window[0],
        end=form.window[1],
        venue_id=venue_id,
        zone_id=zone_id,
        commune_id=form.commune.data or None if venue_id is None else None,
        kind=form.kind.data or None if venue_id is None else None,
    )
    lookup = service.ask_place(db.session(), now=clock.now(), actor=current_user.actor, bound=_bound(form), asked=asked)
    db.session.commit()
    LOOKUPS.labels("place").inc()
    return redirect(url_for(".show", lookup_id=lookup.id), 303)


@bp.post("/person")
def by_person() -> ResponseReturnValue:
    form = _person_form()
    if not (form.validate() & _case_is_known(form)):
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
    lookup, case = _logged(lookup_id, "lookup.read")
    if lookup.kind == PLACE:
        return _show_place(lookup, case, page, started)
    if lookup.kind == CASE:
        return _show_case(lookup, case, page, started)
    return _show_person(lookup, case, started)


def _show_place(lookup: Lookup, case: Case | None, page: int, started: float) -> ResponseReturnValue:
    only = request.args.get("only", "")
    shown, source = replica.read(
        lambda session: showing.place_page(session, context.vault(), lookup, page=page, only=only)
    )
    if shown is None:
        abort(404)
    took = showing.seconds_shown(time.perf_counter() - started)
    return render_template("exposure/place.html", lookup=lookup, case=case, took=took, source=source, **shown)


def _show_case(lookup: Lookup, case: Case | None, page: int, started: float) -> ResponseReturnValue:
    shown = contacting.case_page(db.session(), context.vault(), lookup, case, page=page)
    if shown is None:
        abort(404)
    took = showing.seconds_shown(time.perf_counter() - started)
    return render_template("exposure/case.html", lookup=lookup, case=case, took=took, **shown)


def _show_person(lookup: Lookup, case: Case | None, started: float) -> ResponseReturnValue:
    shown, source = replica.read(lambda session: showing.person_page(session, context.vault(), lookup))
    took = showing.seconds_shown(time.perf_counter() - started)
    return render_template("exposure/person.html", lookup=lookup, case=case, took=took, source=source, **shown)


def _logged(lookup_id: UUID, action: str) -> tuple[Lookup, Case | None]:
    """The lookup, after this reading of it is on record; nothing is read where it cannot be."""
    set_read_only(False)
    session = db.session()
    # Loading the account began a transaction that only reads; SQLite could not turn it into a writing one.
    session.rollback()
    row = queries.lookup(session, lookup_id)
    if row is None:
        abort(404)
    lookup, case = row
    service.read(session, now=clock.now(), actor=current_user.actor, lookup=lookup, case=case, action=action, rows=None)
    session.commit()
    set_read_only(True)
    return lookup, case


def _venue_meant(session: Session, form: PlaceForm) -> tuple[UUID | None, UUID | None, list[venues.Found] | None]:
    """(venue, zone, None) that the form means; or choices where the name fits several or none."""
    if form.venue_id.data:
        try:
            chosen = UUID(form.venue_id.data)
        except ValueError:
            chosen = UUID(int=0)
        if chosen in venues.names(session, {chosen}):
            return chosen, None, None
    text = form.venue.data or ""
    if not text:
        return None, None, None
    if diagnose(text) == "ok":
        door = venues.door(session, normalise(text))
        if door is not None:
            return door.venue_id, door.zone_id, None
    found = venues.search(session, text, commune_id=form.commune.data or None, kind=form.kind.data or None, limit=30)
    if len(found) == 1:
        return found[0].id, None, None
    if not found:
        form.venue.errors = [gettext("Không có địa điểm nào mang tên hoặc mã này.")]
    return None, None, found


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


def _keep_chosen(form: PlaceForm) -> None:
    """Put the code of a venue chosen from several into the field, so that it need not be chosen again."""
    try:
        chosen = UUID(form.venue_id.data or "")
    except ValueError:
        return
    code = venues.own_codes(db.session(), {chosen}).get(chosen)
    if code is not None:
        form.venue.data = code


def _picked(place: PlaceForm) -> str:
    """Name of the venue whose code stands in the field."""
    text = place.venue.data or ""
    door = venues.door(db.session(), normalise(text)) if diagnose(text) == "ok" else None
    if door is None:
        return ""
    name = f"{door.venue_name} – {door.zone_name}" if door.zone_name else door.venue_name
    return f"{name}, {door.commune_name}"


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
    choices: list[venues.Found] | None = None,
) -> ResponseReturnValue:
    form = person if shown == "person" else place
    _offer_closed(form)
    recent = list(queries.newest(db.session()))
    return render_template(
        "exposure/index.html",
        place=place,
        person=person,
        shown=shown,
        choices=choices,
        picked=_picked(place),
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
