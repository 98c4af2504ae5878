from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from checkin.forms import Form, Needed, StepForm, Text


class StartForm(Form):
    """Why people are compared: a reason, as every lookup has one."""

    reason = Text(_l("Lý do"), [Needed(_l("Ghi lý do: ai đọc nhật ký sau này cũng phải hiểu."))], limit=500)

    def validate_reason(self, field: Text) -> None:
        if len(field.data or "") < 5:
            raise ValidationError(gettext("Lý do ngắn quá. Ghi vài chữ cho rõ."))


class SayForm(StepForm):
    """What an officer says of a pair, as they last saw it."""

    reason = Text(
        _l("Lý do, ký bằng tên bạn"),
        [Needed(_l("Ghi lý do: không có lý do thì không đổi được."))],
        limit=1000,
        description=_l("Được mã hoá. Chỉ CDC đọc được."),
    )
