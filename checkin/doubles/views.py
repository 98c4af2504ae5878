from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, notes, scope
from checkin.audit import refusals
from checkin.cases import queries as cases
from checkin.cases.models import OPEN_STATES
from checkin.contacts.words import STAGE_NAMES
from checkin.db import begin_writing, db
from checkin.doubles import queries, service
from checkin.doubles.comparing import ACCENTS, DIFFERENT, FIELDS, ONE_SIDE, SAME, VERDICTS, Compared, compared
from checkin.doubles.forms import SayForm, StartForm
from checkin.doubles.likeness import FAMILY
from checkin.doubles.signals import people_compared
from checkin.doubles.words import LIST_NAMES, LIST_OF, LISTS, STATE_NAMES, STEP_NAMES
from checkin.errors import DomainError
from checkin.exposure import queries as lookups
from checkin.exposure import recording
from checkin.exposure import service as asking
from checkin.exposure.models import DOUBLES, Lookup
from checkin.forms import too_late
from checkin.ids import is_id
from checkin.joins import queries as joins
from checkin.joins.models import JOIN, SPLIT, STEPS, Pair

bp = Blueprint("doubles", __name__, url_prefix="/doubles")
PAGE = 50
# What the record of such a lookup is bound to: no case, but the work itself.
SIGNAL = "Rà người bị ghi hai lần"
WORDS: dict[str, Any] = {
    "list_names": LIST_NAMES,
    "list_of": LIST_OF,
    "state_names": STATE_NAMES,
    "step_names": STEP_NAMES,
    "field_names": FIELDS,
    "verdicts": VERDICTS,
    "SAME": SAME,
    "ACCENTS": ACCENTS,
    "DIFFERENT": DIFFERENT,
    "ONE_SIDE": ONE_SIDE,
    "MANY": queries.MANY,
    "FAMILY": FAMILY,
}


@bp.app_template_global("doubles_waiting")
def doubles_waiting() -> int:
    """How many pairs wait that are likely to be one person; a family on one phone is not."""
    return queries.likely(db.session())


@bp.route("/", methods=["GET", "POST"])
def start() -> ResponseReturnValue:
    """What waits, in numbers alone; a reason opens it."""
    form, session = StartForm(), db.session()
    if form.validate_on_submit():
        now, bound = clock.now(), asking.Bound(case=None, signal=SIGNAL, reason=form.reason.data or "")
        lookup = asking.ask_case(
            session, now=now, actor=current_user.actor, bound=bound, start=now, end=now, kind=DOUBLES
        )
        session.commit()
        return redirect(url_for(".index", lookup_id=lookup.id), 303)
    if form.errors:
        refusals.mark(refusals.PURPOSE)
    return render_template(
        "doubles/start.html", form=form, counts=_counts(), scan=queries.last_scan(session), **WORDS
    ), 422 if form.errors else 200


@bp.get("/<uuid:lookup_id>")
def index(lookup_id: UUID) -> ResponseReturnValue:
    """A page of a list; the reading is on record before a name is opened."""
    counts = _counts()
    which = request.args.get("list") or next((name for name in LISTS if counts[name]), next(iter(LISTS)))
    after = request.args.get("after", "")
    if which not in LISTS or after and not is_id(after):
        abort(404)
    lookup = _lookup(lookup_id)
    shown = queries.page(db.session(), *LISTS[which], UUID(after) if after else None, PAGE + 1)
    if after and not shown:
        abort(404)
    lines: list[Compared] = []
    more = len(shown) > PAGE
    if shown:
        ids = [pair.id for pair in shown[:PAGE]]
        lookup, lines = _read(lookup_id, lambda: [pair for one in ids if (pair := queries.one(db.session(), one))])
    return render_template(
        "doubles/index.html",
        lookup=lookup,
        which=which,
        lines=lines,
        counts=counts,
        more=lines[-1].pair.id if more and lines else None,
        after=after,
        scan=queries.last_scan(db.session()),
        close_years=_close_years(),
        **WORDS,
    )


@bp.get("/<uuid:lookup_id>/<uuid:pair_id>")
def show(lookup_id: UUID, pair_id: UUID) -> ResponseReturnValue:
    return _page(lookup_id, pair_id, SayForm(formdata=None))


