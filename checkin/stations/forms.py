from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import StopValidation

from checkin.calls.words import RESULT_NAMES
from checkin.declarations.forms import Choice
from checkin.forms import Form, Needed, StepForm, Text


class ReasonForm(Form):
    reason = Text(_l("Lý do"), [Needed(_l("Ghi lý do: chủ cơ sở sẽ đọc."))], limit=300)


class CallForm(StepForm):
    result = Choice(_l("Kết quả cuộc gọi"), [Needed(_l("Chọn kết quả cuộc gọi."))], choices=list(RESULT_NAMES.items()))
    note = Text(
        _l("Ghi chú"), limit=1000, description=_l("Được mã hoá. Chỉ trạm đang giữ danh sách này và CDC đọc được.")
    )
    done = BooleanField(_l("Xong: không cần gọi nữa"))


class MoveForm(StepForm):
    to = SelectField(_l("Xã, phường nơi người này đang ở"), choices=[], validate_choice=False)
    move_note = Text(_l("Nhắn trạm bên đó"), limit=1000)

    def validate_to(self, field: SelectField) -> None:
        if field.data not in {value for value, _label in field.choices or () if value}:
            raise StopValidation(gettext("Chọn xã, phường khác trong tỉnh."))
