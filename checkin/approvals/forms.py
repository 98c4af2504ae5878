from flask_babel import lazy_gettext as _l

from checkin.forms import Form, Text, Why


class DecideForm(Form):
    note = Text(_l("Ghi chú, hoặc lý do từ chối"), limit=500)


class AtOnceForm(Form):
    """Why it cannot wait."""

    reason = Text(
        _l("Vì sao cần, và vì sao không chờ được"),
        [Why(_l("Ghi lý do: người duyệt và người đọc nhật ký phải hiểu."))],
        limit=500,
    )
