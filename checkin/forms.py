"""Form parts that every feature uses: text fields that are cleaned and bounded, with plain messages."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from checkin.names import clean_name

# What is kept of a field to be shown again; nobody types more by hand.
MOST_TYPED = 20_000


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


class IfFilled:
    """An empty field needs no further check."""

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            field.errors = []
            raise StopValidation()
