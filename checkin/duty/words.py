"""The numbers of a shift in words, in the order in which a page shows them."""

from flask_babel import lazy_gettext as _l

# As they stand when a shift is handed over.
NUMBER_NAMES = {
    "cases": _l("ca đang mở"),
    "to_call": _l("người cần gọi"),
    "late": _l("quá hạn gọi"),
    "refused": _l("từ chối"),
    "watched": _l("F1 đang cách ly"),
    "unseen": _l("F1 hôm nay chưa ai hỏi"),
    "ill": _l("F1 báo ốm"),
    "positive": _l("F1 dương tính, chưa mở ca"),
    "approvals": _l("việc chờ duyệt"),
}
# What was done in the shift.
DONE_NAMES = {
    "changed_cases": _l("ca mở hoặc đổi"),
    "lookups": _l("lần tra cứu"),
    "calls": _l("cuộc gọi"),
    "new_f1": _l("F1 mới"),
    "notices": _l("thông báo đăng hoặc rút"),
}
CHANGE_NAMES = {
    "case.open": _l("mở"),
    "case.facts": _l("sửa thông tin"),
    "case.window": _l("sửa khoảng truy vết"),
    "case.window_back": _l("bỏ khoảng truy vết đã sửa"),
    "case.rules": _l("tính lại theo quy tắc"),
    "case.interview": _l("phỏng vấn"),
    "case.tell": _l("ghi nơi đã đến"),
    "case.tell_back": _l("bỏ nơi đã đến"),
    "case.infected": _l("ghi nguồn lây"),
    "case.state": _l("đổi tình trạng"),
    "case.link": _l("gắn người"),
    "case.unlink": _l("gỡ người"),
}
