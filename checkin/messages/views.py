"""How messages get on, for the administrator: numbers alone, no address and no word of them."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from checkin import clock, context
from checkin.db import db
from checkin.messages import queries
from checkin.messages.models import LATE, MAIL, NOBODY, REFUSED, SENT, SMS, UNSURE, WAITING
from checkin.messages.senders import is_set_up

bp = Blueprint("messages", __name__, url_prefix="/messages")
SHOWN = timedelta(days=7)
# A message waits a few seconds where all is well.
SLOW = timedelta(minutes=5)
CHANNEL_NAMES = {MAIL: _l("Email"), SMS: _l("Tin nhắn SMS")}
# No state of a message: one that had no way out but a file reached nobody.
FILED = "filed"
STATE_NAMES = {
    WAITING: _l("đang chờ gửi"),
    SENT: _l("đã gửi"),
    FILED: _l("chỉ ghi vào outbox, chưa ai nhận"),
    REFUSED: _l("bị từ chối"),
    UNSURE: _l("không rõ đã đến chưa"),
    LATE: _l("quá hạn, thôi gửi"),
    NOBODY: _l("không có người nhận"),
}
ABOUT_NAMES = {
    "invitation": _l("Lời mời cán bộ"),
    "confirm": _l("Mã xác nhận liên hệ"),
    "reset": _l("Mã đặt lại mật khẩu"),
    "notice": _l("Thông báo khẩn"),
}


@bp.get("/")
def index() -> ResponseReturnValue:
    now = clock.now()
    counts = queries.counts(db.session(), now - SHOWN)
    waiting_since = queries.oldest_waiting(db.session())
    table: dict[tuple[str, str], dict[str, int]] = {}
    set_up = {channel: is_set_up(context.config(), channel) for channel in CHANNEL_NAMES}
    for found in counts:
        state = FILED if found.state == SENT and not set_up[found.channel] else found.state
        table.setdefault((found.channel, found.about), {})[state] = found.count
    shown = {state: name for state, name in STATE_NAMES.items() if state != FILED or not all(set_up.values())}
    return render_template(
        "messages/index.html",
        table=table,
        totals={state: sum(row.get(state, 0) for row in table.values()) for state in shown},
        waiting_since=waiting_since,
        slow=waiting_since is not None and now - waiting_since > SLOW,
        days=SHOWN.days,
        channels=CHANNEL_NAMES,
        states=shown,
        abouts=ABOUT_NAMES,
        set_up=set_up,
    )
