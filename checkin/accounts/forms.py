from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField

from checkin.accounts.models import STAFF
from checkin.forms import Form, Needed, Text

ROLE_NAMES = {
    "owner": _l("Chủ cơ sở"),
    "commune": _l("Trạm y tế xã, phường"),
    "cdc": _l("Cán bộ CDC"),
    "command": _l("Ban chỉ đạo"),
    "admin": _l("Quản trị"),
}

PASSWORD_ERRORS = {
    "short": _l("Mật khẩu ngắn quá: cán bộ cần ít nhất 15 ký tự."),
    "long": _l("Mật khẩu dài quá: nhiều nhất 200 ký tự."),
    "common": _l("Mật khẩu này dễ đoán. Hãy chọn câu khác."),
}


class SignInForm(Form):
    login = Text(_l("Số điện thoại, email hoặc tên đăng nhập"), [Needed()], limit=120)
    password = PasswordField(_l("Mật khẩu"), [Needed()])


class NewAccountForm(Form):
    login = Text(_l("Tên đăng nhập"), [Needed()], limit=120)
    role = SelectField(_l("Vai trò"), choices=[(role, ROLE_NAMES[role]) for role in STAFF])
    commune = SelectField(_l("Xã, phường (chỉ cho trạm y tế)"), choices=[])
    password = PasswordField(_l("Mật khẩu"), [Needed()], description=_l("Ít nhất 15 ký tự. Một câu dài dễ nhớ hơn."))
