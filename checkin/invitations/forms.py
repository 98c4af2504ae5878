from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField
from wtforms.validators import ValidationError

from checkin.accounts.logins import contact_kind
from checkin.accounts.models import STAFF
from checkin.accounts.newpassword import StrongEnough
from checkin.accounts.passwords import MIN_STAFF
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.roles import ROLE_NAMES


class InvitationForm(Form):
    login = Text(_l("Tên đăng nhập"), [Needed()], limit=120)
    mail = Text(
        _l("Email nhận lời mời"), [IfFilled()], limit=120, description=_l("Để trống: bạn tự đưa liên kết cho người đó.")
    )
    role = SelectField(_l("Vai trò"), choices=[(role, ROLE_NAMES[role]) for role in STAFF])
    commune = SelectField(_l("Xã, phường (chỉ cho trạm y tế)"), choices=[])

    def validate_mail(self, field: Text) -> None:
        # Letters beyond ASCII before the @ reach few mailboxes.
        if contact_kind(field.data or "") != "email" or not (field.data or "").isascii():
            raise ValidationError(gettext("Ghi địa chỉ email không dấu, ví dụ ten@cdc.vn."))


class AcceptForm(Form):
    own_login = ""  # set by the page: whose password it will be
    password = PasswordField(
        _l("Mật khẩu của bạn"),
        [Needed(), StrongEnough(MIN_STAFF)],
        description=_l("Ít nhất 15 ký tự. Một câu dài dễ nhớ hơn."),
    )
    again = PasswordField(_l("Gõ lại mật khẩu"), [Needed()])

    def validate_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(gettext("Hai lần gõ không giống nhau."))
