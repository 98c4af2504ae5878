from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
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
from checkin.chains.service import Told
from checkin.chains.tree import NARROW, Node, Tree, draw, tree_from, trees
from checkin.db import db
from checkin.errors import DomainError
from checkin.ids import is_id
from checkin.venues import finding
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise

bp = Blueprint("chains", __name__, url_prefix="/chains")
MOST_TREES = 100


@dataclass(frozen=True)
class Known:
    """Every case that somebody said something about, and what."""

    cases: dict[int, Case]
    said: dict[int, Infection]
    nodes: list[Node]


@bp.get("/")
def index() -> ResponseReturnValue:
    known = _known()
    found = trees(known.nodes)
    return _page(known, found, found[0] if found else None)


@bp.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    """The chain from one case on."""
    case, known = _case(number), _known()
    return _page(known, trees(known.nodes), tree_from(known.nodes, case.seq), case)


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
            form.reason.errors = [gettext("Người khác vừa ghi về ca này. Xem lại ở dưới, rồi ghi lần nữa nếu còn cần.")]
            return _form_page(case, form, said, 409)
        form.source.errors = [_refusal(error.reason)]
        return _form_page(case, form, said, 422)
    session.commit()
    flash(gettext("Đã ghi nguồn lây của ca %(number)s.", number=case.number), "ok")
    return redirect(url_for(".show", number=number_of(_top(case))), 303)


def _top(case: Case) -> int:
    """The case with which the chain of this one begins."""
    sources, seq = {node.seq: node.source for node in _known().nodes}, case.seq
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


def _known() -> Known:
    session = db.session()
    holding = queries.in_force(session)
    ids = {one.case_id for one in holding} | {one.source_id for one in holding if one.source_id}
    found = {case.id: case for case in queries.linked_cases(session, ids)}
    said = {one.case_id: one for one in holding}
    nodes = []
    for case in found.values():
        told = said.get(case.id)
        source = found.get(told.source_id) if told and told.source_id else None
        nodes.append(Node(case.seq, day_of(case), source.seq if source else None))
    by_seq = {case.seq: said[case.id] for case in found.values() if case.id in said}
    return Known({case.seq: case for case in found.values()}, by_seq, nodes)


def day_of(case: Case) -> date:
    """The day by which a case stands: of onset, else of the sample, else on which it was opened."""
    return case.onset_on or case.sample_on or clock.to_local(case.opened_at).date()


def _page(known: Known, found: list[Tree], tree: Tree | None, case: Case | None = None) -> ResponseReturnValue:
    session, names = db.session(), disease_names()
    at = {one.venue_id for one in known.said.values() if one.venue_id}
    shown: dict[str, Any] = {}
    if tree is not None:
        order = sorted(tree.generation, key=lambda seq: (tree.generation[seq], tree.nodes[seq].day, seq))
        shown = {"wide": draw(tree), "narrow": draw(tree, NARROW), "order": order}
    return render_template(
        "chains/index.html",
        tree=tree,
        trees=found[:MOST_TREES],
        more=max(0, len(found) - MOST_TREES),
        case=case,
        cases=known.cases,
        said=known.said,
        number_of=number_of,
        places=PLACE_NAMES,
        venue_names=venues.names(session, at),
        numbers={one.id: one.number for one in known.cases.values()},
        diseases=names,
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
