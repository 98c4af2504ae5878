"""How severe a notice is, in the reader's words, and what it asks for in any case."""

from typing import Any

from flask_babel import lazy_gettext as _l

from checkin.i18n import locale_code, of_two
from checkin.notices.history import ENGLISH, PLACE, SEVERITY, VIETNAMESE, WINDOW
from checkin.notices.models import DRAFT, EXPIRED, INFORM, PUBLISHED, STAY_HOME, TEST, WAITING, WATCH, WITHDRAWN
from checkin.notices.stays import ENDED, GUESSED, RECORDED, TOLD

SEVERITY_NAMES = {
    INFORM: _l("Để biết"),
    WATCH: _l("Theo dõi sức khoẻ"),
    TEST: _l("Đi xét nghiệm"),
    STAY_HOME: _l("Ở nhà, gọi y tế"),
}
# With a shape and the class of a tag, from the mildest to the most severe.
MARKS = {INFORM: ("●", "none"), WATCH: ("▲", "watch"), TEST: ("◆", "watch"), STAY_HOME: ("■", "urgent")}
# What everybody is told where the case of a notice turns out to be none, in both languages as it is kept.
RULED_OUT = (
    "Ca bệnh đã được loại trừ. Ông/bà không cần làm theo thông báo này nữa.",
    "The case was ruled out. You need not follow this notice any more.",
)
# How it is known that a case was there.
HOW_NAMES = {
    RECORDED: _l("có lượt vào"),
    GUESSED: _l("có lượt vào, giờ ra ước đoán"),
    ENDED: _l("có lượt vào, giờ ra khai trong phỏng vấn"),
    TOLD: _l("khai trong phỏng vấn, không có lượt vào"),
}
# What of a draft was changed.
FIELD_NAMES = {
    PLACE: _l("Nơi"),
    WINDOW: _l("Khung giờ"),
    SEVERITY: _l("Mức"),
    VIETNAMESE: _l("Lời tiếng Việt"),
    ENGLISH: _l("Lời tiếng Anh"),
}
ADVICE = {
    INFORM: _l("Ông/bà chưa cần làm gì. Nếu thấy không khoẻ, hãy khai báo hoặc gọi trạm y tế."),
    WATCH: _l("Ông/bà hãy theo dõi sức khoẻ. Nếu sốt, ho hoặc khó thở: ở nhà và gọi trạm y tế."),
    TEST: _l("Ông/bà hãy gọi trạm y tế rồi đến xét nghiệm, kể cả khi thấy khoẻ. Đeo khẩu trang khi đi."),
    STAY_HOME: _l("Ông/bà hãy ở nhà, tránh gặp người khác và gọi CDC ngay."),
}
STATE_NAMES = {
    DRAFT: _l("Bản nháp"),
    WAITING: _l("Chờ duyệt"),
    PUBLISHED: _l("Đang hiệu lực"),
    WITHDRAWN: _l("Đã rút lại"),
    EXPIRED: _l("Đã hết hạn"),
}


def for_pages() -> dict[str, Any]:
    """What pages that show a notice need."""
    return {
        "ruled_out": RULED_OUT[of_two(locale_code()) != "vi"],
        "notice_severities": SEVERITY_NAMES,
        "notice_marks": MARKS,
        "notice_advice": ADVICE,
        "notice_states": STATE_NAMES,
    }
