"""Days of a quarantine in words and shapes."""

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from checkin.contacts.models import ILL, MISSED, NEGATIVE, POSITIVE, UNTRIED, WAITING, WELL
from checkin.forms import too_late
from checkin.monitoring.plan import BEFORE, COMING, TODAY, UNSAID
from checkin.monitoring.queries import Said

HEALTH_NAMES = {WELL: _l("Khoẻ"), ILL: _l("Ốm"), MISSED: _l("Không gặp"), UNTRIED: _l("Chưa hỏi")}
TEST_NAMES = {WAITING: _l("Chờ kết quả"), NEGATIVE: _l("Âm tính"), POSITIVE: _l("Dương tính")}
# A shape for each, so that no colour is needed; and what stands for a day of which nothing is said.
SHAPES = {WELL: "●", ILL: "■", MISSED: "○", UNTRIED: "–", COMING: "·", TODAY: "?", UNSAID: "!", BEFORE: "·"}
DAY_NAMES = HEALTH_NAMES | {
    COMING: _l("chưa đến"),
    TODAY: _l("hôm nay, chưa ghi"),
    UNSAID: _l("không ai ghi"),
    BEFORE: _l("chưa biết là F1"),
}
WORDS = {"health_names": HEALTH_NAMES, "test_names": TEST_NAMES, "day_names": DAY_NAMES, "shapes": SHAPES}


def saved(said: str) -> str:
    """What a page says once it is noted, and what to do next."""
    if said == ILL:
        return str(gettext("Đã ghi: ốm. CDC thấy ngay; nên lấy mẫu xét nghiệm hôm nay."))
    if said == POSITIVE:
        return str(gettext("Đã ghi: dương tính. CDC thấy ngay để mở ca."))
    return str(gettext("Đã ghi."))


def refusal(reason: str, checks: Sequence[Said] = (), *, officers: bool = True) -> str:
    """Why it was not noted; where somebody was faster, who that was, of what was said last. To a station the CDC has no
    names."""
    if reason == "changed" and checks:
        last = max(checks, key=lambda one: (one.at, one.number))
        names = HEALTH_NAMES | TEST_NAMES
        who = last.by_name if officers or last.commune_id else "CDC"
        return too_late(who, f"{last.day:%d/%m/%Y} – {names.get(last.said, last.said)}", last.at)
    names = {
        "not_f1": gettext("Người này không còn là F1."),
        "day": gettext("Ngày này ngoài thời gian cách ly, hoặc đã qua."),
    }
    return str(names.get(reason, gettext("Người khác vừa ghi trước bạn: xem lại rồi ghi nếu cần sửa.")))
