from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField
from wtforms.validators import ValidationError

from checkin import clock
from checkin.casefacts.service import Facts
from checkin.casefacts.words import DETECTED_NAMES
from checkin.cases.forms import STATE_NAMES, CaseForm
from checkin.cases.models import DISCARDED, Case
from checkin.cases.service import CaseFacts
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.forms import FIRST_DAY, SHOWN, Day, LocalTime, Needed, StepForm, Text

NONE = "none"


def symptoms_field() -> SelectMultipleField:
    """What a case has, or that it has nothing."""
    return SelectMultipleField(_l("Triệu chứng"), choices=[*SYMPTOM_NAMES.items(), (NONE, _l("Không có triệu chứng"))])


def sure_field() -> BooleanField:
    """That days which are unusual are right."""
    return BooleanField(_l("Đã kiểm tra: các ngày đúng như vậy"))


class Ill:
    """What forms of a case's facts ask alike: symptoms or none, and days of which an unusual order wants a second look.
    Fields stand in the forms themselves, in the order of their pages."""

    symptoms: SelectMultipleField
    onset_on: DateField
    sure: BooleanField
    unusual = False

    def validate_symptoms(self, field: SelectMultipleField) -> None:
        if NONE in (field.data or ()) and len(field.data or ()) > 1:
            raise ValidationError(gettext("Đã chọn triệu chứng thì bỏ “Không có triệu chứng”."))

    def validate_sample_on(self, field: DateField) -> None:
        onset = self.onset_on.data
        if onset and field.data and onset > field.data:
            self._unusual(gettext("Khởi phát sau ngày lấy mẫu. Nếu đúng vậy, đánh dấu “Đã kiểm tra” ở dưới."))

    def _unusual(self, text: str) -> None:
        self.unusual = True
        if not self.sure.data:
            raise ValidationError(text)

    def told(self) -> list[str] | None:
        """The symptoms chosen; an empty list for none, None where nobody asked."""
        chosen = self.symptoms.data or []
        return [] if chosen == [NONE] else [code for code in SYMPTOM_NAMES if code in chosen] or None


class FactsForm(Ill, StepForm):
    title = Text(
        _l("Tên gọi ca bệnh"),
        [Needed(_l("Đặt tên gọi để nhận ra ca này, không ghi tên người bệnh."))],
        limit=120,
        description=_l("Không ghi tên người bệnh."),
    )
    disease = SelectField(_l("Bệnh"), choices=[])
    state = SelectField(_l("Tình trạng"), choices=[])
    onset_on = Day(_l("Ngày khởi phát"))
    sample_on = Day(_l("Ngày lấy mẫu"))
    isolated_on = Day(_l("Ngày cách ly"))
    isolated_where = Text(
        _l("Nơi cách ly, điều trị"), limit=120, description=_l("Tên cơ sở; ở nhà thì ghi “tại nhà”, không ghi số nhà.")
    )
    commune = SelectField(_l("Nơi ở"), choices=[])
    detected = SelectField(_l("Phát hiện ở đâu"), choices=[("", _l("chưa rõ")), *DETECTED_NAMES.items()])
    symptoms = symptoms_field()
    sure = sure_field()
    # How many days before the first day the case can infect.
    before = 0

    @classmethod
    def of(
        cls, case: Case, diseases: dict[str, str], communes: dict[str, str], before: int, *, sent: bool = True
    ) -> "FactsForm":
        """The form of a case, filled with what is known where nothing was sent."""
        known = {
            name: getattr(case, name)
            for name in ("title", "disease", "state", "onset_on", "sample_on", "isolated_on", "isolated_where")
        }
        asked = None if case.symptoms is None else case.symptoms or [NONE]
        form = cls(
            **({} if sent else {"formdata": None}),
            data={**known, "commune": case.commune_id or "", "detected": case.detected or "", "symptoms": asked or []},
        )
        form.disease.choices = list(({case.disease: case.disease} | diseases).items())
        # Who was not ill keeps nothing: that is asked on the page of the case, with what it means.
        states = [state for state in STATE_NAMES if state != DISCARDED or case.state == DISCARDED]
        form.state.choices = [(state, STATE_NAMES[state]) for state in states]
        known_home = {case.commune_id: case.commune_id} if case.commune_id else {}
        form.commune.choices = [("", gettext("chưa rõ hoặc ngoài tỉnh")), *(known_home | communes).items()]
        form.before = before
        return form

    def validate_isolated_on(self, field: DateField) -> None:
        days = [day for day in (self.onset_on.data, self.sample_on.data) if day]
        if days and field.data and field.data < min(days) - timedelta(days=self.before):
            self._unusual(
                gettext(
                    "Cách ly trước khi có thể lây, nên không lây cho ai. Nếu đúng vậy (F1 đang cách ly), "
                    "đánh dấu “Đã kiểm tra” ở dưới."
                )
            )

    def facts(self) -> Facts:
        """What a valid form says."""
        return Facts(
            title=self.title.data or "",
            disease=self.disease.data,
            onset_on=self.onset_on.data,
            sample_on=self.sample_on.data,
            isolated_on=self.isolated_on.data,
            isolated_where=self.isolated_where.data or None,
            commune_id=self.commune.data or None,
            detected=self.detected.data or None,
            symptoms=self.told(),
        )


