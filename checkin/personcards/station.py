"""A station's cards: for one of its people, for a list, and which are in use."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.db import begin_writing, db, set_read_only
from checkin.declarations import homes
from checkin.declarations.told import Identity
from checkin.personcards import lists, queries, service
from checkin.personcards.forms import ButtonForm, CardForm, FindForm, ListForm
from checkin.personcards.models import COMMUNE
from checkin.personcards.printing import as_file
from checkin.personcards.service import Issuer
from checkin.personcards.whose import opened, wanted
from checkin.phones import display_phone
from checkin.places import queries as places
from checkin.web import limiter

bp = Blueprint("station_cards", __name__, url_prefix="/station/cards")
PAGE = 50
# What this session took out of use, which it may take back.
UNDO, MOST_UNDONE = "cards_revoked", 20
STATES = ("", "in_use", "revoked")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The cards that this station issued."""
    state, before = request.args.get("state", ""), request.args.get("before")
    if state not in STATES:
        abort(404)
    try:
        found = queries.issued_by_commune(
            db.session(), state=state, before=UUID(before) if before else None, most=PAGE + 1
        )
    except ValueError:
        abort(404)
    if before and not found:
        abort(404)
    issued, in_use = queries.count_of_commune(db.session())
    return render_template(
        "personcards/station.html",
        commune=_commune(),
        lines=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        state=state,
        issued=issued,
        in_use=in_use,
        find=FindForm(),
        asked=False,
        undo=_undo(),
        rules=context.rules(clock.today())["cards"],
    )


@bp.post("/find")
@limiter.limit("60 per 10 minutes")
def find() -> ResponseReturnValue:
    """The cards of somebody, whoever issued them; that one looked is in the log, for whom is not."""
    form = FindForm()
    lines = []
    asked = form.validate_on_submit() and wanted(form, context.vault())
    if asked:
        now = clock.now()
        lines = asked.found(db.session())
        service.record_search(db.session(), now=now, actor=current_user.actor, rows=len(lines))
        db.session.commit()
    return render_template(
        "personcards/found.html", commune=_commune(), find=form, lines=lines, asked=bool(asked), undo=_undo()
    ), 200 if asked else 422


@bp.get("/<uuid:card_id>")
@limiter.limit("120 per 10 minutes")
def show(card_id: UUID) -> ResponseReturnValue:
    """Whose card it is; the reading is on record before the name is opened."""
    now, session_ = clock.now(), db.session()
    if queries.one(session_, card_id) is None:
        abort(404)
    begin_writing()
    service.record_reading(session_, now=now, actor=current_user.actor, card_id=card_id)
    session_.commit()
    set_read_only(True)
    card = queries.one(session_, card_id)
    if card is None:
        abort(404)
    who = opened(card, context.vault())
    return render_template(
        "personcards/card.html",
        card=card,
        who=who,
        phone=display_phone(who.phone) if who and who.phone else "",
        commune=_commune(),
        undo=_undo(),
    )


@bp.get("/new")
def new() -> ResponseReturnValue:
    return _new_page(_form())


@bp.post("/new")
@limiter.limit("300 per hour")
def make() -> ResponseReturnValue:
    """Make one card; the answer is the file to print."""
    form = _form(fresh=False)
    homes.resolve(db.session(), form, context.config().province)
    if not form.validate():
        return _new_page(form, 422)
    return _printed([form.who()], form.form.data)


@bp.get("/many")
def many() -> ResponseReturnValue:
    return _many_page(ListForm(None))


@bp.post("/many")
@limiter.limit("120 per hour")
def make_many() -> ResponseReturnValue:
    """Show what each line of a list says; with `make`, the file with a card for each that can be read."""
    form = ListForm()
    if not form.validate():
        return _many_page(form, status=422)
    read = lists.entries(form.people.data or "", clock.today().year)
    good = [entry for entry in read if not entry.problem]
    if len(read) > lists.MOST_LINES:
        form.people.errors = [gettext("Dài quá: mỗi lần nhiều nhất %(count)s người.", count=lists.MOST_LINES)]
    elif not good:
        form.people.errors = [gettext("Không dòng nào làm được thẻ. Mỗi dòng cần họ tên và năm sinh.")]
    elif "make" in request.form:
        commune, province = _own_commune()
        people = [
            Identity(
                full_name=entry.full_name,
                birth_year=entry.birth_year,
                gender=entry.gender,
                phone=entry.phone,
                id_number=entry.id_number,
                province_id=province,
                commune_id=commune,
            )
            for entry in good
        ]
        return _printed(people, form.form.data)
    return _many_page(form, read[: lists.MOST_LINES], 422 if form.errors else 200)


@bp.post("/<uuid:card_id>/revoke")
def revoke(card_id: UUID) -> ResponseReturnValue:
    """Take a card out of use; this session may take that back."""
    if not ButtonForm().validate_on_submit() or queries.one(db.session(), card_id) is None:
        abort(404)
    service.revoke(db.session(), now=clock.now(), actor=current_user.actor, card_id=card_id)
    db.session.commit()
    session[UNDO] = [str(card_id), *(one for one in session.get(UNDO, []) if one != str(card_id))][:MOST_UNDONE]
    flash(gettext("Đã huỷ thẻ. Huỷ nhầm? Bấm “Dùng lại” ở thẻ đó."), "ok")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:card_id>/restore")
def restore(card_id: UUID) -> ResponseReturnValue:
    """Take back that this session took a card out of use."""
    if not ButtonForm().validate_on_submit() or str(card_id) not in session.get(UNDO, []):
        abort(404)
    service.restore(db.session(), now=clock.now(), actor=current_user.actor, card_id=card_id)
    db.session.commit()
    session[UNDO] = [one for one in session[UNDO] if one != str(card_id)]
    flash(gettext("Thẻ dùng lại được."), "ok")
    return redirect(url_for(".index"), 303)


def _printed(people: list[Identity], form: str) -> ResponseReturnValue:
    now, commune = clock.now(), _own_commune()[0]
    issuer = Issuer(COMMUNE, current_user.actor, subject=commune)
    made = service.issue(db.session(), context.vault(), now=now, issuer=issuer, people=people)
    db.session.commit()
    return as_file(made, form, now)


def _form(*, fresh: bool = True) -> CardForm:
    form = CardForm(None if fresh else request.form)
    form.today, form.home = clock.today(), context.config().province
    form.province.choices = [(form.home, "")]
    # Whatever was sent: its own commune.
    form.province.data, form.commune.data = form.home, _own_commune()[0]
    return form


def _new_page(form: CardForm, status: int = 200) -> ResponseReturnValue:
    return render_template("personcards/new.html", form=form, commune=_commune()), status


def _many_page(form: ListForm, read: list[lists.Entry] | None = None, status: int = 200) -> ResponseReturnValue:
    good = sum(not entry.problem for entry in read or ())
    return render_template(
        "personcards/many.html",
        form=form,
        read=read,
        good=good,
        most=lists.MOST_LINES,
        commune=_commune(),
        display_phone=display_phone,
    ), status


def _own_commune() -> tuple[str, str]:
    commune = scope.current(db.session()).commune
    place = places.commune(db.session(), commune)
    if commune is None or place is None:
        abort(404)
    return commune, place.parent_id or context.config().province


def _commune() -> str:
    place = places.commune(db.session(), scope.current(db.session()).commune)
    return place.full_name if place else ""


def _undo() -> frozenset[str]:
    return frozenset(session.get(UNDO, []))
