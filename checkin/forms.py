"""Form parts that every feature uses: text fields that are cleaned and bounded, with plain messages."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, HiddenField, StringField
from wtforms.validators import Optional, StopValidation, ValidationError

from checkin import clock
from checkin.i18n import format_moment
from checkin.names import clean_name

# Nothing that is worked on began before.
FIRST_DAY = date(2020, 1, 1)
# A moment as fields take it.
SHOWN = "%Y-%m-%dT%H:%M"
# What is kept of a field to be shown again; nobody types more by hand.
MOST_TYPED = 20_000
SHORTEST_REASON = 5


class _Messages:
    """The library's own few messages in our languages: it has none in Vietnamese."""

    def gettext(self, text: str) -> str:
        return str(
            {
                "Not a valid choice.": gettext("Chọn một mục trong danh sách."),
                "Not a valid date value.": gettext("Ghi ngày, tháng, năm, ví dụ 2026-11-20."),
            }.get(text, text)
        )

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)


class Form(FlaskForm):
    """Every form of ours."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> _Messages:
            return _Messages()


class Text(StringField):
    """A line of text in NFC without invisible characters.

    Longer than `limit` is an error beside the field; what was typed stays.
    """

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), *, limit: int, **kwargs: Any) -> None:
        self.limit, self.cut = limit, False
        super().__init__(label, [_not_longer, *validators], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            typed = str(valuelist[0])
            self.cut = len(typed) > MOST_TYPED
            self.data = clean_name(typed[:MOST_TYPED])


def _not_longer(_form: FlaskForm, field: Field) -> None:
    limit: int = field.limit  # type: ignore[attr-defined]
    if field.data and (len(field.data) > limit or field.cut):  # type: ignore[attr-defined]
        raise StopValidation(gettext("Dài quá: nhiều nhất %(limit)s ký tự.", limit=limit))


class Needed:
    """The field must be filled; `message` says with what."""

    field_flags = {"required": True}

    def __init__(self, message: Any = None) -> None:
        self.message = message or lazy_gettext("Cần điền mục này.")

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            raise StopValidation(str(self.message))


class Why(Needed):
    """A reason: a few words at least, for whoever reads the log later."""

    def __init__(self, message: Any = None) -> None:
        super().__init__(message or lazy_gettext("Ghi lý do: ai đọc nhật ký sau này cũng phải hiểu."))

    def __call__(self, form: FlaskForm, field: Field) -> None:
        super().__call__(form, field)
        if len(field.data.strip()) < SHORTEST_REASON:
            raise StopValidation(gettext("Lý do ngắn quá. Ghi vài chữ cho rõ."))


class IfFilled:
    """An empty field needs no further check."""

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            field.errors = []
            raise StopValidation()


class LocalTime(Text):
    """A moment on the province's clocks as `YYYY-MM-DDTHH:MM`; `moment` is it in UTC; None where it is left open."""

    moment: datetime | None = None

    def __init__(self, label: Any, *, left_open: bool = False, **kwargs: Any) -> None:
        self.left_open = left_open
        super().__init__(label, [] if left_open else [Needed(_l("Ghi ngày và giờ."))], limit=20, **kwargs)

    def post_validate(self, form: FlaskForm, validation_stopped: bool) -> None:
        if validation_stopped or self.errors or self.left_open and not self.data:
            return
        try:
            self.moment = clock.from_local(datetime.strptime((self.data or "").replace(" ", "T"), SHOWN))  # noqa: DTZ007 - its zone is given here
        except (ValueError, OverflowError) as error:
            raise ValidationError(gettext("Ghi ngày và giờ, ví dụ 2026-11-20T10:05.")) from error


class StepForm(Form):
    """Something done about what others work on too, as whoever does it last saw it."""

    seen = HiddenField()

    @property
    def version(self) -> int:
        """The step or version that was on the page; -1 for what is no number."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def too_late(who: str = "", what: str = "", when: datetime | None = None) -> str:
    """What a page says to who was a moment too slow: who did what, and when, as far as it is known. It keeps what they
    typed."""
    if who and when is not None:
        text = gettext(
            "%(who)s làm trước bạn, lúc %(when)s: %(what)s. Việc của bạn chưa được ghi; điều bạn gõ vẫn còn.",
            who=who,
            when=format_moment(when),
            what=what,
        )
        return str(text)
    return str(gettext("Người khác vừa làm việc này. Xem lịch sử bên dưới rồi làm tiếp; điều bạn gõ vẫn còn."))


class Day(DateField):
    """A day that has come, or none."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, [Optional(), _has_come], **kwargs)


def _has_come(_form: FlaskForm, field: Field) -> None:
    if field.data and field.data > clock.today():
        raise ValidationError(gettext("Ngày này chưa tới."))
    if field.data and field.data < FIRST_DAY:
        raise ValidationError(gettext("Ngày này xa quá: kiểm tra lại năm."))
