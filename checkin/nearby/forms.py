from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from checkin import clock, context
from checkin.contactlists.entries import Entry, judge
from checkin.contactlists.words import FAULTS
from checkin.forms import StepForm, Text
from checkin.nearby.service import MOST_NAMED

# What is typed, by the field of `contactlists.entries` that reads it.
TOLD = ("full_name", "phone", "birth_year", "commune", "met_on")


class NearForm(StepForm):
    """Somebody whom an F1 names."""

    full_name = Text(_l("Họ tên"), limit=100)
    phone = Text(_l("Điện thoại"), limit=30)
    relation = Text(_l("Là gì của F1"), limit=60, description=_l("Ví dụ: mẹ, bạn cùng phòng. Được mã hoá."))
    birth_year = Text(_l("Năm sinh"), limit=10, description=_l("Nếu biết."))
    commune = Text(_l("Xã, phường nơi ở"), limit=200, description=_l("Nếu biết; không rõ hoặc ngoài tỉnh thì CDC gọi."))
    met_on = Text(_l("Lần cuối ở gần F1, trong vòng 2 m"), limit=20, description=_l("Để trống là hôm nay."))

    def entry(self) -> Entry:
        """What was typed, read as a row of a list from elsewhere is."""
        told = {field: self[field].data or "" for field in TOLD}
        return judge(told, province=context.config().province, today=clock.today())

    def fits(self, entry: Entry) -> bool:
        """Say what is wrong with what was typed, beside its field; True where nothing is."""
        for fault in entry.faults:
            field = "phone" if "phone" in fault else "met_on" if "met_on" in fault else "full_name"
            text = str(FAULTS[fault])
            self[field].errors = [f"{text[:1].upper()}{text[1:]}."]
        if "birth_year" in entry.notes:
            self.birth_year.errors = [gettext("Ghi năm sinh bốn chữ số, ví dụ 1980.")]
        return not self.errors

    def refuse(self, reason: str) -> None:
        """Say beside its field why `nearby.service` did not take it."""
        if reason == "early":
            self.met_on.errors = [gettext("Lúc đó người này chưa thể lây cho ai: xem lại ngày.")]
        elif reason == "case":
            self.full_name.errors = [gettext("Đây chính là ca bệnh này.")]
        elif reason == "many":
            most = MOST_NAMED
            self.full_name.errors = [gettext("F1 này đã kể %(most)s người, không ghi thêm ở đây: gọi CDC.", most=most)]
        else:
            self.full_name.errors = [gettext("Đây chính là F1 này.")]
