"""What is known of a device in words, for its page and for paper."""

from flask_babel import gettext, ngettext

from checkin.i18n import format_hour
from checkin.me.page import Own, Sent, Stay
from checkin.visits.models import DESK, ELSEWHERE, OWNER


def span_of(stay: Stay) -> str:
    """From when to when somebody was there, and how the end is known: a guess is called one."""
    first = format_hour(stay.entered_at)
    if stay.left_at is not None:
        span = gettext("%(first)s đến %(last)s", first=first, last=format_hour(stay.left_at))
        by = {DESK: gettext("nhân viên ghi giờ ra"), OWNER: gettext("chủ nơi đó ghi giờ ra")}
        how = by.get(stay.end_set_by) or gettext("bạn bấm ra về")
        return f"{span} ({how})"
    if stay.end_set_by == ELSEWHERE:
        last = format_hour(stay.until_latest)
        said = gettext("Từ %(first)s, muộn nhất %(last)s: sau đó máy này khai ở nơi khác", first=first, last=last)
    elif stay.open:
        said = gettext("Từ %(first)s, chưa ghi giờ ra", first=first)
    else:
        likely = format_hour(stay.until_likely)
        said = gettext("Từ %(first)s, không ghi giờ ra; đoán là %(likely)s", first=first, likely=likely)
    return str(said)


def place_of(own: Own, stay: Stay | Sent) -> str:
    """The venue with its zone, as its wall names it."""
    venue = own.venues.get(stay.venue_id) if stay.venue_id else None
    if venue is None:
        return str(gettext("Nơi này không còn trong danh sách"))
    zone = own.zones.get(stay.zone_id) if stay.zone_id else None
    return f"{venue.name} · {zone}" if zone else venue.name


def people_of(count: int) -> str:
    """How many were declared for."""
    return str(ngettext("%(num)s người", "%(num)s người", count))


def station_of(own: Own, sent: Sent) -> str:
    """The station that has a declaration without a venue."""
    return str(gettext("Trạm y tế %(commune)s", commune=own.communes.get(sent.commune_id or "", "?")))
