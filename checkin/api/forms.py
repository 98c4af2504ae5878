from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from checkin.api.models import CASES_READ, CASES_WRITE, CONTACTS, EXPOSURE, NOTICES, SCOPES
from checkin.api.service import LONGEST_LIFE, LONGEST_NAME, USUAL_LIFE
from checkin.forms import Form, Needed, Text

SCOPE_NAMES = {
    CASES_READ: _l("Đọc danh sách ca bệnh (không có tên người)"),
    CASES_WRITE: _l("Mở ca bệnh"),
    CONTACTS: _l("Đọc người đã giao trạm gọi, kèm tên và số điện thoại"),
    EXPOSURE: _l("Đọc người cùng địa điểm với ca, kèm tên và số điện thoại"),
    NOTICES: _l("Đọc thông báo khẩn"),
}
STATE_NAMES = {"in use": _l("Đang dùng"), "revoked": _l("Đã thu hồi"), "expired": _l("Hết hạn")}


class TokenForm(Form):
    name = Text(_l("Hệ thống dùng mã"), [Needed(_l("Ghi tên hệ thống sẽ dùng mã này."))], limit=LONGEST_NAME)
    scopes = SelectMultipleField(
        _l("Được làm gì"),
        [InputRequired(_l("Chọn ít nhất một việc."))],
        choices=[(scope, SCOPE_NAMES[scope]) for scope in SCOPES],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    days = IntegerField(
        _l("Dùng trong mấy ngày"),
        [NumberRange(1, LONGEST_LIFE, _l("Ghi số ngày, từ 1 đến 366."))],
        default=USUAL_LIFE,
    )
