import re

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import ValidationError

from checkin.accounts.logins import contact_kind
from checkin.accounts.newpassword import StrongEnough
from checkin.accounts.passwords import MIN_OWNER
from checkin.fold import ascii_digits
from checkin.forms import Form, Needed, Text


class ForgottenForm(Form):
    login = Text(_l("Số điện thoại hoặc email"), [Needed()], limit=120)

    def validate_login(self, field: Text) -> None:
        if contact_kind(field.data or "") is None:
            raise ValidationError(gettext("Ghi số điện thoại (ví dụ 0912 345 678) hoặc địa chỉ email."))


class CodeForm(Form):
    code = Text(_l("Mã 6 chữ số"), [Needed(_l("Gõ mã trong tin nhắn."))], limit=20)

    @property
    def digits(self) -> str:
        """The code as it was sent, however it was typed."""
        return re.sub(r"[\s.\-]", "", ascii_digits(self.code.data or ""))

    def validate_code(self, field: Text) -> None:
        if not re.fullmatch(r"[0-9]{6}", self.digits):
            raise ValidationError(gettext("Mã gồm đúng 6 chữ số."))


class ResetForm(CodeForm):
    password = PasswordField(
        _l("Mật khẩu mới"), [Needed(), StrongEnough(MIN_OWNER)], description=_l("Ít nhất 8 ký tự.")
    )