@bp.post("/<uuid:lookup_id>/<uuid:pair_id>")
def say(lookup_id: UUID, pair_id: UUID) -> ResponseReturnValue:
    """Join two people, say that they are two, or take a joining back."""
    session, form, what = db.session(), SayForm(), request.form.get("what", "")
    if what not in STEPS:
        abort(400)
    _lookup(lookup_id)
    if _pair(pair_id) is None:
        abort(404)
    if not form.validate():
        return _page(lookup_id, pair_id, form, status=422)
    how: dict[str, Any] = {"pair_id": pair_id, "seen": form.version, "reason": form.reason.data or ""}
    how |= {"now": clock.now(), "actor": current_user.actor}
    # What was read began a transaction; who holds the pair now is to be seen.
    session.rollback()
    scope.bind(session, lookup_id)
    try:
        told = _act(what, how)
        session.commit()
    except DomainError as error:
        session.rollback()
        return _page(lookup_id, pair_id, form, late=_refusal(error.reason, pair_id), status=409)
    flash(told, "ok")
    return redirect(url_for(".show", lookup_id=lookup_id, pair_id=pair_id), 303)


def _act(what: str, how: dict[str, Any]) -> str:
    session, vault = db.session(), context.vault()
    if what == JOIN:
        service.join(session, vault, **how)
        return str(
            gettext("Đã gộp: từ nay hai hồ sơ được đọc như một người. Không lượt vào nào bị sửa; tách lại được.")
        )
    if what == SPLIT:
        service.set_apart(session, vault, **how)
        return str(gettext("Đã ghi là hai người: cặp này không còn được đề nghị."))
    if service.part(session, vault, **how):
        return str(gettext("Đã tách: mọi thứ như trước khi gộp."))
    return str(gettext("Đã tách cặp này, nhưng hai người vẫn là một qua một hồ sơ khác đã gộp với cả hai."))


def _refusal(reason: str, pair_id: UUID) -> str:
    pair = _pair(pair_id)
    if pair is None:
        abort(404)
    if reason == "cases":
        people = joins.everybody_of(db.session(), [pair.one_id, pair.other_id])
        numbers = ", ".join(c.number for c in cases.of_people(db.session(), people) if c.state in OPEN_STATES)
        return str(
            gettext(
                "Không gộp được: hai ca đang mở (%(numbers)s). Gỡ người khỏi một ca, hoặc kết thúc ca đó, rồi gộp.",
                numbers=numbers,
            )
        )
    steps = queries.steps(db.session(), pair_id)
    last = (steps[-1].by_name, str(STEP_NAMES[steps[-1].what]), steps[-1].at) if steps else ()
    return too_late(*last)


def _page(lookup_id: UUID, pair_id: UUID, form: SayForm, *, late: str = "", status: int = 200) -> ResponseReturnValue:
    _lookup(lookup_id)
    if _pair(pair_id) is None:
        abort(404)
    lookup, lines = _read(lookup_id, lambda: [pair for pair in [_pair(pair_id)] if pair], whole=True)
    if not lines:
        abort(404)
    session, vault = db.session(), context.vault()
    return render_template(
        "doubles/pair.html",
        lookup=lookup,
        line=lines[0],
        form=form,
        steps=[(step, notes.opened(vault, step.reason)) for step in queries.steps(session, pair_id)],
        case_numbers=_case_numbers(lines[0]),
        stage_names=STAGE_NAMES,
        close_years=_close_years(),
        late=late,
        **WORDS,
    ), status


def _read(
    lookup_id: UUID, pairs: Callable[[], Sequence[Pair]], *, whole: bool = False
) -> tuple[Lookup, list[Compared]]:
    """Put the reading on record, open both people of each pair, and say whose; where that fails, nothing is shown."""
    session = db.session()
    reading = recording.begin(_lookup(lookup_id), None, "doubles.read")
    lookup = _lookup(lookup_id)
    lines = compared(session, context.vault(), pairs(), clock.now(), whole=whole)
    people = {side.id for line in lines for side in (line.one, line.other)}
    begin_writing()
    lookup = _lookup(lookup_id)
    people_compared.send(session, lookup=lookup, people=people, now=clock.now())
    session.commit()
    recording.end(reading, "lookup.shown", len(people))
    return _lookup(lookup_id), lines


def _case_numbers(line: Compared) -> dict[UUID, str]:
    """The numbers of the cases that these two are contacts of."""
    wanted = {contact.case_id for side in (line.one, line.other) for contact in side.contacts}
    return cases.numbers(db.session(), wanted)


def _lookup(lookup_id: UUID) -> Lookup:
    row = lookups.lookup(db.session(), lookup_id)
    if row is None or row[0].kind != DOUBLES:
        abort(404)
    scope.bind(db.session(), lookup_id)
    return row[0]


def _pair(pair_id: UUID) -> Pair | None:
    return queries.one(db.session(), pair_id)


def _close_years() -> int:
    return int(context.rules(clock.today())["doubles"]["close_years"])


def _counts() -> dict[str, int]:
    found = queries.counts(db.session())
    return {name: found.open[like] if like else found.states[state] for name, (state, like) in LISTS.items()}
