from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.validators import StopValidation, ValidationError

from checkin.calls.journeys import DECLARED, ENTER, ILL, LEAVE, RETURN, Journey, bounds, read_day
from checkin.declarations.forms import SYMPTOM_NAMES, DeclarationForm, YesNo
from checkin.declarations.told import Told
from checkin.declarations.triage import Answers
from checkin.forms import Text

# What somebody declares without a venue, in their own words.
WISHES = {
    ILL: (_l("Tôi thấy không khoẻ"), _l("Sốt, ho, khó thở… Trạm y tế gọi lại cho bạn.")),
    ENTER: (_l("Tôi vào tỉnh"), _l("Từ tỉnh khác hoặc nước ngoài đến Quảng Ninh.")),
    LEAVE: (_l("Tôi rời tỉnh"), _l("Đi khỏi Quảng Ninh, ít ngày hoặc lâu.")),
    RETURN: (_l("Tôi sắp về quê, về nhà"), _l("Báo trước khi về, nhiều nhất 30 ngày.")),
}
COMMUNE_LABELS = {
    ILL: _l("Bạn đang ở xã, phường nào?"),
    ENTER: _l("Bạn sẽ ở, hoặc đến, xã, phường nào?"),
    LEAVE: _l("Trước khi đi, bạn ở xã, phường nào?"),
    RETURN: _l("Bạn về xã, phường nào?"),
}
DAY_LABELS = {
    ILL: _l("Thấy không khoẻ từ ngày nào?"),
    ENTER: _l("Ngày vào tỉnh"),
    LEAVE: _l("Ngày rời tỉnh"),
    RETURN: _l("Ngày về đến nơi"),
}
VEHICLE_NAMES = {
    "car": _l("Ô tô riêng, taxi"),
    "coach": _l("Xe khách, xe buýt"),
    "motorbike": _l("Xe máy"),
    "train": _l("Tàu hoả"),
    "plane": _l("Máy bay"),
    "ship": _l("Tàu thuyền, phà"),
    "truck": _l("Xe tải"),
    "other": _l("Cách khác"),
}
DOSE_NAMES = {
    "0": _l("Chưa tiêm"),
    "1": _l("1 mũi"),
    "2": _l("2 mũi"),
    "3": _l("3 mũi trở lên"),
    "unsure": _l("Không nhớ"),
}
# The three questions of the national form; at a door they are one.
CONTACT_NAMES = {
    "sick": _l("người mắc bệnh, nghi mắc bệnh"),
    "abroad": _l("người từ nước có dịch"),
    "signs": _l("người có triệu chứng"),
}


# The fields of the page up to the questions, and the questions.
_FIRST = (
    "submission", "card", "full_name", "birth_year", "phone", "gender", "commune", "id_number", "address",
    "nationality", "from_place", "to_place", "vehicle", "plate", "seat", "route", "symptoms", "symptom", "contact_sick",
    "contact_abroad", "contact_signs", "travel", "travel_where", "doses",
)  # fmt: skip


