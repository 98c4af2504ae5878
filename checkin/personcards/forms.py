from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import ValidationError

from checkin.declarations.forms import DeclarationForm
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.personcards import lists
from checkin.personcards.face import SHEET, WALLET
from checkin.venues.codes import diagnose

FORMS = [(SHEET, _l("Giấy A4, cắt ra")), (WALLET, _l("Đúng cỡ thẻ, cho máy in thẻ"))]


class CardForm(DeclarationForm):
    """Who the card is for: a declaration without its questions. A phone is no condition."""

    class Meta(Form.Meta):
        csrf = True

    phone = Text(_l("Điện thoại"), [IfFilled()], limit=40)
    form = RadioField(_l("In trên"), choices=FORMS, default=SHEET)
    card: Any = None
    symptoms: Any = None
    symptom: Any = None
    contact_sick: Any = None
    travel: Any = None
    travel_where: Any = None
    consent: Any = None
    submission: Any = None


class ListForm(Form):
    """Many people at once, a line each."""

    people = TextAreaField(_l("Danh sách"), [Needed(_l("Dán hoặc gõ danh sách, mỗi người một dòng."))])
    form = RadioField(_l("In trên"), choices=FORMS, default=SHEET)

    def validate_people(self, field: TextAreaField) -> None:
        if len(field.data or "") > lists.MOST_TYPED:
            raise ValidationError(gettext("Dài quá: mỗi lần nhiều nhất %(count)s người.", count=lists.MOST_LINES))


class FindForm(Form):
    """Whose card is looked for: by the card's own code, a number, or name and year."""

    code = Text(_l("Mã trên thẻ"), [IfFilled()], limit=100)
    number = Text(_l("Số điện thoại hoặc số giấy tờ"), [IfFilled()], limit=40)
    full_name = Text(_l("Họ và tên"), [IfFilled()], limit=100)
    birth_year = Text(_l("Năm sinh"), [IfFilled()], limit=4)

    def validate_birth_year(self, field: Text) -> None:
        if field.data and not (field.data.isascii() and field.data.isdigit() and len(field.data) == 4):
            raise ValidationError(gettext("Năm sinh gồm bốn chữ số, ví dụ 1985."))


class ButtonForm(Form):
    """Nothing to fill in: the button says it all."""


class LostForm(Form):
    """The code on the strip that stayed at home."""

    code = Text(_l("Mã huỷ thẻ"), [Needed(_l("Gõ mã huỷ thẻ in trên mảnh giấy giữ ở nhà."))], limit=100)

    def validate_code(self, field: Text) -> None:
        if diagnose(field.data or "") != "ok":
            raise ValidationError(gettext("Mã này chưa đúng. Xem lại từng chữ: mã có 11 chữ và số."))
