import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField
from wtforms.validators import ValidationError

from checkin import clock
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.names import clean_name
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.rights.deadlines import COMPLAIN, CORRECT, DELETE, SEE, WITHDRAW
from checkin.rights.service import Wish

KIND_NAMES = {
    SEE: _l("Xem dữ liệu của tôi"),
    CORRECT: _l("Sửa dữ liệu sai"),
    WITHDRAW: _l("Rút lại đồng ý"),
    DELETE: _l("Xoá dữ liệu của tôi"),
    COMPLAIN: _l("Khiếu nại"),
}
# The same for staff and in letters.
KIND_WORDS = {
    SEE: _l("Xem dữ liệu"),
    CORRECT: _l("Sửa dữ liệu"),
    WITHDRAW: _l("Rút lại đồng ý"),
    DELETE: _l("Xoá dữ liệu"),
    COMPLAIN: _l("Khiếu nại"),
}
WAY_NAMES = {
    "papers": _l("Xem giấy tờ tại cơ quan"),
    "call": _l("Gọi lại số đã khai trong tờ khai"),
    "device": _l("Gửi từ chính máy đã khai"),
}
GROUND_NAMES = {
    "outbreak": _l("Cần cho phòng, chống dịch (Luật 91/2025/QH15, Điều 14 khoản 2 và Điều 19)"),
    "identity": _l("Không xác định được người yêu cầu là chủ dữ liệu"),
    "nothing": _l("Không còn giữ dữ liệu nào của người này"),
    "law": _l("Luật khác yêu cầu giữ (ghi rõ trong thư)"),
}
# Why a step of staff is not taken.
STEP_REFUSALS = {
    "closed": _l("Yêu cầu này đã đóng."),
    "done": _l("Việc này đã làm rồi."),
    "extended": _l("Đã gia hạn một lần; luật chỉ cho một lần."),
    "unchecked": _l("Xác minh người yêu cầu trước khi xoá."),
    "undone": _l("Xoá trước rồi mới trả lời, hoặc từ chối kèm căn cứ."),
    "unseen": _l("Tra cứu và xác minh người yêu cầu trước khi trả lời, hoặc từ chối kèm căn cứ."),
    "device": _l("Máy gửi yêu cầu không phải máy đã khai mọi lượt của người này: xác minh bằng giấy tờ hoặc gọi lại."),
}
NO_STEP = _l("Không làm được bước này.")
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
LINES = 200


class Lines(Text):
    """Text of several lines."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            typed = str(valuelist[0])
            self.cut = len(typed) > 4 * self.limit
            lines = typed[: 4 * self.limit].splitlines()[:LINES]
            self.data = "\n".join(clean_name(line) for line in lines).strip()


class Only(RadioField):
    """A choice whose missing answer is said in plain words."""

    data: Any

    def __init__(self, label: Any, *, missing: Any, **kwargs: Any) -> None:
        self.missing = missing
        super().__init__(label, **kwargs)

    def pre_validate(self, form: FlaskForm) -> None:
        if self.data not in dict(self.choices or []):
            raise ValidationError(str(self.missing))


class AskForm(Form):
    """What somebody asks about their own data."""

    once = HiddenField()
    kind = Only(_l("Bạn muốn gì?"), choices=list(KIND_NAMES.items()), missing=_l("Chọn điều bạn muốn."))
    full_name = Text(_l("Họ và tên"), [Needed(_l("Ghi họ và tên như trong tờ khai."))], limit=100)
    birth_year = Text(_l("Năm sinh"), [Needed(_l("Ghi năm sinh, ví dụ 1985."))], limit=4)
    phone = Text(_l("Điện thoại"), limit=40)
    mail = Text(_l("Thư điện tử"), [IfFilled()], limit=200)
    id_number = Text(_l("Số căn cước (không bắt buộc)"), [IfFilled()], limit=40)
    text = Lines(_l("Nội dung"), limit=2000)
    attach = BooleanField(_l("Gửi kèm mã của máy này, để CDC nhận ra các lượt khai từ máy này."))

    def validate_birth_year(self, field: Text) -> None:
        year = field.data or ""
        if not (re.fullmatch("[0-9]{4}", year) and 1890 <= int(year) <= clock.today().year):
            raise ValidationError(gettext("Năm sinh gồm bốn chữ số, ví dụ 1985."))

    def validate_phone(self, field: Text) -> None:
        if not field.data:
            if not self.mail.data:
                raise ValidationError(gettext("Ghi số điện thoại hoặc thư điện tử để CDC trả lời bạn."))
            return
        try:
            normalise_phone(field.data)
        except ValueError as error:
            raise ValidationError(gettext("Số điện thoại chưa đúng.")) from error

    def validate_mail(self, field: Text) -> None:
        if not _MAIL.fullmatch(field.data or ""):
            raise ValidationError(gettext("Địa chỉ thư chưa đúng. Ví dụ: ten@example.vn."))

    def validate_id_number(self, field: Text) -> None:
        try:
            parse_id_number(field.data or "")
        except ValueError as error:
            raise ValidationError(gettext("Số này chưa đúng: căn cước có 12 chữ số.")) from error

    def validate_text(self, field: Text) -> None:
        if self.kind.data in {CORRECT, COMPLAIN} and not field.data:
            raise ValidationError(gettext("Viết vài dòng: sai ở đâu, hoặc có chuyện gì."))

    def wish(self) -> Wish:
        """What was asked, in normal form; of a form that is valid."""
        return Wish(
            kind=self.kind.data,
            full_name=self.full_name.data or "",
            birth_year=int(self.birth_year.data or 0),
            phone=normalise_phone(self.phone.data) if self.phone.data else "",
            mail=self.mail.data or "",
            id_number=parse_id_number(self.id_number.data).value if self.id_number.data else "",
            text=self.text.data or "",
        )


class ExtendForm(Form):
    why = Text(_l("Lý do gia hạn"), [Needed(_l("Ghi lý do: người yêu cầu sẽ đọc."))], limit=500)


class IdentifyForm(Form):
    person = HiddenField()
    how = Only(_l("Xác minh bằng cách nào?"), choices=list(WAY_NAMES.items()), missing=_l("Chọn cách đã xác minh."))


class DeleteForm(Form):
    sure = BooleanField(_l("Đã xem lại: đúng là người này."))

    def validate_sure(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(gettext("Xem lại người được chọn, rồi đánh dấu ở đây."))


class AnswerForm(Form):
    answer = Lines(_l("Nội dung trả lời"), [Needed(_l("Viết câu trả lời cho người yêu cầu."))], limit=5000)


class RefuseForm(Form):
    ground = Only(_l("Căn cứ từ chối"), choices=list(GROUND_NAMES.items()), missing=_l("Chọn căn cứ."))
    refusal = Lines(_l("Giải thích cho người yêu cầu"), [Needed(_l("Giải thích vì sao từ chối."))], limit=5000)
