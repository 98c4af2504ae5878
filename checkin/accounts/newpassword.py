"""The check beside a field in which somebody chooses a password."""

from typing import Any

from flask_babel import gettext
from wtforms.validators import ValidationError

from checkin.accounts.passwords import MAX, weakness


def why_not(password: str, minimum: int, login: str = "") -> str | None:
    """Why a new password cannot be used, for whoever chooses it; None when it can."""
    weak = weakness(password, minimum, login=login)
    if weak == "short":
        return str(gettext("Mật khẩu cần ít nhất %(count)s ký tự.", count=minimum))
    if weak == "long":
        return str(gettext("Mật khẩu dài quá: nhiều nhất %(count)s ký tự.", count=MAX))
    return str(gettext("Mật khẩu này dễ đoán. Hãy chọn câu khác.")) if weak else None


class StrongEnough:
    """The password has at least `minimum` characters, and is neither one that everybody tries nor the login.

    The login is a field of that name, or `own_login` of the form where it is known already.
    """

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def __call__(self, form: Any, field: Any) -> None:
        login = form.login.data if "login" in form else getattr(form, "own_login", "")
        why = why_not(field.data or "", self.minimum, login or "")
        if why:
            raise ValidationError(why)
