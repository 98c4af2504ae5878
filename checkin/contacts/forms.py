from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import StopValidation

from checkin.contacts.asking import ASKABLE
from checkin.contacts.judging import F2
from checkin.contacts.models import REACHED
from checkin.contacts.words import ANSWER_NAMES, QUESTION_NAMES, RAISE_NAMES, RESULT_NAMES, STAGE_NAMES
from checkin.declarations.forms import Choice
from checkin.forms import Needed, StepForm, Text


class Answer(Choice):
    """A question to who was reached; none is preset, and not to know is an answer."""

    def __init__(self, question: str, **kwargs: Any) -> None:
        super().__init__(QUESTION_NAMES[question], [self._needed], choices=list(ANSWER_NAMES.items()), **kwargs)

    @staticmethod
    def _needed(form: Any, field: Any) -> None:
        if form.result.data == REACHED and not field.data:
            raise StopValidation(gettext("Chọn một câu trả lời; không rõ thì chọn “Không rõ”."))


class CallForm(StepForm):
    """A call with the questions of its disease; the other ones are not asked."""

    result = Choice(_l("Kết quả cuộc gọi"), [Needed(_l("Chọn kết quả cuộc gọi."))], choices=list(RESULT_NAMES.items()))
    note = Text(_l("Ghi chú"), limit=1000, description=_l("Được mã hoá. Chỉ trạm được giao gọi và CDC đọc được."))

    # Set by `call_form`.
    asked: tuple[str, ...] = ()

    @property
    def answers(self) -> dict[str, str]:
        """The answers that were given, by question."""
        return {question: self[question].data for question in self.asked if self[question].data}

    @property
    def questions(self) -> Sequence[Any]:
        """The fields of the questions, in their order."""
        return [self[question] for question in self.asked]


@cache
def _call_form(asked: tuple[str, ...]) -> type[CallForm]:
    known = [question for question in asked if question in ASKABLE]
    return type("CallForm", (CallForm,), {"asked": tuple(known), **{question: Answer(question) for question in known}})


def call_form(asked: tuple[str, ...], **kwargs: Any) -> CallForm:
    """A form for a call with these questions."""
    return _call_form(asked)(**kwargs)


class RaiseForm(StepForm):
    to = Choice(_l("Người này từ chối: làm tiếp gì"), [Needed(_l("Chọn một mục."))], choices=list(RAISE_NAMES.items()))
    raise_note = Text(_l("Ghi chú"), limit=1000, description=_l("Được mã hoá. Chỉ trạm được giao gọi và CDC đọc được."))


class GiveForm(StepForm):
    """To which station somebody is given; `communes` are those of the province, by id."""

    to = SelectField(_l("Trạm y tế xã, phường"), choices=[], validate_choice=False)
    give_note = Text(_l("Ghi chú"), limit=1000, description=_l("Được mã hoá. Chỉ CDC đọc được."))

    @classmethod
    def of(cls, communes: Mapping[str, str], *, sent: bool = True) -> "GiveForm":
        """The form with its choices, none preset; as it was sent, or empty."""
        form = cls() if sent else cls(formdata=None)
        form.to.choices = [("", gettext("Chọn xã, phường…")), *communes.items()]
        return form

    def validate_to(self, field: SelectField) -> None:
        if field.data not in {value for value, _label in field.choices or () if value}:
            raise StopValidation(gettext("Chọn một xã, phường của tỉnh."))

    def refuse(self, reason: str) -> bool:
        """Say beside its field why nobody was given; False where that is not about what was chosen."""
        words = {
            "here": gettext("Trạm này đang có người này trong danh sách."),
            "commune": gettext("Chọn một xã, phường của tỉnh."),
            "done": gettext("Người này không phải F1: đổi quyết định trước khi giao."),
        }
        self.to.errors = [words[reason]] if reason in words else []
        return reason in words


class BackForm(StepForm):
    """Why a station gives somebody back."""

    back_note = Text(
        _l("Vì sao"),
        [Needed(_l("Ghi vì sao: để CDC giao cho đúng nơi."))],
        limit=1000,
        description=_l("Được mã hoá. Chỉ trạm được giao gọi và CDC đọc được. Ví dụ: đã chuyển đến phường khác."),
    )


class TakeBackForm(StepForm):
    """Why the CDC takes somebody from the station that has them."""

    back_note = Text(
        _l("Vì sao CDC nhận lại"),
        [Needed(_l("Ghi vì sao: đồng nghiệp ở CDC đọc trước khi gọi hoặc giao tiếp."))],
        limit=1000,
        description=_l("Được mã hoá. Chỉ CDC đọc được. Ví dụ: giao nhầm xã, phường."),
    )


class DecisionForm(StepForm):
    # An F2 is made by naming an F1 whom they were near.
    stage = Choice(
        _l("Người này là"),
        [Needed(_l("Chọn một mục."))],
        choices=[(stage, name) for stage, name in STAGE_NAMES.items() if stage != F2],
    )
    reason = Text(
        _l("Lý do, ký bằng tên bạn"),
        [Needed(_l("Ghi lý do: không có lý do thì không đổi được."))],
        limit=1000,
        description=_l("Được mã hoá. Chỉ CDC đọc được."),
    )
