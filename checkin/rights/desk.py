"""One request: every step that the law asks for, each on record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.cases import queries as cases
from checkin.db import begin_writing, db, set_read_only
from checkin.declarations.forms import NATIONALITIES, SYMPTOM_NAMES
from checkin.errors import DomainError
from checkin.exposure import queries as lookups
from checkin.exposure import recording
from checkin.exposure import service as exposure
from checkin.exposure.timeline import found_people
from checkin.i18n import DEFAULT, LANGUAGES
from checkin.people import queries as people
from checkin.personcards import queries as cards
from checkin.phones import display_phone
from checkin.rights import queries, service
from checkin.rights.copying import besides
from checkin.rights.deadlines import COMPLAIN, DELETING
from checkin.rights.forms import (
    GROUND_NAMES,
    KIND_WORDS,
    NO_STEP,
    STEP_REFUSALS,
    WAY_NAMES,
    AnswerForm,
    DeleteForm,
    ExtendForm,
    IdentifyForm,
    RefuseForm,
)
from checkin.rights.models import DEVICE, RightsRequest
from checkin.vault import VaultError

bp = Blueprint("request_work", __name__, url_prefix="/requests")

MOST_PEOPLE = 20
LETTERS = ("receipt", "extension", "answer")


@bp.get("/<reference>")
def show(reference: str) -> ResponseReturnValue:
    return _page(_logged(reference))


@bp.post("/<reference>/acknowledge")
def acknowledge(reference: str) -> ResponseReturnValue:
    return _step(_found(reference), service.acknowledge, gettext("Đã ghi: đã báo nhận."))


@bp.post("/<reference>/extend")
def extend(reference: str) -> ResponseReturnValue:
    form, found = ExtendForm(), _found(reference)
    if not form.validate():
        return _page(_logged(reference), extend=form, status=422)
    rules = context.rules(clock.today())
    kept = {"extend": form}
    return _step(found, service.extend, gettext("Đã gia hạn một lần."), kept=kept, rules=rules, why=form.why.data)


@bp.post("/<reference>/lookup")
def look_up(reference: str) -> ResponseReturnValue:
    """Look for the sender's data: a lookup by person, on record, bound to this request."""
    found, session, now = _found(reference), db.session(), clock.now()
    asked = _opened(found.details)
    if not asked:
        abort(404)
    lookup = exposure.ask_person(
        session,
        context.vault(),
        now=now,
        actor=current_user.actor,
        bound=exposure.Bound(
            case=None,
            signal=_recorded(lambda: gettext("Yêu cầu %(reference)s", reference=found.reference)),
            reason=_recorded(lambda: str(KIND_WORDS[found.kind])),
        ),
        asked=exposure.PersonAsked(
            start=now - timedelta(days=context.rules(clock.today()).retention_days),
            end=now,
            id_number=asked["id_number"],
            phone=asked["phone"],
            full_name=asked["full_name"],
            birth_year=asked["birth_year"],
        ),
    )
    done = gettext("Đã tra cứu theo yêu cầu này.")
    return _step(found, service.looked_up, done, lookup_id=lookup.id, number=lookup.number)


@bp.post("/<reference>/identify")
def identify(reference: str) -> ResponseReturnValue:
    """Say which of those found asks, and how that was made sure."""
    form, found = IdentifyForm(), _found(reference)
    meant = {str(one): one for one, *_ in _candidates(found)}.get(form.person.data or "")
    if not form.validate() or meant is None:
        if meant is None:
            form.how.errors = [gettext("Chọn người có trong kết quả tra cứu.")]
        return _page(_logged(reference), identify=form, status=422)
    said = {"subject_id": meant, "how": form.how.data}
    return _step(found, service.identify, gettext("Đã ghi cách xác minh."), kept={"identify": form}, **said)


@bp.post("/<reference>/delete")
def delete(reference: str) -> ResponseReturnValue:
    """Carry out a request to delete."""
    form, found = DeleteForm(), _found(reference)
    if not form.validate():
        return _page(_logged(reference), delete=form, status=422)
    rules = context.rules(clock.today())
    return _step(found, service.carry_out, gettext("Đã xoá theo yêu cầu."), rules=rules)


@bp.post("/<reference>/answer")
def answer(reference: str) -> ResponseReturnValue:
    form, found = AnswerForm(), _found(reference)
    if not form.validate():
        return _page(_logged(reference), answer=form, status=422)
    done = gettext("Đã trả lời. In thư hoặc gửi cho người yêu cầu.")
    return _step(found, service.close, done, kept={"answer": form}, vault=context.vault(), answer=form.answer.data)


@bp.post("/<reference>/refuse")
def refuse(reference: str) -> ResponseReturnValue:
    form, found = RefuseForm(), _found(reference)
    if not form.validate():
        return _page(_logged(reference), refuse=form, status=422)
    done = gettext("Đã ghi từ chối. In thư hoặc gửi cho người yêu cầu.")
    why = {"answer": form.refusal.data, "ground": form.ground.data}
    return _step(found, service.close, done, kept={"refuse": form}, vault=context.vault(), **why)


@bp.get("/<reference>/letter/<any(receipt,extension,answer):paper>")
def letter(reference: str, paper: str) -> ResponseReturnValue:
    """A letter to print, in the sender's language or the other one."""
    found = _logged(reference)
    needed = {"receipt": True, "extension": found.extended_at is not None, "answer": found.closed_at is not None}
    if not needed[paper]:
        abort(404)
    wished = request.args.get("letter", found.language)
    language = wished if wished in LANGUAGES else "vi"
    with force_locale(language):
        return render_template(
            "rights/letter.html",
            request_=found,
            what=paper,
            language=language,
            details=_opened(found.details),
            answer=_opened(found.answer).get("text", ""),
            kind=str(KIND_WORDS[found.kind]),
            ground=str(GROUND_NAMES[found.ground]) if found.ground else "",
            today=clock.now(),
        )


