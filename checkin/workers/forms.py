from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import AnyOf, Length, Regexp

from checkin.forms import Form, Text
from checkin.people.cards import CARD_MAX
from checkin.workers.entries import FIELDS, JOB_MAX, NAME_MAX, Entry, bits, read
from checkin.workers.queries import Row
from checkin.workers.shifts import display_minutes
from checkin.workers.words import FAULTS, LONG_DAYS


class PostForm(Form):
    """Where somebody works and when."""

    zone = SelectField(_l("Khu vực, quầy"), choices=[], validate_choice=False)
    job = Text(_l("Làm gì ở đây"), limit=JOB_MAX)
    starts = Text(_l("Từ mấy giờ"), limit=40)
    ends = Text(_l("Đến mấy giờ"), limit=40)
    weekdays = SelectMultipleField(_l("Làm vào các ngày"), choices=[], validate_choice=False)

    today: date
    zones: dict[str, UUID]
    entry: Entry

    def prepare(self, today: date, doors: list[Any], hours: tuple[int, int] | None) -> None:
        """Say which zones there are, and begin with the hours of the venue."""
        self.today = today
        self.zones = {str(door.zone_id): door.zone_id for door in doors if door.zone_id}
        self.zone.choices = [("", _l("Cả nơi này")), *((str(d.zone_id), d.zone_name) for d in doors if d.zone_id)]
        self.weekdays.choices = [(str(number), name) for number, name in enumerate(LONG_DAYS)]
        if not self.is_submitted():
            self.weekdays.data = [str(number) for number in range(7)]
            if hours is not None:
                self.starts.data, self.ends.data = map(display_minutes, hours)

    def show(self, row: Row) -> None:
        """Put what is known of somebody's work into the fields."""
        self.zone.data, self.job.data = str(row.zone_id or ""), row.job
        self.starts.data, self.ends.data = display_minutes(row.plan.starts), display_minutes(row.plan.ends)
        self.weekdays.data = [str(number) for number in bits(row.plan.weekdays)]

    def validate(self, extra_validators: Any = None) -> bool:
        """Also by the rules of `entries`, each fault beside its field; then `entry` is what was typed."""
        if not super().validate(extra_validators):
            return False
        days = sorted({int(day) for day in self.weekdays.data or [] if day in set("0123456")})
        told = {name: str(self[name].data or "") for name in FIELDS if name in self and name != "weekdays"}
        told["weekdays"] = ",".join("CN" if day == 6 else str(day + 2) for day in days) or "-"
        self.entry = read(told, today=self.today, zones=self.zones)
        for field, fault in self.entry.faults.items():
            if field in self:
                self[field].errors = [str(FAULTS[fault])]
        return not any(field in self for field in self.entry.faults)


class WorkerForm(PostForm):
    """Somebody who works here: who they are, and where and when."""

    full_name = Text(_l("Họ và tên"), limit=NAME_MAX)
    birth_year = Text(_l("Năm sinh"), limit=20)
    phone = Text(_l("Điện thoại"), limit=40)
    id_number = Text(_l("Số căn cước, mã định danh hoặc hộ chiếu"), limit=40)


class PressForm(Form):
    """Nothing to fill in: the button says it all."""


class SearchForm(Form):
    """Whom to look for on the list; a name, so that it is sent and never stands in an address."""

    text = Text(_l("Tìm theo tên, khu hoặc việc làm"), limit=NAME_MAX)


class PasteForm(Form):
    """Many rows of text, or a file of them; `save` once the preview was seen."""

    rows = TextAreaField(_l("Mỗi người một dòng"))
    file = FileField(_l("Hoặc chọn tệp (CSV, Excel)"))
    save = HiddenField(validators=[Length(max=1)])


class ScanForm(PostForm):
    """A card, and where and when all who are scanned work."""

    # As it was scanned: its lines and tabs may be what parts its fields.
    card = StringField(
        _l("Quét thẻ căn cước (CCCD), thẻ bảo hiểm y tế hoặc thẻ qua cửa"), validators=[Length(max=CARD_MAX * 2)]
    )


class DayForm(Form):
    """What is other than planned on a day of somebody."""

    day = HiddenField(validators=[Regexp(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")])
    what = HiddenField(validators=[AnyOf(("planned", "absent", "hours"))])
    starts = Text(_l("Từ mấy giờ"), limit=40)
    ends = Text(_l("Đến mấy giờ"), limit=40)
    left = Text(_l("Đã về lúc mấy giờ"), limit=40)
