from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import StopValidation, ValidationError

from checkin.declarations.told import Identity, Told
from checkin.declarations.triage import Answers
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.people.idnumbers import parse_id_number
from checkin.phones import display_phone, normalise_phone

GENDERS = [("male", _l("Nam")), ("female", _l("Nữ")), ("other", _l("Khác"))]
NO_YES = [("no", _l("Không")), ("yes", _l("Có"))]
SYMPTOM_NAMES = {
    "fever": _l("Sốt"),
    "cough": _l("Ho"),
    "breathless": _l("Khó thở"),
    "pneumonia": _l("Viêm phổi"),
    "sore_throat": _l("Đau họng"),
    "tired": _l("Mệt mỏi"),
    "loss_of_taste": _l("Mất vị giác, khứu giác"),
    "other": _l("Dấu hiệu khác"),
}
# Where most foreign guests and workers of the province come from, by the code of ISO 3166.
NATIONALITIES = {
    "VN": _l("Việt Nam"),
    "CN": _l("Trung Quốc"),
    "KR": _l("Hàn Quốc"),
    "JP": _l("Nhật Bản"),
    "TW": _l("Đài Loan"),
    "US": _l("Hoa Kỳ"),
    "FR": _l("Pháp"),
    "DE": _l("Đức"),
    "GB": _l("Anh"),
    "AU": _l("Úc"),
    "IN": _l("Ấn Độ"),
    "LA": _l("Lào"),
    "KH": _l("Campuchia"),
    "TH": _l("Thái Lan"),
    "XX": _l("Nước khác"),
}
ELSEWHERE = "elsewhere"

PHONE_ERRORS = {
    "too_short": _l("Số điện thoại thiếu chữ số. Ví dụ: 0912 345 678."),
    "too_long": _l("Số điện thoại thừa chữ số. Ví dụ: 0912 345 678."),
}


class Choice(RadioField):
    """A radio field whose missing answer is said in plain words."""

    data: Any

    def pre_validate(self, form: FlaskForm) -> None:
        # What is not among the choices counts as no answer, which the validators say in plain words.
        if self.data not in dict(self.choices or []):
            self.data = None