@bp.get("/<reference>/copy")
def copy(reference: str) -> ResponseReturnValue:
    """All that is kept of the person who asked, to print and hand over; a reading of the lookup like any other."""
    found = _found(reference)
    row = lookups.lookup(db.session(), found.lookup_id) if found.lookup_id else None
    if row is None:
        abort(404)
    try:
        subject = service.check_identity(db.session(), request=found)
    except DomainError as error:
        if error.reason == "unchecked":
            abort(404)
        flash(str(STEP_REFUSALS.get(error.reason, NO_STEP)), "warn")
        return redirect(url_for(".show", reference=found.reference), 303)
    session, now, actor = begin_writing(), clock.now(), current_user.actor
    found = _found(reference)
    service.opened(session, now=now, actor=actor, request=found, what="copy")
    session.commit()
    reading = recording.begin(*row, "lookup.read")
    found = _found(reference)
    matches = found_people(session, context.vault(), row[0])
    own = next((match for match in matches if match.id == subject), None)
    html = render_template(
        "rights/copy.html",
        request_=found,
        own=own,
        phone=display_phone(own.person.phone) if own and own.person.phone.startswith("+") else "",
        symptoms=SYMPTOM_NAMES,
        nationalities=NATIONALITIES,
        kept=queries.kept_of(session, subject),
        **besides(subject),
        cards=cards.of_people(session, [subject]),
        today=now,
    )
    recording.end(reading, "lookup.shown", len(own.visits) if own else 0)
    return html


def _found(reference: str) -> RightsRequest:
    found = queries.by_reference(db.session(), reference)
    if found is None:
        abort(404)
    if found.lookup_id is not None:
        # For the lookup that looks for the sender's data, which is on record.
        scope.bind(db.session(), found.lookup_id)
    return found


def _opened(sealed: bytes | None) -> dict[str, Any]:
    """What was sealed; nothing where it cannot be opened, which the page says."""
    try:
        return context.vault().open(sealed) if sealed else {}
    except (VaultError, ValueError):
        return {}


def _logged(reference: str) -> RightsRequest:
    """A request, after this reading of it is on record; nothing is opened where it cannot be."""
    session = begin_writing()
    found = _found(reference)
    service.opened(session, now=clock.now(), actor=current_user.actor, request=found)
    session.commit()
    set_read_only(True)
    return found


def _step(
    found: RightsRequest, step: Any, done: str, *, kept: dict[str, Any] | None = None, **more: Any
) -> ResponseReturnValue:
    """Take one step, and back to the request; a step out of order says so and changes nothing.

    `kept`: the form that was sent, by its name on the page, so that what was typed stays.
    """
    session, reference = db.session(), found.reference
    try:
        step(session, now=clock.now(), actor=current_user.actor, request=found, **more)
    except DomainError as error:
        session.rollback()
        flash(str(STEP_REFUSALS.get(error.reason, NO_STEP)), "warn")
        if kept:
            return _page(_logged(reference), **kept, status=422)
    else:
        session.commit()
        flash(done, "ok")
    return redirect(url_for(".show", reference=reference), 303)


def _recorded(words: Callable[[], str]) -> str:
    """Words for the log, in the language of the house whoever writes them."""
    with force_locale(DEFAULT):
        return words()


def _candidates(found: RightsRequest) -> list[tuple[UUID, tuple[str, ...], queries.Trace]]:
    """People whom the bound lookup found: by what, and what the store has of them. No name is opened."""
    row = lookups.lookup(db.session(), found.lookup_id) if found.lookup_id else None
    if row is None:
        return []
    lookup = row[0]
    matches = people.matching(
        db.session(),
        id_index=lookup.id_index,
        phone_index=lookup.phone_index,
        name_index=lookup.name_index,
        limit=MOST_PEOPLE,
    )
    traces = queries.traces(db.session(), [match.person_id for match in matches], found.device)
    return [(match.person_id, match.by, traces[match.person_id]) for match in matches]


def _page(
    found: RightsRequest,
    *,
    extend: ExtendForm | None = None,
    identify: IdentifyForm | None = None,
    delete: DeleteForm | None = None,
    answer: AnswerForm | None = None,
    refuse: RefuseForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    session, today = db.session(), clock.today()
    details = _opened(found.details)
    row = lookups.lookup(session, found.lookup_id) if found.lookup_id else None
    candidates = _candidates(found)
    identify = identify or IdentifyForm(formdata=None)
    if not any(trace.all_on_device for *_, trace in candidates):
        identify.how.choices = [way for way in WAY_NAMES.items() if way[0] != DEVICE]
    return render_template(
        "rights/show.html",
        request_=found,
        details=details,
        phone=display_phone(details["phone"]) if details.get("phone") else "",
        answer_text=_opened(found.answer).get("text", ""),
        lookup=row[0] if row else None,
        candidates=candidates,
        cases=cases.open_cases_of(session, [one for one, *_ in candidates]),
        forms={
            "extend": extend or ExtendForm(formdata=None),
            "identify": identify,
            "delete": delete or DeleteForm(formdata=None),
            "answer": answer or AnswerForm(formdata=None),
            "refuse": refuse or RefuseForm(formdata=None),
        },
        kinds=KIND_WORDS,
        ways=WAY_NAMES,
        grounds=GROUND_NAMES,
        needs_person=found.kind != COMPLAIN,
        deleting=found.kind in DELETING,
        today=today,
    ), status
