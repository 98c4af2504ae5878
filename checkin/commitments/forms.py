from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from checkin.forms import Form, Needed, Text


class SignForm(Form):
    version = HiddenField()
    signer = Text(_l("Họ tên người ký"), [Needed(_l("Ghi họ tên của bạn."))], limit=120)
    office = Text(_l("Chức vụ"), limit=80)
    agree = BooleanField(_l("Tôi đã đọc và cam kết thực hiện các điều trên."))

    def validate_signer(self, field: Text) -> None:
        if not any(char.isalpha() for char in field.data or ""):
            raise ValidationError(gettext("Ghi họ tên của bạn."))

    def validate_agree(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(gettext("Đánh dấu vào ô này để ký."))