class YesNo(Choice):
    """A question without a preset answer."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, [Needed(_l("Chọn Không hoặc Có."))], choices=NO_YES, **kwargs)

    @property
    def yes(self) -> bool:
        return bool(self.data == "yes")


class DeclarationForm(Form):
    """The short declaration at a door. Signed submission and origin stand in for the CSRF token."""

    class Meta:
        csrf = False

    submission = HiddenField()
    card = Text(_l("Nội dung mã QR trên thẻ căn cước hoặc thẻ bảo hiểm y tế"), limit=2000)
    # Read where it is sent for that; of other forms its name comes along, and is nobody's matter.
    photo = FileField(_l("Ảnh chụp mặt thẻ có mã QR"))
    full_name = Text(_l("Họ và tên"), [Needed(_l("Ghi họ và tên như trên giấy tờ."))], limit=100)
    birth_year = Text(_l("Năm sinh"), [Needed(_l("Ghi năm sinh, bốn chữ số."))], limit=20)
    phone = Text(_l("Điện thoại"), [Needed(_l("Ghi số điện thoại của bạn hoặc người giám hộ."))], limit=40)
    gender = Choice(_l("Giới tính"), [Needed(_l("Chọn giới tính."))], choices=GENDERS)
    id_number = Text(_l("Số căn cước, mã định danh hoặc hộ chiếu"), [IfFilled()], limit=40)
    province = SelectField(_l("Tỉnh, thành phố"), choices=[], validate_choice=False)
    commune = SelectField(_l("Nơi ở hiện nay"), choices=[], validate_choice=False)
    commune_other = Text(_l("Xã, phường ở tỉnh khác"), limit=100)
    address = Text(_l("Số nhà, đường, tổ, thôn"), limit=200)
    nationality = SelectField(_l("Quốc tịch"), choices=list(NATIONALITIES.items()), default="VN")
    symptoms = YesNo(_l("Bạn có sốt, ho, khó thở, đau họng, mệt mỏi, mất vị giác không?"))
    symptom = SelectMultipleField(_l("Dấu hiệu nào?"), choices=list(SYMPTOM_NAMES.items()))
    contact_sick = YesNo(_l("Bạn có ở gần người mắc bệnh, nghi mắc bệnh hoặc đang có triệu chứng không?"))
    travel = YesNo(_l("Bạn có đi qua vùng có dịch hoặc từ nước ngoài về không?"))
    travel_where = Text(_l("Bạn đã đi qua những đâu?"), limit=300)
    consent = BooleanField(
        _l(
            "Tôi khai đúng sự thật. Thông tin chỉ dùng để phòng, chống dịch. Lượt vào tự xoá sau %(days)s ngày, "
            "trừ khi liên quan đến ca bệnh."
        )
    )

    today: date
    home: str  # id of this province
    resolved_commune: str | None = None
    resolved_province: str | None = None

    def validate_full_name(self, field: Text) -> None:
        if not any(char.isalpha() for char in field.data or ""):
            raise ValidationError(gettext("Ghi họ và tên bằng chữ, như trên giấy tờ."))

    def validate_birth_year(self, field: Text) -> None:
        text = (field.data or "").strip()
        if not (text.isdecimal() and len(text) == 4):
            raise ValidationError(gettext("Năm sinh gồm bốn chữ số, ví dụ 1985."))
        if int(text) > self.today.year:
            raise ValidationError(gettext("Năm sinh ở tương lai. Xin xem lại."))
        if int(text) < self.today.year - 125:
            raise ValidationError(gettext("Năm sinh chưa đúng. Xin xem lại."))

    def validate_phone(self, field: Text) -> None:
        try:
            normalise_phone(field.data or "")
        except ValueError as error:
            message = PHONE_ERRORS.get(
                str(error), _l("Số điện thoại chưa đúng. Ví dụ: 0912 345 678; số nước ngoài bắt đầu bằng +.")
            )
            raise ValidationError(str(message)) from error

    def validate_id_number(self, field: Text) -> None:
        try:
            parse_id_number(field.data or "")
        except ValueError as error:
            raise ValidationError(
                gettext("Số này chưa đúng: căn cước và mã định danh có 12 chữ số, hộ chiếu có chữ và số.")
            ) from error

    def validate_commune(self, field: SelectField) -> None:
        if not self.resolved_commune and self.province.data == self.home:
            raise StopValidation(gettext("Chọn xã, phường nơi bạn đang ở."))

    def validate_commune_other(self, field: Text) -> None:
        if not self.resolved_commune and self.province.data != self.home:
            if not field.data:
                raise StopValidation(gettext("Ghi tên xã, phường nơi bạn đang ở."))
            raise StopValidation(gettext("Không tìm thấy xã, phường này trong tỉnh đã chọn. Xin xem lại tên."))

    def validate_travel_where(self, field: Text) -> None:
        if self.travel.yes and not field.data:
            raise ValidationError(gettext("Ghi nơi bạn đã đi qua, để trạm y tế biết."))

    def validate_consent(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(gettext("Đánh dấu ô này để gửi tờ khai."))

    def told(self) -> Told:
        """The declaration of a form that is valid."""
        symptoms = frozenset(self.symptom.data or ["other"]) if self.symptoms.yes else frozenset()
        return Told(
            who=self.who(),
            answers=Answers(symptoms=symptoms, contact_sick=self.contact_sick.yes, travel=self.travel.yes),
            travel_where=(self.travel_where.data or "") if self.travel.yes else "",
        )

    def who(self) -> Identity:
        """The identity of a form that is valid."""
        return Identity(
            full_name=self.full_name.data or "",
            birth_year=int(self.birth_year.data or 0),
            gender=self.gender.data,
            # At a counter there may be none.
            phone=normalise_phone(self.phone.data) if self.phone.data else "",
            province_id=self.resolved_province,
            commune_id=self.resolved_commune,
            address=self.address.data or "",
            id_number=parse_id_number(self.id_number.data).value if self.id_number.data else "",
            nationality=self.nationality.data,
        )

    def fill_from(self, who: Identity) -> None:
        """Put a known identity into the fields."""
        self.full_name.data = who.full_name
        self.birth_year.data = str(who.birth_year)
        self.gender.data = who.gender
        self.phone.data = display_phone(who.phone)
        self.id_number.data = who.id_number
        self.address.data = who.address
        self.nationality.data = who.nationality
        self.province.data, self.commune.data = who.province_id, who.commune_id
