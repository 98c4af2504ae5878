"""What stands in the columns of a list of contacts: people to call, F1s and F2s."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask_babel import gettext
from sqlalchemy.orm import Session

from checkin import clock
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.queries import Which
from checkin.cases.views import which_in_words
from checkin.cells import Cell
from checkin.contacts import queries as contacts
from checkin.contacts.models import REFUSED, TO_CDC, Contact
from checkin.contacts.words import FILE_NAMES, RAISE_NAMES, RESULT_NAMES, STAGE_NAMES, Line, Met, opened
from checkin.exposure import godata
from checkin.exposure.exporting import BLOCK, About, MissingPeople
from checkin.exposure.godata import GODATA
from checkin.exposure.models import Lookup
from checkin.exposure.ofcase import commune_names
from checkin.i18n import format_moment
from checkin.vault import Vault


@dataclass(frozen=True)
class ContactSheet:
    """The contacts that a lookup of that kind lists: one line for each of a case, however many names they had there."""

    lookup: Lookup
    case: Case | None

    @property
    def bare(self) -> bool:
        """Heads and lines alone, since each line becomes somebody."""
        return self.lookup.file_columns == GODATA

    @property
    def title(self) -> str:
        """What its sheet is called."""
        return "Contacts" if self.bare else self.lookup.number

    @property
    def _which(self) -> Which:
        asked = self.lookup
        return Which(asked.case_state or "", asked.case_disease or "", asked.commune_id or "")

    @property
    def _of(self) -> UUID | Which:
        return self.lookup.case_id or self._which

    def count(self, session: Session) -> int:
        """How many lines there are."""
        return contacts.count_listed(session, self.lookup.listed or "", self._of)

    def everybody(self, session: Session) -> int:
        """How many there are on all lists of the same case, or the same cases."""
        return contacts.count_listed(session, contacts.EVERYBODY, self._of)

    def ranked(self, session: Session) -> list[UUID]:
        """Their ids in the order of the list."""
        return contacts.all_listed(session, self.lookup.listed or "", self._of)

    def heads(self) -> list[str]:
        """What stands over the columns."""
        if self.bare:
            return list(godata.OF_CONTACTS)
        return [
            gettext("STT"),
            gettext("Số ca"),
            gettext("Là"),
            gettext("Họ và tên"),
            gettext("Năm sinh"),
            gettext("Điện thoại"),
            gettext("Nơi ở"),
            gettext("Ai gọi"),
            gettext("Người nhận gọi"),
            gettext("Gặp ở đâu, khi nào"),
            gettext("Lần cuối cùng địa điểm"),
            gettext("Giao gọi lúc"),
            gettext("Hạn gọi"),
            gettext("Kết quả cuộc gọi"),
            gettext("Gọi được lúc"),
            gettext("Từ chối hoặc trả lại: báo ai"),
            gettext("Cách ly từ"),
            gettext("Cách ly đến"),
            gettext("Ở gần F1"),
            gettext("Quan hệ"),
            gettext("Triệu chứng đã kể"),
        ]

    def blocks(self, session: Session, vault: Vault, ids: Sequence[UUID]) -> Iterator[list[list[Cell]]]:
        """A line each, as many as ids; read and opened block by block. Raises MissingPeople where somebody of the list
        is no longer there."""
        communes = {} if self.bare else commune_names()
        for start in range(0, len(ids), BLOCK):
            block = ids[start : start + BLOCK]
            found = {one.id: one for one in contacts.some(session, block)}
            if len(found) != len(block):
                raise MissingPeople
            numbers = cases.numbers(session, {one.case_id for one in found.values()})
            lines: list[list[Cell]] = []
            for place, one in enumerate(block, start=start + 1):
                line = opened(vault, found[one])
                number = numbers.get(line.contact.case_id, "")
                lines.append(godata.of_contact(line, number) if self.bare else _line(place, line, number, communes))
            yield lines

    def about(self, *, by: str, at: datetime) -> About:
        """What stands in the file: which list it is, for which case or cases and why, who made it, and when."""
        asked = self.lookup
        return [
            (gettext("Tra cứu"), asked.number),
            (gettext("Ca bệnh"), self.case.number if self.case else which_in_words(self._which)),
            (gettext("Danh sách"), str(FILE_NAMES[asked.listed or ""])),
            (gettext("Lý do"), asked.reason),
            (gettext("Người xuất tệp"), by),
            (gettext("Xuất lúc"), format_moment(at)),
        ]


def _line(number: int, line: Line, case_number: str, communes: dict[str, str]) -> list[Cell]:
    contact = line.contact
    return [
        number,
        case_number,
        str(STAGE_NAMES[contact.stage]),
        line.full_name if line.readable else gettext("(không mở được)"),
        line.birth_year,
        line.phone,
        line.home,
        communes.get(contact.commune_id, contact.commune_id) if contact.commune_id else gettext("CDC gọi"),
        contact.taken_by_name,
        "; ".join(_met(one) for one in line.met),
        _day(contact.met_on),
        contact.given_at,
        contact.due_at if contact.to_call else None,
        str(RESULT_NAMES[contact.result]) if contact.result else None,
        contact.reached_at,
        _raised(contact),
        _day(contact.quarantine_from),
        _day(contact.quarantine_until),
        line.near,
        line.relation,
        ", ".join(str(word) for word in line.symptoms),
    ]


def _raised(contact: Contact) -> str | None:
    """Where it went with who refuses, or that their station gave them back."""
    if contact.raised == TO_CDC and contact.result != REFUSED:
        return str(gettext("Trạm trả lại"))
    return str(RAISE_NAMES[contact.raised]) if contact.raised else None


def _met(one: Met) -> str:
    place = one.place or gettext("Địa điểm đã xoá")
    if not (clock.is_readable(one.start) and clock.is_readable(one.end)):
        return place
    start, end = clock.to_local(one.start), clock.to_local(one.end)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%H:%M %d/%m/%Y}"
    text, guessed = f"{place} {start:%d/%m/%Y %H:%M}–{until}", gettext("ước đoán")
    return f"{text} ({guessed})" if one.guessed else text


def _day(day: date | None) -> str | None:
    return f"{day:%d/%m/%Y}" if day else None
