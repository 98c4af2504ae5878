from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms.validators import ValidationError

from checkin.forms import Form
from checkin.register.reasons import FILES
from checkin.register.tables import BadFile, form_of


class UploadForm(Form):
    file = FileField(_l("Tệp sổ cơ sở"), description=_l("XLSX hoặc CSV, nhiều nhất 20 MB và 100.000 dòng."))

    def validate_file(self, field: FileField) -> None:
        sent = field.data
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise ValidationError(gettext("Chọn tệp cần nhập."))
        head = sent.stream.read(512)
        sent.stream.seek(0)
        try:
            self.kind = form_of(head)
        except BadFile as error:
            raise ValidationError(str(FILES[error.reason])) from error