class DeclaredForm(Ill, CaseForm):
    """A new case of somebody, filled with what they declared, for an officer to check."""

    commune = SelectField(_l("Nơi ở"), choices=[])
    symptoms = symptoms_field()
    sure = sure_field()

    @classmethod
    def of(cls, known: dict[str, Any] | None, diseases: dict[str, str], communes: dict[str, str]) -> "DeclaredForm":
        """As it was sent; or filled with what is `known`, which never is the person's name."""
        form = cls() if known is None else cls(formdata=None, data=known)
        form.disease.choices = list(diseases.items())
        form.commune.choices = [("", gettext("chưa rõ hoặc ngoài tỉnh")), *communes.items()]
        return form

    def facts(self) -> CaseFacts:
        """What a valid form says."""
        return replace(super().facts(), commune_id=self.commune.data or None, symptoms=self.told())


class WindowForm(StepForm):
    """One of the two windows; both stand on one page, so each under names of its own."""

    start = LocalTime(_l("Từ"), left_open=True, description=_l("Để trống: như quy tắc tính."))
    end = LocalTime(_l("Đến"), left_open=True, description=_l("Để trống: như quy tắc tính."))
    reason = Text(_l("Lý do sửa"), [Needed(_l("Ghi lý do: ai đọc sau này cũng phải hiểu."))], limit=500)

    def __init__(self, which: str, **kwargs: Any) -> None:
        super().__init__(prefix=which, **kwargs)

    def check(self, now: datetime) -> bool:
        """True when they are a window; else an error beside the field."""
        start, end = self.start.moment, self.end.moment
        if start is None and end is None:
            self.start.errors = [gettext("Ghi ít nhất một trong hai giờ.")]
        elif start and clock.to_local(start).date() < FIRST_DAY:
            self.start.errors = [gettext("Ngày này xa quá: kiểm tra lại năm.")]
        elif start and start > now:
            self.start.errors = [gettext("Giờ này chưa tới.")]
        elif end and end > now:
            self.end.errors = [gettext("Giờ này chưa tới.")]
        elif end and clock.to_local(end).date() < FIRST_DAY:
            self.end.errors = [gettext("Ngày này xa quá: kiểm tra lại năm.")]
        elif start and end and start >= end:
            self.end.errors = [gettext("Giờ kết thúc trước giờ bắt đầu.")]
        else:
            return True
        return False

    def fill(self, start: datetime | None, end: datetime | None) -> None:
        """Show what counts now."""
        for field, moment in ((self.start, start), (self.end, end)):
            field.data = clock.to_local(moment).strftime(SHOWN) if moment else ""
