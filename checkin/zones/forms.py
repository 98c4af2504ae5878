import hashlib
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import ValidationError

from checkin.forms import MOST_TYPED, Form, Needed, Text
from checkin.venues.kinds import ZONE_KINDS
from checkin.venues.service import MOST_ZONES
from checkin.zones.series import LONGEST, TooMany, names, problem


class Lines(TextAreaField):
    """Several lines as they were typed, so many characters of them."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = str(valuelist[0])[: MOST_TYPED + 1]


class ManyForm(Form):
    """Names of zones, as `series.names` reads them."""

    kind = SelectField(_l("Loại khu vực"), choices=list(ZONE_KINDS.items()), default="area")
    names = Lines(_l("Tên các khu vực"), [Needed(_l("Ghi tên, ví dụ: Bàn 1-40."))])
    # What a valid form says.
    list: tuple[str, ...] = ()

    def validate_names(self, field: Lines) -> None:
        try:
            if len(field.data or "") > MOST_TYPED:
                raise TooMany
            found = names(field.data or "", MOST_ZONES)
        except TooMany as error:
            raise ValidationError(gettext("Nhiều nhất %(count)s khu vực một lần.", count=MOST_ZONES)) from error
        for name in found:
            wrong = problem(name)
            if wrong == "long":
                raise ValidationError(gettext("Tên dài quá %(limit)s ký tự: %(name)s…", limit=LONGEST, name=name[:40]))
            if wrong:
                raise ValidationError(gettext("Tên cần có chữ hoặc số: %(name)s", name=name[:40]))
        if not found:
            raise ValidationError(gettext("Ghi tên, ví dụ: Bàn 1-40."))
        self.list = tuple(found)

    @property
    def seen(self) -> str:
        """What the button says of the names that were looked at."""
        return hashlib.sha256("\n".join((self.kind.data, *self.list)).encode()).hexdigest()[:16]


class OneForm(Form):
    """The name and kind of a zone that there is."""

    name = Text(_l("Tên khu vực"), [Needed()], limit=LONGEST)
    kind = SelectField(_l("Loại khu vực"), choices=list(ZONE_KINDS.items()))

    def validate_name(self, field: Text) -> None:
        if problem(field.data or ""):
            raise ValidationError(gettext("Ghi tên bằng chữ hoặc số."))
