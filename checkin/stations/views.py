from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin import clock, context, pagekeys, scope
from checkin.calls import queries as calls
from checkin.contacts import queries as to_call
from checkin.contacts.words import RAISE_NAMES, RESULT_NAMES
from checkin.db import db
from checkin.exposure.reasons import BAND_NAMES
from checkin.monitoring import queries as quarantined
from checkin.places import queries as communes
from checkin.stations import given, queries
from checkin.stations.showing import DAYS, WORDS, commune_name, lines_of, record
from checkin.stations.worklist import Filters, counts, ordered
from checkin.venues.kinds import KINDS

bp = Blueprint("stations", __name__, url_prefix="/station")
# On a page; on paper; and more than a station of a commune ever has at once, of which the newest are kept.
PAGE, SHEET, MOST = 50, 500, 5000


@bp.get("/")
def index() -> ResponseReturnValue:
    """Whom the station has to call; the reading is on record before a name is opened."""
    session, now = db.session(), clock.now()
    filters = Filters(*(request.args.get(name, "") for name in ("show", "only", "kind")))
    paper = "print" in request.args
    try:
        page = int(request.args.get("page", "1")[:6])
    except ValueError:
        abort(404)
    if not filters.known or page < 1:
        abort(404)
    every = calls.waiting(session, since=now - timedelta(days=DAYS), most=MOST)
    found, size = ordered(every, filters), SHEET if paper else PAGE
    shown = found[(page - 1) * size : page * size]
    if page > 1 and not shown:
        abort(404)
    # Beside the declarations: whom the CDC gave to this station. They have pages of their own, and no filters.
    each = SHEET if paper else PAGE
    contacts, vault = given.Part(), context.vault()
    name = f"station {scope.current(session).commune}"
    if page == 1 and not filters.address():
        contacts = given.part(session, pagekeys.asked(vault, name, given.SHAPE, request.args), limit=each)
    urgent = quarantined.count_urgent(session, clock.today())
    waiting, overdue = to_call.count_to_call(session, now)
    moved = calls.moved_away(session, since=now - timedelta(days=DAYS), limit=PAGE)
    if shown or contacts.size:
        record(now, len(shown) + contacts.size)
    turns = given.turns(session, vault, contacts)
    if contacts.size and not turns.rows:
        # Whoever stood there has been called meanwhile.
        return redirect(url_for(".index", print=1 if paper else None), 303)
    return render_template(
        "stations/index.html",
        commune=commune_name(),
        lines=lines_of(shown, every),
        counts=counts(every, filters),
        filters=filters,
        total=len(found),
        page=page,
        pages=max(1, -(-len(found) // size)),
        has_any=bool(every),
        full=len(every) >= MOST,
        moved=moved,
        contacts=turns.rows,
        beside=pagekeys.words(vault, name, turns),
        band_names=BAND_NAMES,
        urgent=urgent,
        raise_names=RAISE_NAMES,
        waiting=waiting,
        overdue=overdue,
        now_at=now,
        result_names=RESULT_NAMES,
        communes={unit.id: unit.full_name for unit in communes.communes_of(session, context.config().province) or ()},
        paper=paper,
        days=DAYS,
        **WORDS,
    )


@bp.get("/venues")
def venues() -> ResponseReturnValue:
    """The venues of the commune, and how many came today."""
    session, today = db.session(), clock.today()
    try:
        after = UUID(request.args["after"]) if "after" in request.args else None
    except ValueError:
        abort(404)
    found = queries.places(session, after=after, limit=PAGE + 1)
    if found is None or (after and not found):
        abort(404)
    visits = queries.visits_at_places(session, *clock.day_bounds(today))
    yesterday = queries.visits_at_places(session, *clock.day_bounds(today - timedelta(days=1)))
    return render_template(
        "stations/venues.html",
        commune=commune_name(),
        places=found[:PAGE],
        total=queries.count_places(session),
        visits=visits,
        yesterday=yesterday,
        first_page=after is None,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        kinds=KINDS,
    )
