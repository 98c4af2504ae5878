import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import ValidationError

from checkin import clock
from checkin.cases.models import Case
from checkin.forms import Form, LocalTime, Needed, StepForm, Text, Why
from checkin.notices.words import SEVERITY_NAMES

LONGEST = timedelta(days=3)


class NoCase:
    """Words that everybody reads name no case."""

    def __call__(self, form: Form, field: Text) -> None:
        case: Case = form.case  # type: ignore[attr-defined]
        text = (field.data or "").casefold()
        if re.search(r"\bf\s*0\b", text) or case.title.casefold() in text:
            raise ValidationError(gettext("Ai cũng đọc được: không ghi số ca, tên gọi ca hay “F0”."))


class NoticeForm(StepForm):
    # Where and when the case was; its window, unless another one is written.
    place = SelectField(_l("Nơi và lúc ca đã ở đó"), choices=[], validate_choice=False)
    whole = BooleanField(_l("Nói về cả địa điểm, không riêng khu vực"))
    start = LocalTime(_l("Từ"), left_open=True)
    end = LocalTime(_l("Đến"), left_open=True)
    severity = SelectField(_l("Người đã ở đó cần"), choices=[("", _l("– chọn –")), *SEVERITY_NAMES.items()])
    words_vi = Text(
        _l("Nói với người dân, tiếng Việt"),
        [Needed(_l("Ghi điều người dân cần biết và cần làm.")), NoCase()],
        limit=800,
        description=_l("Xưng “ông/bà”. Không ghi gì về người bệnh: số ca, tên, tuổi, giới tính, nghề, chỗ ở."),
    )
    words_en = Text(_l("Cùng ý đó bằng tiếng Anh (không bắt buộc)"), [NoCase()], limit=800)

    case: Case
    windows: Mapping[str, tuple[datetime, datetime]]
    window: tuple[datetime, datetime]

    def validate_place(self, field: SelectField) -> None:
        if field.data not in self.windows:
            raise ValidationError(gettext("Chọn nơi và lúc ca đã ở đó."))

    def validate_severity(self, field: SelectField) -> None:
        if field.data not in SEVERITY_NAMES:
            raise ValidationError(gettext("Chọn người đã ở đó cần làm gì."))

    def validate(self, extra_validators: Any = None) -> bool:
        """True for what can be kept; the window is looked at once both of its ends are read."""
        return bool(super().validate(extra_validators)) and self._holds()

    def _holds(self) -> bool:
        preset = self.windows[self.place.data]
        start, end = self.start.moment or preset[0], self.end.moment or preset[1]
        if start > clock.now():
            self.start.errors = [gettext("Giờ này chưa đến.")]
        elif end <= start:
            self.end.errors = [gettext("Giờ kết thúc phải sau giờ bắt đầu.")]
        elif end - start > LONGEST:
            self.end.errors = [gettext("Khung giờ dài nhất là 3 ngày: hẹp thì người đọc mới nhận ra mình.")]
        else:
            self.window = start, end
            return True
        return False


class PublishForm(StepForm):
    reason = Text(
        _l("Vì sao phải báo cho mọi người, và nếu không chờ được thì vì sao"),
        [Why(_l("Ghi lý do: người duyệt và người đọc nhật ký phải hiểu."))],
        limit=500,
    )


class WithdrawForm(Form):
    why_vi = Text(
        _l("Nói với người dân vì sao rút lại, tiếng Việt"),
        [Needed(_l("Ghi vì sao: người đã đọc thông báo cần biết mình còn phải làm gì không.")), NoCase()],
        limit=500,
    )
    why_en = Text(_l("Cùng ý đó bằng tiếng Anh (không bắt buộc)"), [NoCase()], limit=500)

    case: Case
