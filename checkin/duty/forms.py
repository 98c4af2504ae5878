from flask_babel import lazy_gettext as _l

from checkin.forms import StepForm, Text


class HandOverForm(StepForm):
    note = Text(
        _l("Dặn ca sau"),
        limit=2000,
        description=_l("Việc đang dở, ai hẹn gọi lại. Đừng ghi tên hay số điện thoại của ai: ghi số ca. Được mã hoá."),
    )
