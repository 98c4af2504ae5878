from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import Length, Regexp

from checkin.declarations.forms import DeclarationForm, YesNo
from checkin.forms import Form, IfFilled, Needed, Text
from checkin.people.cards import CARD_MAX

# UUIDv7, as devices make them.
UUID7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
# A card under the server's key.
KEPT_MAX = 4 * CARD_MAX * 2
# A record that was made while the device stood for the venue as a whole.
WHOLE = "whole"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class NameForm(Form):
    name = Text(_l("Tên máy"), [Needed(_l("Đặt tên để sau này nhận ra máy, ví dụ: Bảo vệ cổng 1."))], limit=60)

    # The id of a zone of the venue; empty for the venue as a whole. The page fills in which there are.
    zone = SelectField(_l("Đứng ở"), choices=[], default="")


class MoveForm(Form):
    """At which zone a device stands from now on."""

    zone = SelectField(_l("Đứng ở"), choices=[], default="")


class CodeForm(Form):
    code = Text(_l("Mã nối máy"), [Needed(_l("Gõ mã mà chủ cơ sở đưa."))], limit=40)


class JoinForm(Form):
    """Nothing to fill in: the button says it all."""


class Sent(Form):
    """What every record of a device says: which one it is, of which venue, and when it was made.

    `at` is empty where it is sent at once; else the moment by the server's clock as far as the device knows it, in
    milliseconds.
    """

    submission = HiddenField(validators=[Regexp(UUID7)])
    venue = HiddenField(validators=[Regexp(f"{UUID}|^$")])
    # At which zone of the venue it was made; empty where the device stands now.
    door = HiddenField(validators=[Regexp(f"{UUID}|^({WHOLE})?$")])
    at = HiddenField(validators=[Regexp(r"^[0-9]{0,15}$")])
    # Sent by the page's script, which wants the answer alone.
    part = HiddenField(validators=[Length(max=1)])


class ScanForm(Sent):
    """A card; or, in `kept`, a card that was scanned before, under a key of the server's."""

    # As it was scanned: its lines and tabs may be what parts its fields.
    card = StringField(
        _l("Quét thẻ căn cước (CCCD), bảo hiểm y tế hoặc thẻ qua cửa"), validators=[Length(max=CARD_MAX * 2)]
    )
    kept = HiddenField(validators=[Length(max=KEPT_MAX)])
    asked = HiddenField(validators=[Length(max=1)])


class PersonForm(Sent, DeclarationForm):
    """The declaration of somebody who stands at the counter, typed for them; a phone is no condition."""

    class Meta(Form.Meta):
        csrf = True

    phone = Text(_l("Điện thoại"), [IfFilled()], limit=40)
    symptoms = YesNo(_l("Có sốt, ho, khó thở, đau họng, mệt mỏi, mất vị giác không?"))
    contact_sick = YesNo(_l("Có ở gần người mắc bệnh, nghi mắc bệnh hoặc đang có triệu chứng không?"))
    travel = YesNo(_l("Có đi qua vùng có dịch hoặc từ nước ngoài về không?"))
    travel_where: Any = Text(_l("Đã đi qua những đâu?"), limit=300)
    consent = BooleanField(
        _l(
            "Người khai đồng ý: khai đúng sự thật, thông tin chỉ dùng để phòng, chống dịch, lượt vào tự xoá sau "
            "%(days)s ngày, trừ khi liên quan đến ca bệnh."
        )
    )


class IssueForm(Form):
    """Somebody whom the counter has just recorded, under a key of the server's."""

    who = HiddenField(validators=[Length(max=8000)])
