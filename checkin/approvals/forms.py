from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from checkin.forms import Form, Needed, Text

SHORTEST = 5


class DecideForm(Form):
    note = Text(_l("Ghi chú, hoặc lý do từ chối"), limit=500)


class AtOnceForm(Form):
    """Why it cannot wait."""

    reason = Text(
        _l("Vì sao cần, và vì sao không chờ được"),
        [Needed(_l("Ghi lý do: người duyệt và người đọc nhật ký phải hiểu."))],
        limit=500,
    )

    def validate_reason(self, field: Text) -> None:
        if len(field.data or "") < SHORTEST:
            raise ValidationError(gettext("Lý do ngắn quá. Ghi vài chữ cho rõ."))
