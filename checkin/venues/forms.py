import re
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField
from wtforms.validators import ValidationError

from checkin.accounts.logins import contact_kind
from checkin.accounts.newpassword import StrongEnough
from checkin.accounts.passwords import MIN_OWNER
from checkin.fold import ascii_digits, fold
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.phones import display_phone, normalise_phone
from checkin.venues.codes import display
from checkin.venues.kinds import KINDS, SIZES, VEHICLES, ZONE_KINDS
from checkin.venues.models import Venue
from checkin.venues.plates import display_plate, normalise_plate
from checkin.venues.service import VenueFacts

# A point outside these degrees is not in Vietnam, its islands included.
NORTH, EAST = (6.0, 24.0), (102.0, 118.0)


class SignUpForm(Form):
    login = Text(_l("Số điện thoại hoặc email"), [Needed()], limit=120)
    password = PasswordField(_l("Mật khẩu"), [Needed(), StrongEnough(MIN_OWNER)], description=_l("Ít nhất 8 ký tự."))

    def validate_login(self, field: Text) -> None:
        if contact_kind(field.data or "") is None:
            raise ValidationError(gettext("Ghi số điện thoại (ví dụ 0912 345 678) hoặc địa chỉ email."))


class VenueForm(Form):
    name = Text(_l("Tên địa điểm"), [Needed(_l("Ghi tên như trên biển hiệu."))], limit=200)
    kind = SelectField(_l("Loại"), choices=[("", _l("Chọn loại…")), *KINDS.items()])
    plate = Text(_l("Biển số xe, số đăng ký tàu"), limit=40)
    commune = SelectField(_l("Xã, phường"), choices=[])
    address = Text(_l("Địa chỉ"), [Needed(_l("Ghi số nhà, đường hoặc thôn, khu."))], limit=200)
    phone = Text(_l("Điện thoại liên hệ"), [Needed(_l("Ghi số điện thoại của cơ sở."))], limit=40)
    opens_at = Text(_l("Mở cửa lúc"), [IfFilled()], limit=12)
    closes_at = Text(_l("Đóng cửa lúc"), [IfFilled()], limit=12)
    size = SelectField(_l("Lúc đông nhất có khoảng"), default="", choices=[("", _l("Chưa rõ")), *SIZES.items()])
    inside = Text(_l("Nằm trong nơi khác?"), [IfFilled()], limit=60)
    point = Text(_l("Vị trí trên bản đồ"), [IfFilled()], limit=60)
    # Whose plate is asked for.
    vehicles = VEHICLES
    # Filled by the page once the code in `inside` is known.
    outer_id: UUID | None = None

    def validate_name(self, field: Text) -> None:
        if not any(char.isalnum() for char in field.data or ""):
            raise ValidationError(gettext("Ghi tên bằng chữ hoặc số."))

    def validate_kind(self, field: SelectField) -> None:
        if not field.data:
            raise ValidationError(gettext("Chọn loại địa điểm."))

    def validate_plate(self, field: Text) -> None:
        if field.data:
            try:
                normalise_plate(field.data)
            except ValueError as error:
                raise ValidationError(gettext("Ghi biển số bằng chữ và số, ví dụ 14A-327.18 hoặc QN-8642.")) from error
        elif self.kind.data in VEHICLES:
            raise ValidationError(gettext("Xe, tàu, phà cần biển số hoặc số đăng ký."))

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

    def validate_point(self, field: Text) -> None:
        if _point(field.data or "") is None:
            raise ValidationError(
                gettext("Ghi vĩ độ và kinh độ ở Việt Nam, ví dụ 20.9517, 107.0789, hoặc để trống ô này.")
            )

    def fill_from(self, venue: Venue, phone: str, outer_code: str) -> None:
        """Show what is known of a venue, as people write it."""
        self.name.data, self.kind.data, self.address.data = venue.name, venue.kind, venue.address
        self.commune.data, self.size.data = venue.commune_id, venue.size or ""
        self.plate.data = display_plate(venue.plate) if venue.plate else ""
        self.opens_at.data, self.closes_at.data = venue.opens_at or "", venue.closes_at or ""
        self.phone.data = display_phone(phone)
        self.inside.data = display(outer_code) if outer_code else ""
        if venue.latitude is not None and venue.longitude is not None:
            self.point.data = f"{venue.latitude:.6f}, {venue.longitude:.6f}"

    def facts(self) -> VenueFacts:
        """What a valid form says."""
        latitude, longitude = _point(self.point.data or "") or (None, None)
        return VenueFacts(
            name=self.name.data or "",
            kind=self.kind.data,
            address=self.address.data or "",
            commune_id=self.commune.data,
            phone=self.e164,
            opens_at=_hour(self.opens_at.data or ""),
            closes_at=_hour(self.closes_at.data or ""),
            plate=normalise_plate(self.plate.data) if self.plate.data else None,
            size=self.size.data or None,
            latitude=latitude,
            longitude=longitude,
            outer_id=self.outer_id,
        )

    @property
    def e164(self) -> str:
        """The contact's number in its one form. ValueError where there is none."""
        return normalise_phone(self.phone.data or "")


class RegisterForm(VenueForm):
    """A venue and the account of its owner, on one page."""

    login = Text(_l("Số điện thoại hoặc email để đăng nhập"), [Needed()], limit=120)
    password = PasswordField(
        _l("Đặt mật khẩu"), [Needed(), StrongEnough(MIN_OWNER)], description=_l("Ít nhất 8 ký tự.")
    )
    phone = Text(_l("Điện thoại của cơ sở"), [], limit=40)

    validate_login = SignUpForm.validate_login

    def validate_phone(self, field: Text) -> None:
        if field.data:
            super().validate_phone(field)
        elif contact_kind(self.login.data or "") == "email":
            raise ValidationError(gettext("Ghi số điện thoại của cơ sở."))

    @property
    def e164(self) -> str:
        """The number told for the venue, else the one that its owner signs in with."""
        return normalise_phone(self.phone.data or self.login.data or "")


class ZoneForm(Form):
    zone = Text(_l("Tên cửa, khu, tầng"), [Needed()], limit=100)
    zone_kind = SelectField(_l("Loại khu vực"), choices=list(ZONE_KINDS.items()), default="area")

    def validate_zone(self, field: Text) -> None:
        if not any(char.isalnum() for char in field.data or ""):
            raise ValidationError(gettext("Ghi tên bằng chữ hoặc số."))


def _check_hour(field: Text) -> None:
    if _hour(field.data or "") is None:
        raise ValidationError(gettext("Ghi giờ và phút, ví dụ 07:30."))


def _hour(text: str) -> str | None:
    """ "HH:MM" of an hour as people write it: 7:30, 7h30, 7 giờ; None for anything else."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]) ?(?:[:h.]|gio) ?([0-5][0-9])?", fold(ascii_digits(text)))
    return f"{int(found[1]):02d}:{found[2] or '00'}" if found else None


def _point(text: str) -> tuple[float, float] | None:
    """Latitude and longitude in Vietnam, in degrees with decimals; None for anything else."""
    found = re.fullmatch(r"\s*([0-9]{1,2}\.[0-9]{1,12})\s*[,; ]\s*([0-9]{1,3}\.[0-9]{1,12})\s*", ascii_digits(text))
    if not found:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    inside = NORTH[0] <= latitude <= NORTH[1] and EAST[0] <= longitude <= EAST[1]
    return (round(latitude, 6), round(longitude, 6)) if inside else None
