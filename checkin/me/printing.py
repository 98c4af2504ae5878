"""From what is known of a device to a PDF in the language of who asks; it is kept nowhere."""

from collections.abc import Iterator
from datetime import datetime

from flask_babel import gettext

from checkin.i18n import format_day, format_moment, format_weekday, locale_code
from checkin.me.page import Own
from checkin.me.paper import Item, Part, sheets
from checkin.me.words import people_of, place_of, span_of, station_of
from checkin.notices.words import SEVERITY_NAMES, STATE_NAMES
from checkin.posters.pdf import About, document


def as_pdf(own: Own, now: datetime, cdc_name: str) -> bytes:
    """Visits, declarations and readings of a device as sheets of A4."""
    title = gettext("Dữ liệu của máy này")
    about = (
        gettext("Lập lúc %(when)s, từ những gì khai trên chính máy và trình duyệt này.", when=format_moment(now)),
        gettext("Không có tên ai: trang công khai không mở được tờ khai đã niêm phong."),
    )
    empty = gettext("Chưa có gì.")
    parts = [
        Part(title, note if items else empty, items)
        for title, note, items in (
            (gettext("Lượt vào"), "", list(_visits(own))),
            (gettext("Thông báo khẩn cho nơi bạn đã đến"), "", list(_notices(own, now))),
            (gettext("Tờ khai đã gửi"), gettext("Câu trả lời chỉ CDC và trạm y tế mở được."), list(_sent(own))),
            (gettext("Ai đã xem"), "", list(_told(own, cdc_name))),
        )
    ]
    faces = sheets(title, about, parts, lambda number, of: _foot(cdc_name, number, of))
    return document(faces, lambda: About(title, cdc_name, locale_code()), made_at=now)


def _foot(cdc_name: str, number: int, of: int) -> str:
    page = gettext("Trang %(page)s / %(pages)s", page=number, pages=of)
    return f"{cdc_name} · {page}"


def _visits(own: Own) -> Iterator[Item]:
    for _, stays in own.days:
        for stay in stays:
            venue = own.venues.get(stay.venue_id)
            commune = own.communes.get(venue.commune_id, "") if venue else ""
            said = (place_of(own, stay), commune, span_of(stay), people_of(len(stay.visit_ids)))
            yield Item(format_weekday(stay.entered_at), tuple(text for text in said if text))


def _notices(own: Own, now: datetime) -> Iterator[Item]:
    for notice in own.notices:
        where = own.where.get(notice.id)
        place = " – ".join(filter(None, (where.name, where.zone))) if where else "?"
        span = gettext("từ %(start)s đến %(end)s", start=format_moment(notice.start), end=format_moment(notice.end))
        said = f"{notice.number}: {STATE_NAMES[notice.state_at(now)]}"
        yield Item(str(SEVERITY_NAMES[notice.severity]), (place, where.commune if where else "", span, said))


def _sent(own: Own) -> Iterator[Item]:
    for sent in own.sent:
        where = (
            (place_of(own, sent),)
            if sent.venue_id
            else (gettext("Không ở cửa nào"), gettext("Nơi nhận: %(station)s", station=station_of(own, sent)))
        )
        yield Item(
            format_moment(sent.made_at), (*where, " · ".join((people_of(sent.people), *filter(None, sent.references))))
        )


def _told(own: Own, cdc_name: str) -> Iterator[Item]:
    for one in own.told:
        if one.venue_id is None or one.visited_on is None:
            said = gettext("%(cdc)s đã xem các lượt vào của bạn.", cdc=cdc_name)
        else:
            venue = own.venues.get(one.venue_id)
            said = gettext(
                "%(cdc)s đã xem danh sách người đến %(venue)s ngày %(visited)s.",
                cdc=cdc_name,
                venue=venue.name if venue else "?",
                visited=format_day(one.visited_on),
            )
        yield Item(format_day(one.read_on), (said,))
