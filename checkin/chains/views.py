from collections.abc import Sequence
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock
from checkin.cases import queries as cases
from checkin.cases.models import Case, number_of
from checkin.cases.views import disease_names
from checkin.chains import queries, service
from checkin.chains.forms import PLACE_NAMES, SourceForm
from checkin.chains.models import VENUE, Infection
from checkin.chains.queries import Link
from checkin.chains.service import Told
from checkin.chains.tree import NARROW, Node, Picture, Tree, draw, tree_from, trees
from checkin.db import db
from checkin.errors import DomainError
from checkin.forms import too_late
from checkin.ids import is_id
from checkin.venues import finding
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise

bp = Blueprint("chains", __name__, url_prefix="/chains")
MOST_TREES = 100


@bp.get("/")
def index() -> ResponseReturnValue:
    found = trees(_nodes())
    return _page(found, found[0] if found else None)


@bp.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    """The chain from one case on."""
    case, nodes = _case(number), _nodes()
    return _page(trees(nodes), tree_from(nodes, case.seq), case)


@bp.route("/<number>/source", methods=["GET", "POST"])
def tell(number: str) -> ResponseReturnValue:
    """How a case was infected; the tracing of its source suggests a case and a place in the address."""
    session, case = db.session(), _case(number)
    said, form = queries.said(session, case.id), SourceForm()
    if request.method == "GET":
        form.seen.data = str(said[0].number if said else 0)
        _suggest(form, said)
        return _form_page(case, form, said)
    told = _told(form) if form.validate() else None
    if told is None:
        return _form_page(case, form, said, 422)
    try:
        service.tell(session, now=clock.now(), actor=current_user.actor, case=case, told=told, seen=form.version)
    except DomainError as error:
        session.rollback()
        case = _case(number)
        said = queries.said(session, case.id)
        if error.reason == "changed":
            form.seen.data = form.seen.raw_data = str(said[0].number if said else 0)  # type: ignore[assignment]
            last = (said[0].by_name, str(gettext("Ghi nguồn lây")), said[0].at) if said else ()
            form.reason.errors = [too_late(*last)]
            return _form_page(case, form, said, 409)
        form.source.errors = [_refusal(error.reason)]
        return _form_page(case, form, said, 422)
    session.commit()
    flash(gettext("Đã ghi nguồn lây của ca %(number)s.", number=case.number), "ok")
    return redirect(url_for(".show", number=number_of(_top(case))), 303)


def _top(case: Case) -> int:
    """The case with which the chain of this one begins."""
    sources, seq = {node.seq: node.source for node in _nodes()}, case.seq
    for _ in sources:
        seq = sources.get(seq) or seq
    return seq


def _refusal(reason: str) -> str:
    return str(
        {
            "self": gettext("Ca không tự lây cho mình."),
            "disease": gettext("Ca kia mắc bệnh khác."),
            "discarded": gettext("Ca kia đã loại trừ."),
            "circle": gettext("Ca kia đã được ghi là nhiễm từ ca này, trực tiếp hoặc qua ca khác."),
        }.get(reason, gettext("Không ghi được như vậy: xem lại ca và nơi."))
    )


def _suggest(form: SourceForm, said: Sequence[Infection]) -> None:
    """What the address suggests, else what holds now; a reason is always to be written."""
    session, at = db.session(), request.args.get("at", "")
    form.source.data = request.args.get("from", "")[:20]
    venue_id = UUID(at) if is_id(at) else None
    if not form.source.data and said:
        # None where that case was discarded since: then another source is to be said.
        source = next(iter(queries.linked_cases(session, [said[0].source_id])), None) if said[0].source_id else None
        form.source.data = source.number if source else ""
        form.place.data, venue_id = said[0].place, said[0].venue_id
    if venue_id is not None:
        form.place.data = VENUE
        name = venues.names(session, {venue_id}).get(venue_id)
        form.venue.data = venues.own_codes(session, {venue_id}).get(venue_id) or (name.name if name else "")


def _told(form: SourceForm) -> Told | None:
    """What was typed; None with an error beside the field where it means no case or no place."""
    session, source, venue_id = db.session(), None, None
    if form.source.data:
        source = cases.by_number(session, form.source.data)
        if source is None:
            form.source.errors = [gettext("Không có ca nào mang số này.")]
            return None
    if form.place.data == VENUE:
        text = form.venue.data or ""
        door = venues.door(session, normalise(text)) if diagnose(text) == "ok" else None
        found = [] if door else finding.search(session, text)
        meant = finding.the_one(found)
        if door is None and meant is None:
            several = gettext("Nhiều địa điểm mang tên này: ghi mã trên áp phích.")
            form.venue.errors = [several if found else gettext("Không có địa điểm nào mang tên hoặc mã này.")]
            return None
        venue_id = door.venue_id if door else meant.id if meant else None
    return Told(place=form.place.data, reason=form.reason.data or "", source=source, venue_id=venue_id)


def _case(number: str) -> Case:
    case = cases.by_number(db.session(), number)
    if case is None:
        abort(404)
    return case


def _nodes() -> list[Node]:
    return [Node(one.seq, day_of(one), one.source) for one in queries.links(db.session())]


def day_of(case: Link) -> date:
    """The day by which a case stands: of onset, else of the sample, else on which it was opened."""
    return case.day or clock.to_local(case.opened_at or clock.LONG_AGO).date()


def _page(found: list[Tree], tree: Tree | None, case: Case | None = None) -> ResponseReturnValue:
    session = db.session()
    order: list[int] = []
    shown: dict[str, Picture] = {}
    if tree is not None:
        shown = {"wide": draw(tree), "narrow": draw(tree, NARROW)}
        drawn = [one.seq for one in shown["wide"].drawn]
        order = sorted(drawn, key=lambda seq: (tree.generation[seq], tree.nodes[seq].day, seq))
    listed = found[:MOST_TREES]
    # Of a long chain no more is read than is shown.
    by_seq = cases.by_seqs(session, {*order, *(one.root for one in listed)})
    held = queries.in_force(session, [by_seq[seq].id for seq in order])
    return render_template(
        "chains/index.html",
        tree=tree,
        trees=listed,
        more=max(0, len(found) - MOST_TREES),
        case=case,
        order=order,
        cases=by_seq,
        said={seq: held[by_seq[seq].id] for seq in order if by_seq[seq].id in held},
        number_of=number_of,
        places=PLACE_NAMES,
        venue_names=venues.names(session, {one.venue_id for one in held.values() if one.venue_id}),
        diseases=disease_names(),
        **shown,
    )


def _form_page(case: Case, form: SourceForm, said: Sequence[Infection], status: int = 200) -> ResponseReturnValue:
    session = db.session()
    sources = queries.linked_cases(session, {one.source_id for one in said if one.source_id})
    return render_template(
        "chains/source.html",
        case=case,
        form=form,
        said=said,
        numbers={one.id: one.number for one in sources},
        places=PLACE_NAMES,
        venue_names=venues.names(session, {one.venue_id for one in said if one.venue_id}),
    ), status
