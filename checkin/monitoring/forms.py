from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField

from checkin.declarations.forms import Choice
from checkin.forms import Needed, StepForm
from checkin.monitoring.words import HEALTH_NAMES, TEST_NAMES


class HealthForm(StepForm):
    """How somebody is today, by one button."""

    said = Choice(_l("Hôm nay"), [Needed(_l("Chọn một mục."))], choices=list(HEALTH_NAMES.items()))


class TestForm(StepForm):
    __test__ = False

    taken_on = DateField(_l("Ngày lấy mẫu"))
    test_said = Choice(_l("Kết quả"), [Needed(_l("Chọn một mục."))], choices=list(TEST_NAMES.items()))

    def check_day(self, start: date | None, end: date | None, today: date) -> bool:
        """True where the sample can have been taken on that day of a quarantine; else an error beside it."""
        day = self.taken_on.data
        if day is None or start is None or end is None or not start <= day <= min(today, end):
            self.taken_on.errors = [gettext("Ngày lấy mẫu trong thời gian cách ly, muộn nhất là hôm nay.")]
            return False
        return True
