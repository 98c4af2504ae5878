from flask_babel import lazy_gettext as _l

from checkin.forms import Form, IfFilled, Needed, Text


class ClaimForm(Form):
    name = Text(_l("Họ tên của bạn"), [Needed(_l("Ghi họ tên, để trạm y tế biết ai hỏi."))], limit=80)
    note = Text(_l("Làm sao trạm y tế biết nơi này là của bạn?"), [IfFilled()], limit=300)


class RefuseForm(Form):
    reason = Text(_l("Lý do từ chối"), [Needed(_l("Ghi lý do: người hỏi sẽ đọc."))], limit=300)
