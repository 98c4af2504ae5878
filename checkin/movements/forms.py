from datetime import datetime, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from checkin.forms import Form, LocalTime, Text
from checkin.movements.service import LONGEST, OLDEST


class MoveForm(Form):
    """One movement as it is told; the person goes on with the next one from where this one ended."""

    venue = Text(
        _l("Địa điểm có mã"), limit=200, description=_l("Tên (có dấu hay không đều được) hoặc mã trên áp phích.")
    )
    venue_id = HiddenField()
    place = Text(
        _l("hoặc nơi khác, ghi bằng lời"),
        limit=200,
        description=_l("Nơi không có mã: chỉ để đọc, không tìm được người cùng địa điểm. Được mã hoá."),
    )
    start = LocalTime(_l("Từ"))
    end = LocalTime(_l("Đến"))
    note = Text(_l("Ghi chú"), limit=1000, description=_l("Đi với ai, bằng gì. Được mã hoá. Chỉ CDC đọc được."))

    def check(self, now: datetime) -> bool:
        """True when times and place can be noted; else an error beside the field."""
        start, end = self.start.moment, self.end.moment
        if not (self.venue.data or self.venue_id.data or self.place.data):
            self.venue.errors = [gettext("Ghi địa điểm, hoặc nơi khác bằng lời.")]
        elif (self.venue.data or self.venue_id.data) and self.place.data:
            self.place.errors = [gettext("Chỉ ghi một nơi: địa điểm có mã hoặc nơi khác.")]
        if start and start > now:
            self.start.errors = [gettext("Giờ này chưa tới.")]
        elif start and start < now - OLDEST:
            self.start.errors = [gettext("Ngày này xa quá: kiểm tra lại năm.")]
        elif end and end > now:
            self.end.errors = [gettext("Giờ này chưa tới.")]
        elif start and end and end <= start:
            self.end.errors = [gettext("Giờ đi phải sau giờ đến.")]
        elif start and end and end - start > LONGEST:
            self.end.errors = [
                gettext("Lâu quá: nhiều nhất %(days)s ngày một chặng.", days=LONGEST // timedelta(days=1))
            ]
        return not self.errors
