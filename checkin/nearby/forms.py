from flask_babel import lazy_gettext as _l

from checkin.forms import Form, Text

# What is typed, by the field of `contactlists.entries` that reads it.
TOLD = ("full_name", "phone", "birth_year", "commune", "met_on")


class NearForm(Form):
    """Somebody whom an F1 names."""

    full_name = Text(_l("Họ tên"), limit=100)
    phone = Text(_l("Điện thoại"), limit=30)
    relation = Text(_l("Là gì của F1"), limit=60, description=_l("Ví dụ: mẹ, bạn cùng phòng. Được mã hoá."))
    birth_year = Text(_l("Năm sinh"), limit=10, description=_l("Nếu biết."))
    commune = Text(_l("Xã, phường nơi ở"), limit=200, description=_l("Nếu biết; không rõ hoặc ngoài tỉnh thì CDC gọi."))
    met_on = Text(_l("Lần cuối ở gần F1, trong vòng 2 m"), limit=20, description=_l("Để trống là hôm nay."))
