"""What Go.Data's import wants in the columns of its files: docs/line-list.md says what of this was checked and how.

Columns are found by its English labels, and values are ids of its reference data, known in whatever language.
"""

from datetime import date

from flask_babel import gettext

from checkin import clock
from checkin.cases.models import Case
from checkin.cells import Cell
from checkin.contacts.judging import CALL, F1
from checkin.contacts.words import STAGE_NAMES, Line

OWN, GODATA = COLUMNS = "own", "godata"
_DATA = "LNG_REFERENCE_DATA_CATEGORY_"
CLASSES = {"suspected": "SUSPECT", "discarded": "NOT_A_CASE_DISCARDED"}
OUTCOMES = {"recovered": "RECOVERED", "died": "DECEASED"}
# How sure it is that there was a contact at all: by what was answered; by visits; by what somebody else told.
CERTAINTY = {F1: "3_HIGH", CALL: "2_MEDIUM"}
# A first name is compulsory there: of a case, whose name does not leave, the number stands in its place.
OF_CASES = (
    "Case ID", "First name", "Classification", "Outcome", "Date of reporting", "Date of onset",
    "Date of becoming case", "Date Range Type", "Start Date",
)  # fmt: skip
OF_CONTACTS = (
    "First Name", "Age (Years)", "Date of reporting", "Related person", "Date of last contact", "Certainty level",
    "Comment", "Address type", "Address line 1", "Phone number",
)  # fmt: skip


def of_case(case: Case) -> list[Cell]:
    """A case, by OF_CASES."""
    outcome = OUTCOMES.get(case.state)
    return [
        case.number,
        case.number,
        f"{_DATA}CASE_CLASSIFICATION_{CLASSES.get(case.state, 'CONFIRMED')}",
        f"{_DATA}OUTCOME_{outcome}" if outcome else None,
        _day(clock.to_local(case.opened_at).date()),
        _day(case.onset_on),
        _day(clock.to_local(case.confirmed_at).date()) if case.confirmed_at else None,
        f"{_DATA}PERSON_DATE_TYPE_ISOLATION" if case.isolated_on else None,
        _day(case.isolated_on),
    ]


def of_contact(line: Line, case_number: str) -> list[Cell]:
    """Somebody whom the case of that number can have met, by OF_CONTACTS; the case has to be there already."""
    contact = line.contact
    # A plus in front would be marked as the beginning of a formula.
    phone = f"00{line.phone[1:]}" if line.phone.startswith("+") else line.phone
    age = contact.met_on.year - line.birth_year if line.birth_year else -1
    return [
        line.full_name or gettext("(không mở được)"),
        age if 0 <= age <= 150 else None,
        _day(clock.to_local(contact.given_at).date()),
        case_number,
        _day(contact.met_on),
        f"{_DATA}CERTAINTY_LEVEL_{CERTAINTY.get(contact.stage, '1_LOW')}",
        str(STAGE_NAMES[contact.stage]),
        f"{_DATA}ADDRESS_TYPE_USUAL_PLACE_OF_RESIDENCE" if line.home or phone else None,
        line.home,
        phone,
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
