import re

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField
from wtforms.validators import ValidationError

from checkin.accounts.logins import contact_kind
from checkin.accounts.passwords import MIN_OWNER, weakness
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.phones import normalise_phone
from checkin.venues.kinds import KINDS
from checkin.venues.service import VenueFacts


class SignUpForm(Form):
    login = Text(_l("Số điện thoại hoặc email"), [Needed()], limit=120)
    password = PasswordField(_l("Mật khẩu"), [Needed()], description=_l("Ít nhất 8 ký tự."))

    def validate_login(self, field: Text) -> None:
        if contact_kind(field.data or "") is None:
            raise ValidationError(gettext("Ghi số điện thoại (ví dụ 0912 345 678) hoặc địa chỉ email."))

    def validate_password(self, field: PasswordField) -> None:
        messages = {
            "short": gettext("Mật khẩu cần ít nhất 8 ký tự."),
            "long": gettext("Mật khẩu dài quá: nhiều nhất 200 ký tự."),
            "common": gettext("Mật khẩu này dễ đoán. Hãy chọn câu khác."),
        }
        weak = weakness(field.data or "", MIN_OWNER)
        if weak:
            raise ValidationError(messages[weak])


class VenueForm(Form):
    name = Text(_l("Tên địa điểm"), [Needed(_l("Ghi tên như trên biển hiệu."))], limit=200)
    kind = SelectField(_l("Loại"), choices=[("", _l("Chọn loại…")), *KINDS.items()])
    commune = SelectField(_l("Xã, phường"), choices=[])
    address = Text(_l("Địa chỉ"), [Needed(_l("Ghi số nhà, đường hoặc thôn, khu."))], limit=200)
    phone = Text(_l("Điện thoại liên hệ"), [Needed(_l("Ghi số điện thoại của cơ sở."))], limit=40)
    opens_at = Text(_l("Mở cửa lúc"), [IfFilled()], limit=5)
    closes_at = Text(_l("Đóng cửa lúc"), [IfFilled()], limit=5)

    def validate_name(self, field: Text) -> None:
        if not any(char.isalnum() for char in field.data or ""):
            raise ValidationError(gettext("Ghi tên bằng chữ hoặc số."))

    def validate_kind(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError(gettext("Chọn loại địa điểm."))

    def validate_commune(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError(gettext("Chọn xã, phường."))

    def validate_phone(self, field: Text) -> None:
        try:
            normalise_phone(field.data or "")
        except ValueError as error:
            raise ValidationError(gettext("Số điện thoại chưa đúng. Ví dụ: 0203 3 825 499.")) from error

    def validate_opens_at(self, field: Text) -> None:
        _check_hour(field)

    def validate_closes_at(self, field: Text) -> None:
        _check_hour(field)

    def facts(self) -> VenueFacts:
        """What a valid form says."""
        return VenueFacts(
            name=self.name.data or "",
            kind=self.kind.data,
            address=self.address.data or "",
            commune_id=self.commune.data,
            phone=normalise_phone(self.phone.data or ""),
            opens_at=self.opens_at.data or None,
            closes_at=self.closes_at.data or None,
        )


class ZoneForm(Form):
    zone = Text(_l("Tên cửa, khu, tầng"), [Needed()], limit=100)


def _check_hour(field: Text) -> None:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", field.data or ""):
        raise ValidationError(gettext("Ghi giờ và phút, ví dụ 07:30."))
