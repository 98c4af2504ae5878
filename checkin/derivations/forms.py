from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import StopValidation

from checkin.derivations.models import KEEP, TODAY
from checkin.forms import SHORTEST_REASON, Form, Text

MOST = 500


class DeriveForm(Form):
    """Which rules the open cases go by afterwards, and why."""

    rules = RadioField(
        _l("Quy tắc"),
        choices=[
            (KEEP, _l("Mỗi ca giữ quy tắc đang có")),
            (TODAY, _l("Mọi ca chuyển sang quy tắc hôm nay")),
        ],
        default=KEEP,
    )
    reason = Text(
        _l("Lý do"),
        limit=MOST,
        description=_l("Cần khi chuyển sang quy tắc hôm nay. Lý do nằm trong lịch sử của từng ca."),
    )

    def validate_reason(self, field: Text) -> None:
        if self.rules.data == TODAY and len(field.data or "") < SHORTEST_REASON:
            raise StopValidation(str(_l("Ghi lý do chuyển sang quy tắc hôm nay, vài chữ cho rõ.")))
