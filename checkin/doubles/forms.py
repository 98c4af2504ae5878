from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import ValidationError

from checkin.forms import Form, Needed, Text


class StartForm(Form):
    """Why people are compared: a reason, as every lookup has one."""

    reason = Text(_l("Lý do"), [Needed(_l("Ghi lý do: ai đọc nhật ký sau này cũng phải hiểu."))], limit=500)

    def validate_reason(self, field: Text) -> None:
        if len(field.data or "") < 5:
            raise ValidationError(gettext("Lý do ngắn quá. Ghi vài chữ cho rõ."))


class SayForm(Form):
    """What an officer says of a pair, as they last saw it."""

    seen = HiddenField()
    reason = Text(
        _l("Lý do, ký bằng tên bạn"),
        [Needed(_l("Ghi lý do: không có lý do thì không đổi được."))],
        limit=1000,
        description=_l("Được mã hoá. Chỉ CDC đọc được."),
    )

    @property
    def version(self) -> int:
        """The last step that was on the page; -1 for what is no number."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else -1
