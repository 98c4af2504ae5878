from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import Regexp

from checkin.declarations.forms import DeclarationForm, YesNo
from checkin.declarations.told import Identity
from checkin.forms import Form, IfFilled, Text
from checkin.visits.later import SUBMISSION


class CompanionForm(DeclarationForm):
    """Somebody who came along, on the form of another: own answers, and what they do not tell is the other's."""

    # Of these there is one for everybody on the form.
    submission: Any = None
    card: Any = None
    photo: Any = None
    consent: Any = None
    phone = Text(_l("Điện thoại riêng"), [IfFilled()], limit=40, description=_l("Để trống thì dùng số của bạn."))
    symptoms = YesNo(_l("Có sốt, ho, khó thở, đau họng, mệt mỏi, mất vị giác không?"))
    contact_sick = YesNo(_l("Có ở gần người mắc bệnh, nghi mắc bệnh hoặc đang có triệu chứng không?"))
    travel = YesNo(_l("Có đi qua vùng có dịch hoặc từ nước ngoài về không?"))
    travel_where: Any = Text(_l("Đã đi qua những đâu?"), limit=300)

    key: str
    number: int
    first: DeclarationForm

    @property
    def name(self) -> str:
        """Whom the form is about, as far as that was told."""
        told = "" if self.full_name.errors else self.full_name.data
        return told or gettext("Người đi cùng %(number)s", number=self.number)

    @property
    def lives_alike(self) -> bool:
        """True for somebody of whom no other home was told."""
        return self.province.data == self.home and not (
            self.commune.data or self.commune_other.data or self.address.data
        )

    def stay_with_first(self) -> None:
        """Take whatever home was told away: on a journey everybody goes where the first goes."""
        self.province.data, self.commune.data, self.commune_other.data, self.address.data = self.home, "", "", ""

    def fill_beside(self, who: Identity, first: Identity) -> None:
        """Put a known identity into the fields, as far as it is not that of the first."""
        self.fill_from(who)
        self.phone.data = "" if who.phone == first.phone else self.phone.data
        if (who.province_id, who.commune_id, who.address) == (first.province_id, first.commune_id, first.address):
            self.province.data, self.commune.data, self.address.data = self.home, "", ""

    def validate_commune(self, field: SelectField) -> None:
        if not self.lives_alike:
            super().validate_commune(field)

    def validate_commune_other(self, field: Text) -> None:
        if not self.lives_alike:
            super().validate_commune_other(field)

    def who(self) -> Identity:
        """The identity of a form that is valid, as is that of the first."""
        own, first = super().who(), self.first.who()
        if self.lives_alike:
            own = replace(own, province_id=first.province_id, commune_id=first.commune_id, address=first.address)
        return replace(own, phone=own.phone or first.phone)


class LaterForm(Form):
    """What a phone says of a declaration that it kept: which one it is, and when it was made, in milliseconds."""

    class Meta:
        csrf = False

    submission = HiddenField(validators=[Regexp(SUBMISSION)])
    # By the server's clock as far as the phone knew it, and how long ago by its own; either may be unknown.
    at = HiddenField(validators=[Regexp(r"^[0-9]{0,14}\Z")])
    age = HiddenField(validators=[Regexp(r"^[0-9]{0,12}\Z")])

    @property
    def moment(self) -> datetime | None:
        """When it was made, by the server's clock."""
        return datetime.fromtimestamp(int(self.at.data) / 1000, UTC) if self.at.data else None

    @property
    def ago(self) -> timedelta | None:
        """How long ago it was made, by the phone's clock."""
        return timedelta(milliseconds=int(self.age.data)) if self.age.data else None
