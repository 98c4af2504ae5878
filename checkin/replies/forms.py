from datetime import date, datetime, timedelta

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField
from wtforms.validators import ValidationError

from checkin import clock
from checkin.declarations.forms import SYMPTOM_NAMES, DeclarationForm, YesNo
from checkin.forms import Form, LocalTime, Needed, Text
from checkin.notices.queries import Public
from checkin.phones import normalise_phone
from checkin.replies.telling import Telling

LONGEST = timedelta(days=3)


class AsideForm(Form):
    """Why answers are set aside."""

    reason = Text(
        _l("Lý do"),
        [Needed(_l("Ghi lý do: người mở lại danh sách phải hiểu vì sao."))],
        limit=300,
        description=_l("Ví dụ: tên và số điện thoại không có thật. Không ghi tên ai: lý do vào nhật ký."),
    )


class AnswerForm(Form):
    """Somebody was at the place of a notice, and tells so."""

    once = HiddenField()
    full_name = Text(_l("Họ và tên"), [Needed(_l("Ghi họ và tên như trên giấy tờ."))], limit=100)
    birth_year = Text(_l("Năm sinh"), [Needed(_l("Ghi năm sinh, bốn chữ số."))], limit=20)
    phone = Text(_l("Điện thoại"), [Needed(_l("Ghi số điện thoại để trạm y tế gọi bạn."))], limit=40)
    commune = SelectField(_l("Nơi ở hiện nay"), choices=[], validate_choice=False)
    elsewhere = Text(_l("Ở tỉnh khác, nước khác"), limit=100)
    came = LocalTime(_l("Bạn ở đó từ"))
    left = LocalTime(_l("Đến"))
    symptoms = YesNo(_l("Từ hôm đó đến nay bạn có sốt, ho, khó thở, đau họng, mệt mỏi, mất vị giác không?"))
    symptom = SelectMultipleField(_l("Dấu hiệu nào?"), choices=list(SYMPTOM_NAMES.items()))
    consent = BooleanField(
        _l(
            "Tôi khai đúng sự thật và đồng ý để CDC và trạm y tế nơi tôi ở đọc, gọi cho tôi, chỉ để phòng, chống dịch. "
            "Câu trả lời tự xoá khi ca bệnh không còn cần, chậm nhất %(days)s ngày sau khi thông báo hết hạn."
        )
    )

    notice: Public
    today: date
    communes: frozenset[str]

    validate_full_name = DeclarationForm.validate_full_name
    validate_birth_year = DeclarationForm.validate_birth_year
    validate_phone = DeclarationForm.validate_phone

    def validate_commune(self, field: SelectField) -> None:
        if field.data not in self.communes:
            field.data = ""
            if not self.elsewhere.data:
                raise ValidationError(gettext("Chọn xã, phường nơi bạn đang ở, hoặc ghi nơi ở ngoài tỉnh."))

    def validate_consent(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(gettext("Đánh dấu ô này để gửi."))

    def validate(self, extra_validators: object = None) -> bool:
        """True for what can be kept; the stay is looked at once both of its ends are read."""
        return bool(super().validate(extra_validators)) and self._was_there(self.came.moment, self.left.moment)

    def _was_there(self, came: datetime | None, left: datetime | None) -> bool:
        if came is None or left is None:
            return False
        if came > clock.now():
            self.came.errors = [gettext("Giờ này chưa đến.")]
        elif left < came:
            self.left.errors = [gettext("Giờ ra phải sau giờ vào.")]
        elif left - came > LONGEST:
            self.left.errors = [gettext("Dài nhất là 3 ngày. Ở lâu hơn thì ghi ngày cuối.")]
        elif came > self.notice.end or left < self.notice.start:
            self.came.errors = [
                gettext("Giờ bạn ghi nằm ngoài khung giờ của thông báo. Ở đó giờ khác thì bạn không cần trả lời.")
            ]
        else:
            return True
        return False

    def telling(self) -> Telling:
        """What a valid form says."""
        if self.came.moment is None or self.left.moment is None:
            raise ValueError("a form that is valid has both times")
        return Telling(
            full_name=self.full_name.data or "",
            birth_year=int(self.birth_year.data or 0),
            phone=normalise_phone(self.phone.data or ""),
            commune_id=self.commune.data or None,
            elsewhere="" if self.commune.data else self.elsewhere.data or "",
            came=self.came.moment,
            left=self.left.moment,
            symptoms=tuple(sorted(set(self.symptom.data or ["other"]))) if self.symptoms.yes else (),
        )
