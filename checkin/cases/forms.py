from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField
from wtforms.validators import ValidationError

from checkin.cases.service import CaseFacts
from checkin.forms import Day, Form, Needed, Text

STATE_NAMES = {
    "suspected": _l("Nghi ngờ"),
    "confirmed": _l("Xác định"),
    "discarded": _l("Loại trừ"),
    "recovered": _l("Khỏi"),
    "died": _l("Tử vong"),
}


class CaseForm(Form):
    title = Text(
        _l("Tên gọi ca bệnh"),
        [Needed(_l("Đặt tên gọi để nhận ra ca này, không ghi tên người bệnh."))],
        limit=120,
        description=_l("Ví dụ: Công nhân mỏ, chợ Hạ Long 1. Không ghi tên người bệnh."),
    )
    disease = SelectField(_l("Bệnh"), choices=[])
    state = SelectField(_l("Tình trạng"), choices=[(s, STATE_NAMES[s]) for s in ("confirmed", "suspected")])
    onset_on = Day(_l("Ngày khởi phát"))
    sample_on = Day(_l("Ngày lấy mẫu"))
    isolated_on = Day(_l("Ngày cách ly"))

    def validate_isolated_on(self, field: DateField) -> None:
        begun = [day for day in (self.onset_on.data, self.sample_on.data) if day]
        if begun and field.data and field.data < min(begun):
            raise ValidationError(gettext("Ngày cách ly trước cả ngày khởi phát và ngày lấy mẫu."))

    def facts(self) -> CaseFacts:
        """What a valid form says."""
        return CaseFacts(
            title=self.title.data or "",
            disease=self.disease.data,
            state=self.state.data,
            onset_on=self.onset_on.data,
            sample_on=self.sample_on.data,
            isolated_on=self.isolated_on.data,
        )
