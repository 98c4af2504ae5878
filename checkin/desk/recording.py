"""Recording who stands at the counter: by a card, or by a form that somebody types for them."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from checkin import clock, context, throttle
from checkin.db import db, set_read_only
from checkin.declarations import homes
from checkin.declarations.told import Told
from checkin.declarations.triage import Answers
from checkin.desk import access, queries, reading, service
from checkin.desk.forms import KEPT_MAX, WHOLE, PersonForm, ScanForm, Sent
from checkin.desk.issuing import seal_who
from checkin.desk.page import page
from checkin.desk.service import OLDEST
from checkin.desk.shown import ASKED, Recorded, Shown, ShownCard
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.metrics import CHECK_INS
from checkin.people import scanned as codes
from checkin.people.cards import CARD_MAX, CardError, parse_card
from checkin.personcards import service as cards
from checkin.places import queries as places
from checkin.vault import VaultError
from checkin.venues import guesses
from checkin.venues import queries as venues
from checkin.venues.kinds import HEALTH
from checkin.venues.models import ACTIVE
from checkin.visits.arriving import BY_NETWORK
from checkin.visits.cardfill import fill
from checkin.visits.flags import UNCOUNTED, Arrivals, window
from checkin.visits.newday import with_day
from checkin.web import limiter, with_camera
from checkin.zones import queries as zones

bp = Blueprint("desk_recording", __name__, url_prefix="/desk")

# What is sent within this time was recorded now, and counts for what comes all at once.
AT_ONCE = timedelta(seconds=30)
# The fields of the form that say who somebody is.
TYPED = ("full_name", "birth_year", "phone", "id_number", "address", "commune_other")


@bp.post("/record")
@limiter.limit(BY_NETWORK)
def record() -> ResponseReturnValue:
    """Take a card. The answer is the page with the word for this person, or with `part` that word alone."""
    form = ScanForm()
    if not form.validate():
        return _refused("unreadable")
    card = form.card.data or _unlocked(form.kept.data or "")
    asked = form.asked.data == "1"
    try:
        code = codes.scanned(card)
    except codes.TwoCodes:
        return _refused("two_cards")
    if code is not None:
        return _by_code(form, code, asked, card)
    try:
        holder = reading.of_card(card, clock.today(), context.config().province)
    except CardError as error:
        return _refused(
            {"no_name": "no_name", "no_year": "no_name", "two_cards": "two_cards"}.get(error.reason, "unreadable")
        )
    told = Told(who=holder.who, answers=Answers() if asked else None)
    shown = Shown(told, "card", holder.spelt, holder.damaged, (ASKED,) if asked else ())
    return _answer(form, shown, card=card)


def _by_code(form: ScanForm, code: codes.Scanned, asked: bool, scanned: str) -> ResponseReturnValue:
    """Take a person's card; a code on a wall is told apart."""
    session = db.session()
    card = cards.at_counter(session, context.vault(), code.code) if code.kind != codes.VENUE else None
    if card is None:
        if code.kind != codes.PERSON and venues.known_door(session, code.code) is not None:
            return _refused("poster")
        guesses.tried(session, "unknown")
        return _refused("unknown_card")
    shown = ShownCard(card, Answers() if asked else None, flags=(ASKED,) if asked else ())
    return _answer(form, shown, card=scanned)


@bp.get("/offline")
def offline() -> ResponseReturnValue:
    """The page with nobody on it, which the device keeps for the time without network."""
    return page(blank=True)


@bp.get("/person")
def person() -> ResponseReturnValue:
    """The form for somebody without a card and without a phone."""
    if access.here().venue.state != ACTIVE:
        return redirect(url_for("desk.show"))  # which says why nobody is recorded here
    return _person_page(_person_form())


@bp.post("/person")
@limiter.limit(BY_NETWORK)
def declare() -> ResponseReturnValue:
    """Take the form that was typed for somebody; with `fill`, show it filled in from a card that was scanned.

    A card that was scanned into one of its fields fills it in, too.
    """
    if "fill" in request.form and "kept" in request.form:
        return _person_page(_from_card(_unlocked(request.form["kept"][:KEPT_MAX])))
    values = request.form.copy()
    card = _taken_card(values)
    if card:
        return _person_page(_from_card(card, values))
    if "fill" in values:
        return _refused("unreadable")
    form = _person_form(request.form)
    homes.resolve(db.session(), form, context.config().province)
    if not form.validate():
        if any(field.errors for field in (form.submission, form.venue, form.door, form.at, form.part)):
            return _refused("unreadable")
        return _person_page(form, 422)
    return _answer(form, Shown(form.told(), "counter"), card="")


