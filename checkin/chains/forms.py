from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import ValidationError

from checkin.chains.models import NONE, OUTSIDE, PROVINCE, UNKNOWN, VENUE
from checkin.forms import Needed, StepForm, Text

PLACE_NAMES = {
    VENUE: _l("Tại một địa điểm có mã"),
    PROVINCE: _l("Nơi khác trong tỉnh"),
    OUTSIDE: _l("Ngoài tỉnh"),
    UNKNOWN: _l("Không rõ nơi"),
    NONE: _l("Gỡ điều đã ghi"),
}


class SourceForm(StepForm):
    """How a case was infected: by which case, where, and why somebody thinks so."""

    source = Text(_l("Nhiễm từ ca"), limit=20, description=_l("Ví dụ F0-0012. Để trống nếu chưa rõ ca nào."))
    place = SelectField(_l("Ở đâu"), choices=[("", _l("Chọn…")), *PLACE_NAMES.items()])
    venue = Text(_l("Địa điểm"), limit=200, description=_l("Tên hoặc mã trên áp phích; chỉ khi chọn địa điểm có mã."))
    reason = Text(
        _l("Vì sao"), [Needed(_l("Ghi vì sao nghĩ vậy: người sau còn xem lại."))], limit=300,
        description=_l("Không ghi tên người bệnh."),
    )  # fmt: skip

    def validate_place(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError(gettext("Chọn nơi."))
        if field.data == NONE and self.source.data:
            raise ValidationError(gettext("Gỡ thì để trống ca nguồn."))

    def validate_venue(self, field: Text) -> None:
        if self.place.data == VENUE and not field.data:
            raise ValidationError(gettext("Ghi tên hoặc mã địa điểm."))
        if self.place.data != VENUE and field.data:
            raise ValidationError(gettext("Chỉ ghi địa điểm khi chọn “Tại một địa điểm có mã”."))
