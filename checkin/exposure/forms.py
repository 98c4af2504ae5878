from datetime import datetime, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField
from wtforms.validators import ValidationError

from checkin import clock
from checkin.forms import Day, Form, IfFilled, LocalTime, Text, Why
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.venues.kinds import KINDS

SIGNAL, NEW = "signal", "new"
# In one lookup.
MOST_PLACES = 50
LAST_MINUTE = timedelta(minutes=1) - timedelta(microseconds=1)


class ReasonForm(Form):
    """The reason that every lookup needs."""

    reason = Text(_l("Lý do tra cứu"), [Why()], limit=500)


class SourceForm(ReasonForm):
    """The same for the source of a case; beside the other one on the page of the case, so under names of its own."""

    def __init__(self) -> None:
        super().__init__(prefix="source")


class BoundForm(ReasonForm):
    """What every lookup needs besides: a case, a new case or a signal."""

    case = SelectField(_l("Ca bệnh hoặc tín hiệu"), choices=[], validate_choice=False)
    signal = Text(_l("Tín hiệu gì?"), limit=200, description=_l("Ví dụ: chùm sốt ở trường, tin từ bệnh viện."))
    case_title = Text(_l("Tên gọi ca bệnh"), limit=120, description=_l("Không ghi tên người bệnh."))
    case_disease = SelectField(_l("Bệnh"), choices=[], validate_choice=False)
    case_onset = Day(_l("Ngày khởi phát"))
    case_sample = Day(_l("Ngày lấy mẫu"))

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
    # Codes of further places, each chosen before.
    more = SelectMultipleField(choices=[], validate_choice=False)
    daily = BooleanField(_l("Lặp lại mỗi ngày: chỉ tính giờ này của từng ngày, từ ngày đầu đến ngày cuối"))
    other = Text(_l("Nơi thứ hai"), limit=200, description=_l("Tên hoặc mã. Chỉ tìm người đã ở cả hai nơi."))
    other_start = LocalTime(_l("Ở nơi thứ hai từ"), left_open=True)
    other_end = LocalTime(_l("Ở nơi thứ hai đến"), left_open=True)
    headcount = Text(
        _l("Khách thực tế ước chừng"), limit=7, description=_l("Nếu biết: để ước lượng danh sách gồm bao nhiêu phần.")
    )

    longest: timedelta
    latest: datetime
    day_over: datetime
    window: tuple[datetime, datetime]
    other_window: tuple[datetime, datetime] | None = None

    def validate_venue(self, field: Text) -> None:
        if not (field.data or self.more.data or self.venue_id.data or self.commune.data or self.kind.data):
            raise ValidationError(gettext("Ghi tên hoặc mã địa điểm, hay chọn xã, phường hoặc loại."))

    def validate_kind(self, field: SelectField) -> None:
        if field.data and field.data not in KINDS:
            raise ValidationError(gettext("Chọn một loại trong danh sách."))

    def validate_commune(self, field: SelectField) -> None:
        if field.data and field.data not in dict(field.choices):
            raise ValidationError(gettext("Chọn một xã, phường trong danh sách."))

    def validate_more(self, field: SelectMultipleField) -> None:
        if len(field.data or ()) >= MOST_PLACES:
            raise ValidationError(gettext("Nhiều nhất %(count)s địa điểm một lần tra cứu.", count=MOST_PLACES))

    def validate_other(self, field: Text) -> None:
        if not field.data and (self.other_start.data or self.other_end.data):
            raise ValidationError(gettext("Ghi tên hoặc mã của nơi thứ hai, hoặc xoá giờ của nơi đó."))

    def validate_headcount(self, field: Text) -> None:
        if field.data and not (field.data.isascii() and field.data.isdecimal() and int(field.data) > 0):
            raise ValidationError(gettext("Ghi một số người, ví dụ 200."))

    def check_window(self) -> bool:
        """True when the window can be looked up, and that of the second place; else an error beside its end."""
        found = self._window_of(self.start, self.end)
        if found is None:
            return False
        self.window, self.other_window = found, None
        if not self.other.data:
            return True
        for field in (self.other_start, self.other_end):
            if not field.data:
                field.errors = [gettext("Ghi ngày và giờ.")]
        self.other_window = self._window_of(self.other_start, self.other_end)
        return self.other_window is not None

    def _window_of(self, first: LocalTime, last: LocalTime) -> tuple[datetime, datetime] | None:
        start, end = first.moment, last.moment
        if start is None or end is None:
            return None
        if end < start:
            last.errors = [gettext("Giờ kết thúc trước giờ bắt đầu.")]
        elif end - start > self.longest:
            days = self.longest.days
            last.errors = [gettext("Khoảng tra cứu dài quá: dữ liệu chỉ giữ %(days)s ngày.", days=days)]
        elif start > self.latest:
            first.errors = [gettext("Giờ bắt đầu ở tương lai.")]
        elif end >= self.day_over:
            # Who approved such a list would not know what comes into it.
            last.errors = [gettext("Giờ kết thúc ở tương lai: muộn nhất là hết hôm nay.")]
        elif start < self.latest - timedelta(days=400):
            first.errors = [gettext("Giờ bắt đầu xa quá: dữ liệu đã xoá.")]
        else:
            # The last minute is meant whole: who came in at 11:50:30 was there "until 11:50".
            return start, end + LAST_MINUTE
        return None


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
