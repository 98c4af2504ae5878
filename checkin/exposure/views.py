import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.service import CaseFacts, open_case
from checkin.cases.views import disease_names
from checkin.charts import bars
from checkin.db import db, set_read_only
from checkin.exposure import listing, queries, service
from checkin.exposure.exporting import export_person, export_place
from checkin.exposure.exports import TooManyRows
from checkin.exposure.forms import NEW, SHOWN, SIGNAL, BoundForm, PersonForm, PlaceForm
from checkin.exposure.models import PLACE, Lookup
from checkin.exposure.overlap import Presence, Window, presences
from checkin.exposure.queries import Area, StayRow
from checkin.exposure.timeline import found_people
from checkin.metrics import LOOKUPS
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.places import queries as places
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise
from checkin.venues.kinds import KINDS
from checkin.visits import stays

bp = Blueprint("exposure", __name__, url_prefix="/lookup")
PAGE = 50


@bp.get("/")
def index() -> ResponseReturnValue:
    place, person = _place_form(), _person_form()
    now = clock.to_local(clock.now()).replace(second=0, microsecond=0)
    place.start.data = request.args.get("start", (now - timedelta(hours=2)).strftime(SHOWN))[:16]
    place.end.data = request.args.get("end", now.strftime(SHOWN))[:16]
    place.venue.data = request.args.get("venue", "")[:11]
    for form in (place, person):
        form.case.data = request.args.get("case", "")[:20] or None
    return _index(place, person, "person" if request.args.get("by") == "person" else "place")


@bp.get("/venues")
def suggest() -> ResponseReturnValue:
    """Names for the field while it is typed in."""
    text = request.args.get("venue", "").strip()[:200]
    found = venues.search(db.session(), text, limit=8) if len(text) >= 2 else []
    return render_template("exposure/suggest.html", found=found)


@bp.post("/place")
def by_place() -> ResponseReturnValue:
    form = _place_form()
    valid = form.validate() & _case_is_known(form) & form.check_window()
    if not valid:
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
    started = time.perf_counter()
    lookup, case = _logged(lookup_id, "lookup.read")
    if lookup.kind == PLACE:
        return _show_place(lookup, case, started)
    return _show_person(lookup, case, started)


@bp.post("/<uuid:lookup_id>/export.<any(csv,xlsx):form>")
def export(lookup_id: UUID, form: str) -> ResponseReturnValue:
    """The whole list as a file; logged before it is made."""
    lookup, case = _logged(lookup_id, f"lookup.export.{form}")
    session, vault = db.session(), context.vault()
    try:
        if lookup.kind == PLACE:
            found = _found_at(session, lookup)
            body = export_place(session, vault, lookup, case, found.people, found.window, form)
        else:
            body = export_person(session, vault, lookup, case, form)
    except TooManyRows:
        abort(413)
    mimetype = (
        "text/csv; charset=utf-8"
        if form == "csv"
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    name = f"{lookup.number}.{form}"
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _show_place(lookup: Lookup, case: Case | None, started: float) -> ResponseReturnValue:
    session = db.session()
    found = _found_at(session, lookup)
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * PAGE
    if first >= len(found.people) and page > 1:
        abort(404)
    home = context.config().province
    return render_template(
        "exposure/place.html",
        lookup=lookup,
        case=case,
        title=_title(session, lookup),
        window=found.window,
        scale=listing.scale_around(found.window),
        counts={
            "people": len(found.people),
            "certain": sum(1 for p in found.people if p.certain_minutes > 0),
            "watch": sum(1 for p in found.people if any(s.triage in {"watch", "urgent"} for s in p.stays)),
            "outside": sum(1 for p in found.people if any(s.province_id not in {home, None} for s in p.stays)),
        },
        chart=bars(listing.present_by_hour(found.around, found.window)),
        rows=listing.rows(session, context.vault(), found.people[first : first + PAGE], found.window),
        first=first,
        page=page,
        pages=max(1, -(-len(found.people) // PAGE)),
        seconds=time.perf_counter() - started,
    )


def _show_person(lookup: Lookup, case: Case | None, started: float) -> ResponseReturnValue:
    session, vault = db.session(), context.vault()
    return render_template(
        "exposure/person.html",
        lookup=lookup,
        case=case,
        asked=vault.open(lookup.asked) if lookup.asked else {},
        found=found_people(session, vault, lookup),
        local=lambda moment: clock.to_local(moment).strftime(SHOWN),
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class FoundAt:
    """What a lookup by place found: everybody in the window, and the stays around it for the chart."""

    window: Window
    people: list[Presence[StayRow]]
    around: list[StayRow]


def _found_at(session: Session, lookup: Lookup) -> FoundAt:
    window = Window(lookup.start, lookup.end)
    rules = context.rules(clock.to_local(lookup.start).date())
    area = Area(
        tuple(venues.with_inside(session, lookup.venue_id)) if lookup.venue_id else (),
        lookup.zone_id,
        lookup.commune_id,
        lookup.venue_kind,
    )
    start, end = listing.chart_bounds(window)
    around = queries.stays_at(session, area, min(start, window.start), max(end, window.end), stays.cap(rules))
    return FoundAt(window, presences(around, window), around)


def _logged(lookup_id: UUID, action: str) -> tuple[Lookup, Case | None]:
    """The lookup, after this reading of it is on record; nothing is read where it cannot be."""
    set_read_only(False)
    session = db.session()
    row = queries.lookup(session, lookup_id)
    if row is None:
        abort(404)
    lookup, case = row
    service.read(session, now=clock.now(), actor=current_user.actor, lookup=lookup, case=case, action=action, rows=None)
    session.commit()
    set_read_only(True)
    return lookup, case


def _title(session: Session, lookup: Lookup) -> str:
    if lookup.venue_id:
        venue = venues.names(session, {lookup.venue_id}).get(lookup.venue_id)
        zone = venues.zone_names(session, [lookup.venue_id]).get(lookup.zone_id) if lookup.zone_id else None
        name = venue.name if venue else "?"
        return f"{name} – {zone}" if zone else name
    commune = places.commune(session, lookup.commune_id)
    kind = str(KINDS[lookup.venue_kind]) if lookup.venue_kind else gettext("Mọi địa điểm")
    return f"{kind}, {commune.full_name}" if commune else kind


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
    communes = places.communes_of(db.session(), context.config().province)
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
    return render_template(
        "exposure/index.html",
        place=place,
        person=person,
        shown=shown,
        choices=choices,
        recent=list(queries.newest(db.session())),
    ), status
