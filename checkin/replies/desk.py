"""Who answered the notices of a case, for its officers: who is to be called is given to their stations, what is plain
nonsense is set aside."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, pagekeys
from checkin.casefacts.windows import may_give
from checkin.cases import service as keeping
from checkin.cases.models import Case
from checkin.contacts import queries as contacts
from checkin.contacts import service as calling
from checkin.contacts.words import STAGE_NAMES, Met, details_of
from checkin.db import db
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.exposure.ofcase import case_of, commune_names, read, say_given
from checkin.ids import is_id
from checkin.notices import queries as notices
from checkin.phones import display_phone
from checkin.replies import queries, service
from checkin.replies.forms import AsideForm
from checkin.replies.reading import Someone, opened

bp = Blueprint("case_replies", __name__, url_prefix="/cases")
# Phones on a page.
PAGE = 25
# As many as a page shows, and no more.
MOST_TICKED = PAGE * queries.EACH


@bp.app_template_global("answers_of_case")
def answers_of_case(case: Case) -> queries.Counted:
    """How many answers the notices of a case have, for its page."""
    return queries.count(db.session(), case.id)


@bp.get("/<number>/answers")
def index(number: str) -> ResponseReturnValue:
    """Answers to the notices of a case, those of one phone together; the reading is on record before one is opened.
    With `aside` those that were set aside."""
    return _page(number, request.args, "aside" in request.args)


def _page(
    number: str, said: Mapping[str, str], aside: bool, *, form: AsideForm | None = None, ticked: Collection[UUID] = ()
) -> ResponseReturnValue:
    session, vault, case = db.session(), context.vault(), case_of(number)
    counted, name = queries.count(session, case.id), f"answers {case.id}{' aside' if aside else ''}"
    leaf = queries.phones(session, case.id, pagekeys.asked(vault, name, queries.SHAPE, said), limit=PAGE, aside=aside)
    people: list[Someone] = []
    if leaf.rows:
        found = queries.of_phones(session, case.id, leaf.rows, aside=aside)
        case = read(number, len(found), service.record_reading)
        people = opened(vault, queries.of_phones(session, case.id, leaf.rows, aside=aside))
    return render_template(
        "replies/aside.html" if aside else "replies/index.html",
        case=case,
        people=people,
        counted=counted,
        form=form or AsideForm(formdata=None),
        ticked=ticked,
        known=contacts.of_people(session, case.id, {one.person_id for one in people}),
        beside=pagekeys.words(vault, name, leaf),
        here=pagekeys.here(said),
        may_give=may_give(case),
        communes=commune_names(),
        stage_names=STAGE_NAMES,
        symptom_names=SYMPTOM_NAMES,
        display_phone=display_phone,
    ), 422 if form else 200


@bp.post("/<number>/answers")
def assign(number: str) -> ResponseReturnValue:
    """Have the people ticked called by the station of their home, as others of the case are."""
    session, case = db.session(), case_of(number)
    back = redirect(url_for(".index", number=number, **pagekeys.here(request.form)), 303)
    meant = _ticked("person")
    if not meant:
        flash(gettext("Chưa chọn ai: đánh dấu người cần gọi."), "warn")
        return back
    # Contacts go when the case lets go: nobody lets go of it between what is read here and what is written.
    keeping.lock_kept(session)
    session.refresh(case)
    if not may_give(case):
        abort(404)
    found = queries.of_people(session, case.id, meant - {case.person_id})
    people = [one for one in opened(context.vault(), found) if one.telling]
    if {one.person_id for one in people} != meant:
        flash(gettext("Có người không giao được: không mở được, đã được bỏ ra, hoặc chính là ca này."), "warn")
    result = calling.assign(
        session, context.vault(), now=clock.now(), actor=current_user.actor, case=case, people=_given(people),
        rules=context.rules(clock.today()),
    )  # fmt: skip
    session.commit()
    say_given(result)
    return back


@bp.post("/<number>/answers/aside")
def set_aside(number: str) -> ResponseReturnValue:
    """Show the answers ticked no more, with a reason; nothing of them is deleted."""
    session, case, form, meant = db.session(), case_of(number), AsideForm(), _ticked("answer")
    valid = form.validate()
    if not meant:
        form.reason.errors = [gettext("Chưa chọn câu trả lời nào: đánh dấu “Không hiện” ở câu trả lời trước.")]
    if not valid or not meant:
        return _page(number, request.form, False, form=form, ticked=meant)
    count = service.set_aside(
        session, now=clock.now(), actor=current_user.actor, case=case, answers=meant, reason=form.reason.data or ""
    )
    session.commit()
    flash(gettext("%(count)s câu trả lời không hiện nữa. Vẫn xem được, và hiện lại được.", count=count), "ok")
    return redirect(url_for(".index", number=number), 303)


@bp.post("/<number>/answers/back")
def put_back(number: str) -> ResponseReturnValue:
    """Show the answers ticked again."""
    session, case, meant = db.session(), case_of(number), _ticked("answer")
    if not meant:
        flash(gettext("Chưa chọn câu trả lời nào."), "warn")
        return redirect(url_for(".index", number=number, aside=1, **pagekeys.here(request.form)), 303)
    count = service.put_back(session, now=clock.now(), actor=current_user.actor, case=case, answers=meant)
    session.commit()
    flash(gettext("Đã hiện lại %(count)s câu trả lời.", count=count), "ok")
    return redirect(url_for(".index", number=number), 303)


def _ticked(name: str) -> set[UUID]:
    return {UUID(one) for one in request.form.getlist(name)[:MOST_TICKED] if is_id(one)}


def _given(people: Iterable[Someone]) -> list[calling.Given]:
    """What their stations are told: who, and where and when they say that they were; never who the case is."""
    here, made = commune_names(), []
    for one in people:
        told = one.telling
        if told is None:
            continue
        answers = [answer for answer in reversed(one.answers) if answer.telling]
        where = notices.places_of(db.session(), [notices.as_public(answer.notice) for answer in answers])
        met = [
            Met(place.name if (place := where.get(answer.notice.id)) else "", said.came, said.left, False)
            for answer in answers
            if (said := answer.telling)
        ]
        # With the case at most until the window ends.
        last = max(min(said.left, answer.notice.end) for answer in answers if (said := answer.telling))
        home = told.commune_id if told.commune_id in here else None
        details = details_of(
            name=told.full_name, phone=display_phone(told.phone), birth_year=told.birth_year,
            home=told.elsewhere or here.get(home or "", ""), met=met,
        )  # fmt: skip
        details["symptoms"] = one.symptoms
        made.append(calling.Given(one.person_id, home, clock.to_local(last).date(), details))
    return made
