from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, TextAreaField

from checkin.forms import Form

LOOK, SAVE, ERRORS = "look", "save", "errors"
# Names of the fields in which a column is said to mean something.
COLUMN = "column-"


class ListForm(Form):
    """A file, or the rows of one that was sent before."""

    file = FileField(_l("Tệp danh sách"), description=_l("XLSX hoặc CSV, nhiều nhất 5 MB và 20.000 dòng."))
    rows = TextAreaField()
    sha256 = HiddenField()
    do = HiddenField(default=LOOK)
    show = HiddenField()
