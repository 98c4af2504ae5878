from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import ValidationError

from checkin.clusters.models import NOTHING, SEEN, WORKING
from checkin.clusters.words import STATE_NAMES
from checkin.forms import Form, StepForm, Text, Why


class SayForm(StepForm):
    """What an officer says about a signal, and the version that they looked at."""

    state = SelectField(_l("Tín hiệu này"), choices=[(state, STATE_NAMES[state]) for state in (SEEN, WORKING, NOTHING)])
    note = Text(_l("Ghi chú"), limit=300, description=_l("Đã hỏi ai, thấy gì. Không ghi tên người bệnh."))

    def validate_note(self, field: Text) -> None:
        if self.state.data == NOTHING and not field.data:
            raise ValidationError(gettext("Ghi vì sao không phải: người sau khỏi xem lại."))


class LookForm(Form):
    """The reason of a lookup that is bound to a signal."""

    reason = Text(_l("Lý do tra cứu"), [Why()], limit=500)
