"""Many people at once onto the owner's list: rows that were pasted, and cards one after the other."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_login import current_user

from checkin import clock, context
from checkin.db import db
from checkin.declarations.told import Told
from checkin.desk import reading
from checkin.desk.shown import Shown, ShownCard
from checkin.errors import DomainError
from checkin.fold import fold
from checkin.people import scanned as codes
from checkin.people.cards import CardError
from checkin.personcards import service as cards
from checkin.register import tables, workbook
from checkin.venues import guesses
from checkin.venues import queries as venues
from checkin.venues.models import Venue
from checkin.venues.owned import own_venue
from checkin.web import limiter, with_camera
from checkin.workers import pasted, service
from checkin.workers.asked import New, Refused
from checkin.workers.entries import Entry, read
from checkin.workers.forms import PasteForm, ScanForm
from checkin.workers.pasted import Line, Pasted
from checkin.workers.views import OFTEN, came, hours_of, left, post_of, prepare, said
from checkin.workers.words import FAULTS

bp = Blueprint("workers_adding", __name__, url_prefix="/venues/<uuid:venue_id>/workers")
# A list of 500 people with whatever stands beside them; it is read while the owner waits, and others beside them.
LIMITS = workbook.Limits(
    unpacked=4 * 1024 * 1024,
    members=200,
    sheets=20,
    rows=2 * pasted.MOST,
    text=500,
    merged=30_000,
    tags=150_000,
    cells=30_000,
)


@dataclass
class Judged:
    """A row of the preview: what it says, and what is wrong with it (nothing: it can be saved)."""

    line: Line
    entry: Entry
    faults: list[str]


@bp.route("/paste", methods=["GET", "POST"])
@limiter.limit("60 per 10 minutes", methods=["POST"])
def paste(venue_id: UUID) -> ResponseReturnValue:
    """Rows in; first a preview, then what is right is saved and the rest stays in the box."""
    venue, form = own_venue(venue_id), PasteForm()
    if not form.validate_on_submit():
        return _paste_page(venue, form, None, []), 422 if form.errors else 200
    if form.file.data:
        try:
            form.rows.data = _text_of(form.file.data.read(tables.LARGEST))
        except tables.BadFile as error:
            form.file.errors = [
                gettext("Tệp này quá lớn cho một danh sách. Chép các dòng cần thêm sang tệp mới rồi thử lại.")
                if str(error) == "unpacked"
                else gettext("Không đọc được tệp này. Lưu lại thành Excel (.xlsx) hoặc CSV rồi thử lại.")
            ]
            return _paste_page(venue, form, None, []), 422
    read_in = pasted.read(form.rows.data or "")
    if not read_in.lines:
        form.rows.errors = [gettext("Dán các dòng vào ô này, mỗi người một dòng.")]
        return _paste_page(venue, form, None, []), 422
    judged = _judge(venue, read_in)
    if not form.save.data or form.file.data:
        return _paste_page(venue, form, read_in, judged)
    return _save(venue, form, read_in, judged)


def _save(venue: Venue, form: PasteForm, read_in: Pasted, judged: list[Judged]) -> ResponseReturnValue:
    right = [one for one in judged if not one.faults]
    news = [New(one.entry.who, post_of(one.entry)) for one in right if one.entry.who is not None]
    try:
        done = service.add_all(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            venue=venue,
            news=news,
            left=left(),
        )
    except DomainError as error:
        db.session.rollback()
        form.rows.errors = [str(FAULTS[error.reason])]
        return _paste_page(own_venue(venue.id), form, read_in, judged), 422
    db.session.commit()
    for one, outcome in zip(right, done, strict=True):
        if isinstance(outcome, Refused):
            one.faults.append(str(FAULTS[outcome.reason]))
    added = sum(isinstance(outcome, str) for outcome in done)
    came(added)
    if added:
        flash(ngettext("Đã thêm %(num)s người.", "Đã thêm %(num)s người.", added), "ok")
    rest = [one for one in judged if one.faults]
    # What was not looked at stays in the box too.
    unread = _beyond(form.rows.data or "", read_in)
    if not rest and not unread:
        return redirect(url_for("workers.index", venue_id=venue.id))
    form.rows.data = "\n".join([*filter(None, [read_in.heading]), *(one.line.text for one in rest), *unread])
    form.save.data = ""
    return _paste_page(own_venue(venue.id), form, pasted.read(form.rows.data), rest)


def _judge(venue: Venue, read_in: Pasted) -> list[Judged]:
    doors = venues.doors_of(db.session(), venue.id)
    zones = {fold(door.zone_name): door.zone_id for door in doors if door.zone_id and door.zone_name}
    today, hours = clock.today(), hours_of(venue)
    judged = []
    for line in read_in.lines:
        entry = read(line.told, today=today, zones=zones, hours=hours)
        short = len(line.told) < 3
        faults = ["cells"] if short else list(dict.fromkeys(entry.faults.values()))
        judged.append(Judged(line, entry, [str(FAULTS[fault]) for fault in faults]))
    right = [one for one in judged if not one.faults]
    whos = [one.entry.who for one in right if one.entry.who is not None]
    seen = set()
    for one, there in zip(
        right, service.known(db.session(), context.vault(), now=clock.now(), venue=venue, whos=whos), strict=True
    ):
        key = one.entry.who and (fold(one.entry.who.full_name), one.entry.who.phone, one.entry.who.id_number)
        if there or key in seen:
            one.faults.append(str(FAULTS["same" if there else "twice"]))
        seen.add(key)
    return judged


def _beyond(text: str, read_in: Pasted) -> list[str]:
    if not read_in.more:
        return []
    last = read_in.lines[-1].text
    return text[text.rindex(last) + len(last) :].strip("\r\n").splitlines() if last in text else []


def _text_of(body: bytes) -> str:
    """A file as the text that would have been pasted. Raises BadFile."""
    if tables.form_of(body[:512]) == tables.CSV:
        return body.decode(tables.encoding_of(body), "replace")
    try:
        rows, letters = [], 0
        for _, cells in workbook.lines(body, LIMITS):
            rows.append(cells)
            letters += sum(map(len, cells))
            if letters > pasted.LONGEST:
                break
        return pasted.as_text(rows)
    except workbook.Unreadable as error:
        raise tables.BadFile(str(error)) from None


def _paste_page(venue: Venue, form: PasteForm, read_in: Pasted | None, judged: list[Judged]) -> str:
    return render_template(
        "workers/paste.html",
        venue=venue,
        form=form,
        read_in=read_in,
        judged=judged,
        right=sum(not one.faults for one in judged),
        most=pasted.MOST,
        **said(),
    )


@bp.route("/scan", methods=["GET", "POST"])
@limiter.limit(OFTEN, methods=["POST"])
def scan(venue_id: UUID) -> ResponseReturnValue:
    """Cards, one after the other; what they have in common is said once."""
    venue, form = own_venue(venue_id), ScanForm()
    prepare(form, venue)
    if not form.validate_on_submit():
        return _scan_page(venue, form, status=422 if form.errors else 200)
    try:
        shown = _shown(form.card.data or "")
    except (CardError, DomainError) as error:
        text = {
            "no_name": gettext("Thẻ thiếu tên hoặc năm sinh. Thêm người này bằng cách gõ."),
            "no_year": gettext("Thẻ thiếu tên hoặc năm sinh. Thêm người này bằng cách gõ."),
            "two_cards": gettext("Hai thẻ khác nhau dính vào một lần quét. Quét lại từng thẻ."),
            "poster": gettext("Đây là mã dán ở cửa, không phải thẻ của một người. Quét thẻ của người đó."),
            "unknown_card": gettext("Không có thẻ này, hoặc thẻ đã huỷ từ lâu. Thêm người này bằng cách gõ."),
        }
        unread = gettext("Không đọc được thẻ này. Quét lại, hoặc thêm bằng cách gõ.")
        return _scan_page(venue, form, refused=text.get(error.reason, unread), status=422)
    try:
        name = service.add(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            venue=venue,
            new=New(shown, post_of(form.entry)),
            left=left(),
        )
    except DomainError as error:
        db.session.rollback()
        return _scan_page(own_venue(venue_id), form, refused=str(FAULTS[error.reason]), status=422)
    db.session.commit()
    came(1)
    return _scan_page(own_venue(venue_id), form, added=name)


def _shown(text: str) -> Shown | ShownCard:
    """Who a card means, of the state or of this product. Raises CardError; DomainError: 'two_cards', 'poster',
    'unknown_card'."""
    session = db.session()
    try:
        code = codes.scanned(text)
    except codes.TwoCodes:
        raise DomainError("two_cards") from None
    if code is None:
        holder = reading.of_card(text, clock.today(), context.config().province)
        return Shown(Told(who=holder.who, answers=None), "card", holder.spelt, holder.damaged)
    card = cards.at_counter(session, context.vault(), code.code) if code.kind != codes.VENUE else None
    if card is not None:
        return ShownCard(card)
    if code.kind != codes.PERSON and venues.known_door(session, code.code) is not None:
        raise DomainError("poster")
    guesses.tried(session, "unknown")
    raise DomainError("unknown_card")


def _scan_page(venue: Venue, form: ScanForm, *, added: str = "", refused: str = "", status: int = 200) -> Response:
    # The card itself never comes back on the page.
    form.card.data = ""
    page = render_template("workers/scan.html", venue=venue, form=form, added=added, refused=refused)
    return with_camera(make_response(page, status))
