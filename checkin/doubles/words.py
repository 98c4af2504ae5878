"""What lists and steps are called."""

from flask_babel import lazy_gettext as _l

from checkin.doubles.likeness import FAMILY, ID, NAME, PHONE_NAME, PHONE_YEAR
from checkin.joins.models import APART, JOIN, OPEN, PART, SAME, SPLIT

# In addresses: the state of the pairs and what they agree in.
LISTS: dict[str, tuple[str, int | None]] = {
    "id": (OPEN, ID),
    "phone-name": (OPEN, PHONE_NAME),
    "phone-year": (OPEN, PHONE_YEAR),
    "name": (OPEN, NAME),
    "family": (OPEN, FAMILY),
    "joined": (SAME, None),
    "apart": (APART, None),
}
LIST_NAMES = {
    "id": _l("Cùng số giấy tờ"),
    "phone-name": _l("Cùng điện thoại, tên, năm sinh"),
    "phone-year": _l("Cùng điện thoại, năm sinh gần nhau"),
    "name": _l("Cùng tên, năm sinh, xã phường"),
    "family": _l("Cùng điện thoại, có lẽ người nhà"),
    "joined": _l("Đã gộp"),
    "apart": _l("Là hai người"),
}
LIST_OF = {like: name for name, (state, like) in LISTS.items() if state == OPEN}
STATE_NAMES = {OPEN: _l("chưa quyết định"), SAME: _l("đã gộp làm một người"), APART: _l("là hai người khác nhau")}
STEP_NAMES = {JOIN: _l("Gộp làm một người"), SPLIT: _l("Ghi là hai người"), PART: _l("Tách lại")}
