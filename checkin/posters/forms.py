from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import ValidationError

from checkin.forms import Form
from checkin.posters.choices import LANGUAGES_ON_PAPER, MANY


class ManyForm(Form):
    """Posters of many codes. Communes are a choice of those who print for all of them, venues of who has several."""

    venue = SelectField(_l("Địa điểm"), choices=[])
    commune = SelectField(_l("Xã, phường"), choices=[])
    form = SelectField(_l("Cỡ"), choices=[(form, name) for form, (name, _) in MANY.items()], default="a4")
    language = SelectField(_l("Ngôn ngữ trên tờ in"), choices=list(LANGUAGES_ON_PAPER.items()), default="vi")

    def validate_form(self, field: SelectField) -> None:
        if field.data not in MANY:
            raise ValidationError(gettext("Chọn một mục trong danh sách."))
