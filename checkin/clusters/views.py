from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, gettext
from flask_login import current_user

from checkin import clock, context
from checkin.audit import refusals
from checkin.cases import queries as cases
from checkin.cases.models import number_of
from checkin.cases.views import disease_names
from checkin.clusters import folding, looking, queries, service
from checkin.clusters.forms import LookForm, SayForm
from checkin.clusters.models import NEW, NOTHING, SEEN, WORKING, Signal
from checkin.clusters.piles import Bounds
from checkin.clusters.shared import Limits
from checkin.clusters.words import STATE_NAMES, what
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure import service as lookups
from checkin.forms import too_late
from checkin.metrics import LOOKUPS
from checkin.places import queries as places
from checkin.venues import queries as venues

bp = Blueprint("clusters", __name__, url_prefix="/signals")
MOST, MOST_OVER = 100, 50


@bp.app_template_global("signals_unseen")
def signals_unseen() -> int:
    """What the officer's menu counts."""
    return queries.unseen(db.session())


@dataclass(frozen=True)
class Shown:
    """A signal in words: what it is, and where."""

    signal: Signal
    what: str
    place: str
    commune: str


@bp.get("/")
def index() -> ResponseReturnValue:
    session = db.session()
    open_ones = {state: queries.listed(session, state, MOST) for state in (NEW, WORKING)}
    over = [one for state in (SEEN, NOTHING) for one in queries.listed(session, state, MOST_OVER)]
    over.sort(key=lambda one: (one.changed_at, one.seq), reverse=True)
    everything = [*open_ones[NEW], *open_ones[WORKING], *over[:MOST_OVER]]
    rules = context.rules(clock.today())["signals"]
    bounds = Bounds.from_dict(rules["piles"])
    return render_template(
        "clusters/index.html",
        fresh=_shown(open_ones[NEW]),
        working=_shown(open_ones[WORKING]),
        over=_shown(over[:MOST_OVER]),
        counts=queries.counts(session),
        steps=queries.last_step(session, [one.id for one in everything]),
        states=STATE_NAMES,
        limits=Limits.from_dict(rules["clusters"]),
        bounds=bounds,
        ratio=format_decimal(bounds.ratio),
        one_in=round(1 / bounds.chance),
    )


@bp.post("/look")
def look() -> ResponseReturnValue:
    """Look for cases that share places now; symptoms wait for the hourly round, which reads a hundred times as much."""
    looking.look(db.session(), now=clock.now(), actor=current_user.actor, symptoms=False)
    db.session.commit()
    flash(gettext("Đã dò lại các ca cùng địa điểm."), "ok")
    return redirect(url_for(".index"), 303)


@bp.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    signal = _signal(number)
    return _page(signal, _say_form(signal), LookForm(formdata=None))


@bp.post("/<number>/say")
def say(number: str) -> ResponseReturnValue:
    signal, form = _signal(number), SayForm()
    if not form.validate():
        return _page(signal, form, LookForm(formdata=None), 422)
    try:
        service.say(
            db.session(), now=clock.now(), actor=current_user.actor, signal=signal, seen=form.version,
            state=form.state.data, note=form.note.data or "",
        )  # fmt: skip
    except DomainError as error:
        db.session.rollback()
        if error.reason != "changed":
            abort(400)
        signal = _signal(number)
        said = queries.steps(db.session(), signal.id)
        last = (said[0].by_name, str(STATE_NAMES[said[0].state]), said[0].at) if said else ()
        form.note.errors = [too_late(*last)]
        form.seen.data = form.seen.raw_data = str(signal.version)  # type: ignore[assignment]
        return _page(signal, form, LookForm(formdata=None), 409)
    db.session.commit()
    flash(gettext("Đã ghi: %(state)s.", state=STATE_NAMES[form.state.data]), "ok")
    return redirect(url_for(".show", number=number), 303)


@bp.post("/<number>/lookup")
def look_up(number: str) -> ResponseReturnValue:
    """Record a lookup of the place and time of a signal, bound to it, and go there."""
    session, signal, form, now = db.session(), _signal(number), LookForm(), clock.now()
    if not form.validate():
        refusals.mark(refusals.PURPOSE)
        return _page(signal, _say_form(signal), form, 422)
    (shown,) = _shown([signal])
    bound = lookups.Bound(
        case=None, signal=f"{signal.number}: {shown.what}, {shown.place}"[:200], reason=form.reason.data or ""
    )
    kept = now - timedelta(days=context.rules(clock.today()).retention_days)
    asked = lookups.PlaceAsked(
        start=max(min(signal.start, now), kept), end=max(min(signal.end, now), kept), venue_id=signal.venue_id,
        zone_id=signal.zone_id, commune_id=signal.commune_id,
    )  # fmt: skip
    lookup = lookups.ask_place(session, now=now, actor=current_user.actor, bound=bound, asked=asked)
    session.commit()
    LOOKUPS.labels("place").inc()
    return redirect(url_for("exposure.show", lookup_id=lookup.id), 303)


def _signal(number: str) -> Signal:
    signal = queries.by_number(db.session(), number)
    if signal is None:
        abort(404)
    return signal


def _say_form(signal: Signal) -> SayForm:
    form = SayForm(formdata=None)
    form.seen.data, form.state.data = str(signal.version), signal.state if signal.state != NEW else SEEN
    return form


def _shown(signals: Iterable[Signal]) -> list[Shown]:
    session, names, signals = db.session(), disease_names(), list(signals)
    known = venues.names(session, {one.venue_id for one in signals if one.venue_id})
    communes = {one.commune_id for one in signals if one.commune_id} | {venue.commune_id for venue in known.values()}
    called = places.names(session, communes)
    zones = venues.zone_names(session, [one.venue_id for one in signals if one.venue_id and one.zone_id])
    found = []
    for one in signals:
        disease = names.get(one.disease or "", one.disease or "")
        venue = known.get(one.venue_id) if one.venue_id else None
        if one.commune_id:
            where, commune = called.get(one.commune_id, one.commune_id), gettext("nơi ở của người khai")
        else:
            where = venue.name if venue else gettext("Địa điểm đã xoá")
            where += f" – {zones[one.zone_id]}" if one.zone_id in zones else ""
            commune = called.get(venue.commune_id, "") if venue else ""
        found.append(Shown(one, what(one, disease), where, commune))
    return found


def _page(signal: Signal, form: SayForm, look_form: LookForm, status: int = 200) -> ResponseReturnValue:
    session, signal_id = db.session(), signal.id
    group = None
    if signal.disease is not None:
        service.reading(session, now=clock.now(), actor=current_user.actor, signal=signal)
        session.commit()
        group = looking.cases_of(session, signal, now=clock.now())
    stays = group.stays if group else ()
    zones = venues.zone_names(session, [signal.venue_id]) if signal.venue_id else {}
    (shown,) = _shown([signal])
    return render_template(
        "clusters/show.html",
        shown=shown,
        signal=signal,
        form=form,
        look_form=look_form,
        group=group,
        stays=stays,
        people=folding.people(stays),
        by_zone=folding.by_zone(stays),
        facts=cases.by_seqs(session, {stay.seq for stay in stays}),
        numbers={stay.seq: number_of(stay.seq) for stay in stays},
        zones=zones,
        steps=queries.steps(session, signal_id),
        made=queries.lookups_for(session, signal.number),
        states=STATE_NAMES,
        apart=Limits.from_dict(context.rules(clock.today())["signals"]["clusters"]).of(signal.disease or "").days,
    ), status