class OutsideForm(DeclarationForm):
    """The declaration without a venue: the full national form, for one of the four occasions."""

    day = Text(limit=20)
    from_place = Text(_l("Đi từ đâu?"), limit=150)
    to_place = Text(_l("Đến đâu?"), limit=150)
    vehicle = SelectField(_l("Đi bằng gì?"), choices=[("", _l("Chọn…")), *VEHICLE_NAMES.items()], validate_choice=False)
    plate = Text(_l("Biển số xe, số hiệu chuyến"), limit=40)
    seat = Text(_l("Số ghế"), limit=20)
    route = Text(_l("Đi qua những đâu?"), limit=300)
    doses = SelectField(
        _l("Đã tiêm mấy mũi vắc-xin?"), choices=[("", _l("Không muốn nói")), *DOSE_NAMES.items()], validate_choice=False
    )
    symptom = SelectMultipleField(_l("Bạn có dấu hiệu nào?"), choices=list(SYMPTOM_NAMES.items()))
    contact_sick = YesNo(_l("Bạn có ở gần người mắc bệnh hoặc nghi mắc bệnh không?"))
    contact_abroad = YesNo(_l("Bạn có ở gần người từ nước có dịch về không?"))
    contact_signs = YesNo(_l("Bạn có ở gần người đang có sốt, ho, khó thở, viêm phổi không?"))
    consent = BooleanField(
        _l(
            "Tôi khai đúng sự thật. Thông tin chỉ dùng để phòng, chống dịch. Tờ khai tự xoá %(days)s ngày sau ngày "
            "đã ghi, trừ khi liên quan đến ca bệnh."
        )
    )

    def __init__(self, kind: str, values: Any = None, *, today: date, home: str) -> None:
        if kind not in DECLARED:
            raise ValueError(f"no such declaration: {kind}")
        super().__init__(values)
        self.kind, self.today, self.home = kind, today, home
        # As they stand on the page, so that what is missing is listed from the top down.
        fields: dict[str, Any] = vars(self)["_fields"]
        self._fields = {name: fields[name] for name in sorted(fields, key=self._place)}
        self.province.data = home
        self.commune.label.text, self.day.label.text = COMMUNE_LABELS[kind], DAY_LABELS[kind]
        if kind == ILL:
            # Who comes because they are ill is not asked whether they are.
            self.symptoms.data = "yes"

    def _place(self, name: str) -> int:
        if name == "day":
            return _FIRST.index("contact_sick" if self.kind == ILL else "from_place") * 2 - 1
        return _FIRST.index(name) * 2 if name in _FIRST else 99

    @property
    def journey_told(self) -> bool:
        """True where a journey is part of it."""
        return self.kind != ILL

    def at_home(self, communes: tuple[Any, ...]) -> None:
        """Keep of what a card or the device knew only a commune of this province: its station is the one told."""
        self.province.data, self.commune_other.data = self.home, ""
        if self.commune.data and self.commune.data not in {place.id for place in communes}:
            # Without JavaScript it is a choice; what else was sent is a name, for which one commune may be meant.
            self.commune_other.data, self.commune.data = self.commune.data, ""

    def validate_day(self, field: Text) -> None:
        if not field.data:
            if self.journey_told:
                raise ValidationError(gettext("Ghi ngày, ví dụ 30/11/2026."))
            return
        day = read_day(field.data, self.today)
        if day is None:
            raise ValidationError(gettext("Ngày chưa đúng. Ví dụ: 30/11/2026."))
        first, last = bounds(self.kind, self.today)
        if day < first and self.kind == RETURN:
            raise ValidationError(gettext("Ngày này đã qua. Đã về rồi thì chọn “Tôi vào tỉnh”."))
        if day < first:
            raise ValidationError(gettext("Ngày này đã qua lâu. Sớm nhất là %(day)s.", day=f"{first:%d/%m/%Y}"))
        if day > last:
            raise ValidationError(gettext("Ngày này còn xa. Muộn nhất là %(day)s.", day=f"{last:%d/%m/%Y}"))

    def validate_from_place(self, field: Text) -> None:
        if self.kind in (ENTER, RETURN) and not field.data:
            raise ValidationError(gettext("Ghi nơi đi: xã, tỉnh hoặc nước."))

    def validate_to_place(self, field: Text) -> None:
        if self.kind == LEAVE and not field.data:
            raise ValidationError(gettext("Ghi nơi đến: xã, tỉnh hoặc nước."))

    def validate_vehicle(self, field: SelectField) -> None:
        if field.data not in VEHICLE_NAMES:
            field.data = ""
            if self.journey_told:
                raise ValidationError(gettext("Chọn phương tiện. Chưa biết thì chọn “Cách khác”."))

    def validate_doses(self, field: SelectField) -> None:
        if field.data not in DOSE_NAMES:
            field.data = ""

    def validate_symptom(self, field: SelectMultipleField) -> None:
        if self.kind == ILL and not field.data:
            raise ValidationError(
                gettext("Chọn ít nhất một dấu hiệu. Không có trong danh sách thì chọn “Dấu hiệu khác”.")
            )

    def validate_commune(self, field: SelectField) -> None:
        if not self.resolved_commune:
            self.commune_other.data = ""
            raise StopValidation(gettext("Chọn xã, phường ở Quảng Ninh: trạm y tế nơi đó nhận tờ khai này."))

    def validate_commune_other(self, field: Text) -> None:
        """There is one province to choose from; the error stands beside the commune."""

    def told(self) -> Told:
        """The declaration of a form that is valid; the three contacts are one answer for the triage."""
        told = super().told()
        answers = told.answers or Answers()
        return Told(
            who=told.who,
            answers=Answers(symptoms=answers.symptoms, contact_sick=bool(self._contacts()), travel=answers.travel),
            travel_where=told.travel_where,
        )

    def journey(self) -> Journey:
        """What a valid form says besides."""
        on_the_way = (
            {name: self[name].data or "" for name in ("from_place", "to_place", "vehicle", "plate", "seat", "route")}
            if self.journey_told
            else {}
        )
        day = read_day(self.day.data, self.today) if self.day.data else None
        return Journey(
            kind=self.kind, day=day, doses=self.doses.data or "", contacts=tuple(self._contacts()), **on_the_way
        )

    def _contacts(self) -> list[str]:
        asked = {"sick": self.contact_sick, "abroad": self.contact_abroad, "signs": self.contact_signs}
        return [name for name, question in asked.items() if question.yes]
