from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField
from wtforms.validators import Optional, ValidationError

from checkin import clock
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.venues.kinds import KINDS

SIGNAL, NEW = "signal", "new"
SHOWN = "%Y-%m-%dT%H:%M"
LAST_MINUTE = timedelta(minutes=1) - timedelta(microseconds=1)


class LocalTime(Text):
    """A moment on the province's clocks as `YYYY-MM-DDTHH:MM`; `moment` is it in UTC."""

    moment: datetime | None = None

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, [Needed(_l("Ghi ngày và giờ."))], limit=20, **kwargs)

    def post_validate(self, form: FlaskForm, validation_stopped: bool) -> None:
        if validation_stopped or self.errors:
            return
        try:
            self.moment = clock.from_local(datetime.strptime((self.data or "").replace(" ", "T"), SHOWN))  # noqa: DTZ007 - its zone is given here
        except (ValueError, OverflowError) as error:
            raise ValidationError(gettext("Ghi ngày và giờ, ví dụ 2026-11-20T10:05.")) from error


class ReasonForm(Form):
    """The reason that every lookup needs."""

    reason = Text(_l("Lý do tra cứu"), [Needed(_l("Ghi lý do: ai đọc nhật ký sau này cũng phải hiểu."))], limit=500)

    def validate_reason(self, field: Text) -> None:
        if len(field.data or "") < 5:
            raise ValidationError(gettext("Lý do ngắn quá. Ghi vài chữ cho rõ."))


class BoundForm(ReasonForm):
    """What every lookup needs besides: a case, a new case or a signal."""

    case = SelectField(_l("Ca bệnh hoặc tín hiệu"), choices=[], validate_choice=False)
    signal = Text(_l("Tín hiệu gì?"), limit=200, description=_l("Ví dụ: chùm sốt ở trường, tin từ bệnh viện."))
    case_title = Text(_l("Tên gọi ca bệnh"), limit=120, description=_l("Không ghi tên người bệnh."))
    case_disease = SelectField(_l("Bệnh"), choices=[], validate_choice=False)
    case_onset = DateField(_l("Ngày khởi phát"), [Optional()])
    case_sample = DateField(_l("Ngày lấy mẫu"), [Optional()])

    def validate_signal(self, field: Text) -> None:
        if self.case.data == SIGNAL and not field.data:
            raise ValidationError(gettext("Ghi tín hiệu: chuyện gì, ở đâu, ai báo."))

    def validate_case_disease(self, field: SelectField) -> None:
        if self.case.data == NEW and field.data not in dict(field.choices):
            raise ValidationError(gettext("Chọn bệnh."))

    def validate_case_title(self, field: Text) -> None:
        if self.case.data == NEW and not field.data:
            raise ValidationError(gettext("Đặt tên gọi để nhận ra ca này, không ghi tên người bệnh."))


class PlaceForm(BoundForm):
    venue = Text(_l("Địa điểm"), limit=200, description=_l("Tên (có dấu hay không đều được) hoặc mã trên áp phích."))
    venue_id = HiddenField()
    commune = SelectField(_l("hoặc mọi nơi ở xã, phường"), choices=[], validate_choice=False)
    kind = SelectField(_l("loại"), choices=[("", _l("mọi loại")), *KINDS.items()], validate_choice=False)
    start = LocalTime(_l("Từ"))
    end = LocalTime(_l("Đến"))

    longest: timedelta
    latest: datetime
    window: tuple[datetime, datetime]

    def validate_venue(self, field: Text) -> None:
        if not (field.data or self.venue_id.data or self.commune.data or self.kind.data):
            raise ValidationError(gettext("Ghi tên hoặc mã địa điểm, hay chọn xã, phường hoặc loại."))

    def validate_kind(self, field: SelectField) -> None:
        if field.data and field.data not in KINDS:
            raise ValidationError(gettext("Chọn một loại trong danh sách."))

    def validate_commune(self, field: SelectField) -> None:
        if field.data and field.data not in dict(field.choices):
            raise ValidationError(gettext("Chọn một xã, phường trong danh sách."))

    def check_window(self) -> bool:
        """True when the window can be looked up; else an error beside its end."""
        start, end = self.start.moment, self.end.moment
        if start is None or end is None:
            return False
        if end < start:
            self.end.errors = [gettext("Giờ kết thúc trước giờ bắt đầu.")]
        elif end - start > self.longest:
            days = self.longest.days
            self.end.errors = [gettext("Khoảng tra cứu dài quá: dữ liệu chỉ giữ %(days)s ngày.", days=days)]
        elif start > self.latest:
            self.start.errors = [gettext("Giờ bắt đầu ở tương lai.")]
        elif start < self.latest - timedelta(days=400):
            self.start.errors = [gettext("Giờ bắt đầu xa quá: dữ liệu đã xoá.")]
        else:
            # The last minute is meant whole: who came in at 11:50:30 was there "until 11:50".
            self.window = start, end + LAST_MINUTE
            return True
        return False


class PersonForm(BoundForm):
    id_number = Text(_l("Số căn cước, mã định danh hoặc hộ chiếu"), [IfFilled()], limit=40)
    phone = Text(_l("Điện thoại"), [IfFilled()], limit=40)
    full_name = Text(_l("Họ và tên"), limit=100)
    birth_year = Text(_l("Năm sinh"), limit=4)

    def validate_id_number(self, field: Text) -> None:
        try:
            parse_id_number(field.data or "")
        except ValueError as error:
            raise ValidationError(gettext("Số này chưa đúng: căn cước có 12 chữ số.")) from error

    def validate_phone(self, field: Text) -> None:
        try:
            normalise_phone(field.data or "")
        except ValueError as error:
            raise ValidationError(gettext("Số điện thoại chưa đúng.")) from error

    def validate_full_name(self, field: Text) -> None:
        if field.data and not self.birth_year.data:
            raise ValidationError(gettext("Tên phải đi cùng năm sinh: nhiều người trùng tên."))
        if not (field.data or self.id_number.data or self.phone.data):
            raise ValidationError(gettext("Ghi số căn cước, điện thoại, hoặc tên cùng năm sinh."))

    def validate_birth_year(self, field: Text) -> None:
        if field.data and not (field.data.isdecimal() and 1890 <= int(field.data) <= clock.today().year):
            raise ValidationError(gettext("Năm sinh gồm bốn chữ số, ví dụ 1985."))
        if field.data and not self.full_name.data:
            raise ValidationError(gettext("Ghi thêm họ và tên."))
