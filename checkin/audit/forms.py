from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import Optional

from checkin import clock
from checkin.audit.queries import Asked
from checkin.forms import Form, Text

# Groups of actions, by their first words.
GROUPS = {
    "": (_l("mọi việc"), ()),
    "reading": (
        _l("xem dữ liệu cá nhân"),
        (
            "lookup",
            "station.read",
            "case.contacts",
            "case.places",
            "case.answers",
            "case.movements",
            "request",
            "card.read",
            "card.find",
            "list.look",
            "signal.read",
            "doubles",
        ),
    ),
    "export": (
        _l("xuất và tải tệp"),
        (
            "lookup.export",
            "lookup.sent",
            "lookup.made",
            "lookup.download",
            "audit.export",
            "case.outgoing",
            "case.list",
        ),
    ),
    "case": (_l("ca bệnh"), ("case", "duty", "list.load")),
    "signal": (_l("tín hiệu"), ("signal",)),
    "station": (_l("việc của trạm y tế"), ("station",)),
    "approval": (_l("người thứ hai duyệt"), ("approval",)),
    "sign_in": (_l("đăng nhập, đăng xuất"), ("sign_in", "sign_out", "session")),
    "account": (_l("tài khoản và quyền"), ("account", "factor", "invitation", "password", "contact", "api_token")),
    "venue": (
        _l("địa điểm và mã"),
        ("venue", "zone", "code", "posters", "desk", "commitment", "handover", "claim", "watch", "register", "worker"),
    ),
    "notice": (_l("thông báo khẩn"), ("notice",)),
    "card": (_l("thẻ qua cửa"), ("card",)),
    "refused": (_l("bị từ chối"), ("refused", "sign_in.refused", "sign_in.locked_out")),
    "system": (_l("hệ thống"), ("store", "visits", "backup", "audit", "keys", "demo")),
}


class FilterForm(Form):
    """What the log is narrowed to. Sent as a question in the address: no personal data is in the log."""

    class Meta(Form.Meta):
        csrf = False

    who = Text(_l("Ai"), limit=80, description=_l("Tên hoặc tên đăng nhập, một phần cũng được."))
    group = SelectField(_l("Việc"), default="", choices=[(key, words) for key, (words, _) in GROUPS.items()])
    case = Text(_l("Ca bệnh"), limit=20, description=_l("Ví dụ F0-0187."))
    first = DateField(_l("Từ ngày"), [Optional()])
    last = DateField(_l("Đến ngày"), [Optional()])
    refused = BooleanField(_l("Chỉ việc bị từ chối"))
    unusual = BooleanField(_l("Chỉ việc bất thường"))

    def asked(self) -> Asked:
        """What is asked for; a field that cannot be used narrows nothing, and its error says so."""
        return Asked(
            who=(self.who.data or "") if not self.who.errors else "",
            actions=GROUPS[self.group.data][1] if self.group.data in GROUPS else (),
            case_number=(self.case.data or "").upper() if not self.case.errors else "",
            start=_day(self.first.data, 0) if self.first.data else None,
            end=_day(self.last.data, 1) if self.last.data else None,
            refused=bool(self.refused.data),
            unusual=bool(self.unusual.data),
        )

    def kept(self) -> dict[str, str]:
        """The question again, for the address of the next page."""
        values = {
            "who": self.who.data or "",
            "group": self.group.data or "",
            "case": self.case.data or "",
            "first": self.first.data.isoformat() if self.first.data else "",
            "last": self.last.data.isoformat() if self.last.data else "",
            "refused": "y" if self.refused.data else "",
            "unusual": "y" if self.unusual.data else "",
        }
        return {name: value for name, value in values.items() if value}


class SeenForm(Form):
    note = Text(_l("Ghi chú"), limit=300, description=_l("Ví dụ: đã hỏi, chùm ca ở chợ đêm."))


def _day(day: date, ahead: int) -> datetime | None:
    try:
        return clock.day_bounds(day)[ahead]
    except (OverflowError, ValueError):
        # The first and last years of the calendar have no day before or after.
        return None
