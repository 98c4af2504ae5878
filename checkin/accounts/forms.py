from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField

from checkin.forms import Form, Needed, Text


class SignInForm(Form):
    login = Text(_l("Số điện thoại, email hoặc tên đăng nhập"), [Needed()], limit=120)
    password = PasswordField(_l("Mật khẩu"), [Needed()])


class CodeForm(Form):
    factor = Text(_l("Mã 6 số trong ứng dụng, hoặc một mã dự phòng"), [Needed()], limit=40)


class UnlockForm(Form):
    password = PasswordField(_l("Mật khẩu"), [Needed()])
    kept = HiddenField()
    next = HiddenField()


class EnrolForm(Form):
    """The secret travels in the form, locked and bound to the account, until its first code is shown."""

    secret = HiddenField()
    factor = Text(_l("Mã 6 số mà ứng dụng đang hiện"), [Needed()], limit=40)


class ConfirmForm(Form):
    """What changes how somebody signs in wants the password again."""

    current_password = PasswordField(_l("Mật khẩu hiện tại"), [Needed()])


class PasswordForm(ConfirmForm):
    new_password = PasswordField(_l("Mật khẩu mới"), [Needed()])