def _answer(form: Sent, shown: Shown | ShownCard, *, card: str) -> ResponseReturnValue:
    now, stand = clock.now(), access.here()
    venue, zone = stand.venue, stand.zone
    # A record that was kept says where it was made: the device may stand elsewhere by now.
    if form.venue.data != str(venue.id) and (form.venue.data or form.at.data):
        return _refused("elsewhere")
    if form.door.data:
        # Made while the device stood elsewhere in the venue: it counts for there, also where that is out of use by now.
        zone = None if form.door.data == WHOLE else zones.one_of(db.session(), venue.id, UUID(form.door.data))
        if zone is None and form.door.data != WHOLE:
            return _refused("elsewhere")
    at = (
        datetime.fromtimestamp(min(int(form.at.data), int(now.timestamp() * 1000)) / 1000, UTC) if form.at.data else now
    )
    rules = context.rules(clock.to_local(at).date())
    arrivals = UNCOUNTED
    if now - at < AT_ONCE:
        arrivals = Arrivals(throttle.count("venue", venue.id, int(window(rules).total_seconds())))

    def once() -> Recorded:
        return service.record(
            db.session(),
            context.vault(),
            now=now,
            at=at,
            rules=rules,
            venue=venue,
            zone=zone,
            shown=shown,
            submission_id=UUID(form.submission.data),
            arrivals=arrivals,
        )

    try:
        done = with_day(at, once)
    except DomainError as error:
        db.session.rollback()
        return _refused(error.reason)
    # Also of who has declared: a wrong press is taken back, and who remembers something may say it.
    kept = _locked(card) if card and done.result != queries.HELP else ""
    health = venue.kind == HEALTH
    db.session.commit()
    CHECK_INS.labels(done.outcome).inc()
    set_read_only(True)  # what follows must not queue for SQLite's one writer
    issue = seal_who(shown.told.who, now) if isinstance(shown, Shown) and not shown.damaged else ""
    answer = {"done": done, "at": at, "health": health, "kept": kept, "issue": issue, "next_id": str(new_id(now))}
    if form.part.data:
        return make_response(render_template("desk/_answer.html", answer=answer, refused=""))
    return page(answer=answer)


def _refused(reason: str) -> ResponseReturnValue:
    """What could not be recorded, and what to do about it; 422."""
    texts = {
        "unreadable": gettext("Không đọc được thẻ này. Quét lại, hoặc bấm “Khai hộ”."),
        "no_name": gettext("Thẻ thiếu tên hoặc năm sinh. Bấm “Khai hộ” và gõ giúp khách."),
        "two_cards": gettext("Hai thẻ khác nhau dính vào một lần quét. Quét lại từng thẻ."),
        "closed": gettext("Địa điểm đã đóng nên không ghi được. Hỏi chủ cơ sở."),
        "suspended": gettext("Địa điểm này đang tạm ngừng nên không ghi được. Hỏi chủ cơ sở."),
        "too_old": gettext(
            "Lượt này đã quá %(hours)s giờ nên không nhận nữa.", hours=int(OLDEST.total_seconds() // 3600)
        ),
        "revoked": gettext("THẺ ĐÃ HUỶ. Lượt này chưa được ghi. Bấm “Khai hộ” và hỏi khách."),
        "unknown_card": gettext("Không có thẻ này, hoặc thẻ đã huỷ từ lâu. Bấm “Khai hộ” và hỏi khách."),
        "poster": gettext("Đây là mã dán tường của một địa điểm, không phải thẻ của khách. Quét thẻ của khách."),
        "elsewhere": gettext("Lượt này ghi ở địa điểm khác. Nối máy lại với địa điểm đó để gửi."),
    }
    text = texts.get(reason, texts["unreadable"])
    if request.form.get("part"):
        return make_response(render_template("desk/_answer.html", answer=None, refused=text), 422)
    return page(refused=text, status=422)


def _person_form(values: MultiDict[str, str] | None = None) -> PersonForm:
    form = PersonForm(values)
    form.today, form.home = clock.today(), context.config().province
    form.province.choices = [(place.id, place.name) for place in places.provinces(db.session()) or ()]
    form.province.data = form.province.data or form.home
    form.submission.data = form.submission.data or str(new_id(clock.now()))
    return form


def _taken_card(values: MultiDict[str, str]) -> str:
    """The card among what was typed, which is taken out of it; empty where there is none."""
    for name in ("card", *TYPED):
        text = values.get(name, "")[:CARD_MAX]
        try:
            parse_card(text, clock.today())
        except CardError:
            continue
        values.pop(name)
        return text
    return ""


def _from_card(card: str, values: MultiDict[str, str] | None = None) -> PersonForm:
    """A form with what the card says; an empty one where it says nothing.

    Of `values`, which were typed before, what was answered stays, unless it was somebody else's.
    """
    if values and any(values.get(name, "").strip() for name in TYPED):
        values = None
    form = _person_form(values)
    form.card.data = card
    fill(form, form.today, form.home)
    form.card.data, form.card.errors = "", ()
    return form


def _person_page(form: PersonForm, status: int = 200) -> ResponseReturnValue:
    stand = access.here()
    rules = context.rules(clock.today())
    part = bool(request.form.get("part"))
    return with_camera(
        make_response(
            render_template(
                "desk/_person.html" if part else "desk/person.html",
                form=form,
                stand=stand,
                venue=stand.venue,
                communes=places.communes_of(db.session(), form.home) or (),
                days=rules.declared_days,
                kept_days=rules.retention_days,
            ),
            status,
        )
    )


def _locked(card: str) -> str:
    """The card as the page may hold it for the next question: nobody reads it out of the page."""
    return base64.urlsafe_b64encode(context.vault().lock("cookie", {"card": card})).decode()


def _unlocked(kept: str) -> str:
    try:
        return str(context.vault().unlock("cookie", base64.urlsafe_b64decode(kept))["card"]) if kept else ""
    except (VaultError, binascii.Error, KeyError, ValueError):
        return ""
