"""What the pages of a station show of somebody: the reading on record, the name opened, the reasons in words."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any
from uuid import UUID

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from checkin import clock, context, scope
from checkin.calls import queries as calls
from checkin.calls.models import MOVE, StationCall
from checkin.calls.queries import Waiting
from checkin.calls.words import KIND_NAMES
from checkin.calls.words import RESULT_NAMES as CALL_RESULTS
from checkin.contacts import queries as contacts
from checkin.contacts.models import Contact
from checkin.contacts.words import ANSWER_NAMES, QUESTION_NAMES, RAISE_NAMES, RESULT_NAMES
from checkin.db import begin_writing, db, set_read_only
from checkin.declarations import queries as declarations
from checkin.errors import page
from checkin.exposure.listing import Person, person_from
from checkin.exposure.ofcase import commune_names
from checkin.exposure.showing import NOTE_NAMES
from checkin.names import clean_name
from checkin.places import queries as communes
from checkin.readable import UNREADABLE
from checkin.stations import queries, service
from checkin.stations.queries import Correction, Stop
from checkin.visits import stays

# How long what is done, and what was declared at a door, stays in the list.
DAYS = 3
# Of a form about somebody who is gone: what was typed, and how much of it is shown again.
TYPED = {
    "note": _l("Ghi chú"),
    "move_note": _l("Nhắn trạm bên đó"),
    "raise_note": _l("Ghi chú"),
    "back_note": _l("Vì sao"),
    "full_name": _l("Họ tên"),
    "phone": _l("Điện thoại"),
    "relation": _l("Là gì của F1"),
    "birth_year": _l("Năm sinh"),
    "commune": _l("Xã, phường nơi ở"),
    "met_on": _l("Lần cuối ở gần F1, trong vòng 2 m"),
}
MOST_KEPT = 1000
# And what was chosen, as (field, label, the words of each choice).
CHOSEN: list[tuple[str, Any, dict[str, Any]]] = [
    ("result", _l("Kết quả cuộc gọi"), CALL_RESULTS | RESULT_NAMES),
    *((question, name, ANSWER_NAMES) for question, name in QUESTION_NAMES.items()),
    ("to", _l("Người này từ chối: làm tiếp gì"), RAISE_NAMES),
    ("done", _l("Xong: không cần gọi nữa"), {"y": _l("Có")}),
]
STATE_NAMES = {"new": _l("Mới"), "called": _l("Đã gọi"), "done": _l("Xong")}
STEP_NAMES = {
    "take": _l("Nhận gọi"),
    "let_go": _l("Thôi nhận"),
    "call": _l("Gọi"),
    "move": _l("Chuyển trạm khác"),
    "undo": _l("Bỏ bước vừa làm"),
}
WORDS = {"note_names": NOTE_NAMES, "kind_names": KIND_NAMES, "state_names": STATE_NAMES}


@dataclass(frozen=True)
class Line:
    """Somebody of the list, the name opened."""

    told: Waiting
    person: Person
    words: tuple[str, ...]
    stop: Stop | None
    # How many further declarations of the same person are in the list.
    more: int
    # How many others of the list stood on the same form.
    along: int
    details: dict[str, Any]
    # What they made of it within the minutes in which that leaves no flag: after how many, and what they say now.
    corrected: tuple[int, tuple[str, ...]] | None = None


def commune_name() -> str:
    """The commune of the station that is signed in."""
    session = db.session()
    place = communes.commune(session, scope.current(session).commune)
    return place.full_name if place else ""


def contact_of(contact_id: UUID) -> Contact:
    """Somebody whom the station that is signed in follows."""
    contact = contacts.one(db.session(), contact_id)
    if contact is None:
        abort(404)
    return contact


def gone(_error: Exception) -> ResponseReturnValue:
    """Somebody who is not on the station's list: for who just worked on them the page keeps what was entered."""
    if request.method != "POST":
        return page(404)
    call_id, moved = (request.view_args or {}).get("call_id"), None
    if call_id is not None:
        steps = calls.steps(db.session(), call_id)
        moved = steps[-1] if steps and steps[-1].what == MOVE else None
    return render_template("stations/gone.html", entered=_entered(), moved=moved), 404


def _entered() -> list[tuple[Any, Any]]:
    """What stood on the form that was sent, as (label, words); a choice that is none is left out."""
    form = request.form
    where = ("to", _l("Xã, phường nơi người này đang ở"), commune_names() if form.get("to") else {})
    found = [(label, names[form[name]]) for name, label, names in (*CHOSEN, where) if form.get(name) in names]
    for name, label in TYPED.items():
        if text := clean_name(form.get(name, "")[:MOST_KEPT]):
            found.append((label, _as_day(text) if name == "met_on" else text))
    return found


def _as_day(text: str) -> str:
    with suppress(ValueError):
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    return text


def record(now: datetime, count: int) -> None:
    """Put the reading on record; where that fails, no name is opened."""
    session = begin_writing()
    commune = scope.current(session).commune or ""
    service.record_reading(session, now=now, actor=current_user.actor, commune=commune, rows=count)
    session.commit()
    set_read_only(True)


def lines_of(shown: Sequence[Waiting], every: Sequence[Waiting]) -> list[Line]:
    """Those shown, opened; the caller has put the reading on record."""
    session, vault = db.session(), context.vault()
    opened: dict[UUID, dict[str, Any] | None] = {}
    if stored := [told.key for told in shown if not told.kept]:
        opened |= declarations.opened(session, vault, stored)
    if kept := [told.key for told in shown if told.kept]:
        opened |= declarations.opened(session, vault, kept, StationCall.__table__)  # type: ignore[arg-type]
    times = Counter(told.person_id for told in every)
    forms = Counter(told.group_id for told in every if told.group_id)
    corrected = queries.corrected(session, shown)
    # A visit goes with the last word of its form.
    stops = queries.stops(session, [*shown, *corrected.values()], stays.longest(context.rules(clock.today())))
    return [
        Line(
            told,
            person_from(opened.get(told.id), {}),
            words_of(told),
            stops.get(told.id) or (stops.get(corrected[told.id].id) if told.id in corrected else None),
            max(times[told.person_id] - 1, 0),
            max(forms[told.group_id] - 1, 0) if told.group_id else 0,
            opened.get(told.id) or {},
            _correction(told, corrected.get(told.id)),
        )
        for told in shown
    ]


def _correction(told: Waiting, later: Correction | None) -> tuple[int, tuple[str, ...]] | None:
    return None if later is None else (max(1, ceil((later.made_at - told.made_at).seconds / 60)), words_of(later))


def words_of(told: Waiting | Correction) -> tuple[str, ...]:
    """What the triage goes by, each answer once; combinations by what they are made of."""
    found: list[str] = []
    reasons = told.reasons or (() if told.triage == "routine" else (UNREADABLE,))
    for reason in reasons:
        for part in reason.split("+"):
            found += (told.symptoms or [UNREADABLE]) if part == "symptom" else [part]
    return tuple(dict.fromkeys(found))
