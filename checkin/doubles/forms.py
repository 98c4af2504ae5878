from flask_babel import lazy_gettext as _l

from checkin.forms import Form, Needed, StepForm, Text, Why


class StartForm(Form):
    """Why people are compared: a reason, as every lookup has one."""

    reason = Text(_l("Lý do"), [Why()], limit=500)


class SayForm(StepForm):
    """What an officer says of a pair, as they last saw it."""

    reason = Text(
        _l("Lý do, ký bằng tên bạn"),
        [Needed(_l("Ghi lý do: không có lý do thì không đổi được."))],
        limit=1000,
        description=_l("Được mã hoá. Chỉ CDC đọc được."),
    )
