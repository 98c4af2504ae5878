"""What stands in the columns of an exported list."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import Table
from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.cells import Cell
from checkin.exposure.contacting import Contacting
from checkin.exposure.exports import to_csv, to_xlsx
from checkin.exposure.listing import Person, Row, rows
from checkin.exposure.models import CASE, Lookup
from checkin.exposure.overlap import Presence, Window
from checkin.exposure.queries import StayRow
from checkin.exposure.showing import Asked
from checkin.exposure.timeline import found_people
from checkin.i18n import format_moment
from checkin.vault import Vault

# People whose names are opened at a time.
BLOCK = 500


class WholeList(Protocol):
    """What a list of people is made of, by the kind of its lookup."""

    @property
    def window(self) -> Window: ...
    @property
    def told(self) -> Table:
        """Where their declarations are: in the store, or in the copies that cases keep."""

    def count(self, session: Session) -> int: ...
    def ranked(self, session: Session) -> list[UUID]: ...
    def some(self, session: Session, people: Sequence[UUID]) -> list[Presence[StayRow]]: ...


def whole_list(session: Session, lookup: Lookup, case: Case | None) -> WholeList:
    """The list of a lookup by place or by case."""
    if lookup.kind == CASE and case is not None:
        return Contacting(session, lookup, case)
    return Asked.of(session, lookup)


class MissingPeople(Exception):
    """A list would come out shorter than it was."""


def place_heads() -> list[str]:
    """What stands over the columns of a place's list."""
    return [
        gettext("STT"),
        *_person_heads(),
        gettext("Nơi có mặt"),
        gettext("Vào lúc"),
        gettext("Ra lúc"),
        gettext("Giờ ra là"),
        gettext("Phút chắc chắn"),
        gettext("Phút có thể"),
        gettext("Sàng lọc"),
    ]


def place_blocks(
    session: Session, vault: Vault, asked: WholeList, people: Sequence[UUID]
) -> Iterator[list[list[Cell]]]:
    """The list of a place, one line per person, as many lines as people; read and opened block by block.

    Raises MissingPeople where somebody of the list is no longer there.
    """
    for start in range(0, len(people), BLOCK):
        block = people[start : start + BLOCK]
        lines = place_lines(session, vault, asked, asked.some(session, block), first=start + 1)
        if len(lines) != len(block):
            raise MissingPeople
        yield lines


def place_lines(
    session: Session, vault: Vault, asked: WholeList, found: Sequence[Presence[StayRow]], *, first: int = 1
) -> list[list[Cell]]:
    """The lines of these people, numbered from `first`."""
    opened = rows(session, vault, found, asked.window, asked.told)
    return [_place_line(number, row) for number, row in enumerate(opened, start=first)]


def place_workbook(lookup: Lookup, case: Case | None, lines: Iterable[Sequence[Cell]]) -> bytes:
    """The list of a place as a workbook; raises TooManyRows."""
    return to_xlsx(lookup.number, place_heads(), lines, _about(lookup, case), about_title=gettext("Thông tin"))


def _place_line(number: int, row: Row) -> list[Cell]:
    stays = row.presence.stays
    last = stays[-1]
    return [
        number,
        *_person_cells(row.person),
        "; ".join(row.places),
        format_moment(stays[0].entered_at),
        format_moment(last.left_at or last.until_likely),
        gettext("ghi nhận") if last.left_at else gettext("ước đoán"),
        row.presence.certain_minutes,
        row.presence.possible_minutes,
        triage_name(row.triage),
    ]


def export_person(session: Session, vault: Vault, lookup: Lookup, case: Case | None, form: str) -> bytes:
    """The time line of a person, or of everybody whom the question fits: one line per visit."""
    heads = [
        gettext("STT"),
        *_person_heads(),
        gettext("Địa điểm"),
        gettext("Khu vực"),
        gettext("Địa chỉ địa điểm"),
        gettext("Vào lúc"),
        gettext("Ra lúc"),
        gettext("Giờ ra là"),
        gettext("Sàng lọc"),
    ]
    lines: list[list[Cell]] = []
    for found in found_people(session, vault, lookup):
        for seen in found.visits:
            stay = seen.stay
            lines.append(
                [
                    len(lines) + 1,
                    *_person_cells(found.person),
                    seen.venue.name if seen.venue else "",
                    seen.zone or "",
                    seen.venue.address if seen.venue else "",
                    format_moment(stay.entered_at),
                    format_moment(stay.left_at or stay.until_likely),
                    gettext("ghi nhận") if stay.left_at else gettext("ước đoán"),
                    triage_name(stay.triage or "none"),
                ]
            )
    if form == "csv":
        return to_csv(heads, lines)
    return to_xlsx(lookup.number, heads, lines, _about(lookup, case), about_title=gettext("Thông tin"))


def triage_name(level: str) -> str:
    """The level in words."""
    names = {"routine": gettext("Thường"), "watch": gettext("Theo dõi"), "urgent": gettext("Khẩn")}
    return str(names.get(level, gettext("Chưa khai y tế")))


def _person_heads() -> list[str]:
    return [
        gettext("Họ và tên"),
        gettext("Năm sinh"),
        gettext("Điện thoại"),
        gettext("Số giấy tờ"),
        gettext("Xã, phường"),
        gettext("Địa chỉ"),
        gettext("Quốc tịch"),
    ]


def _person_cells(person: Person) -> list[Cell]:
    name = person.full_name if person.readable else gettext("(không mở được)")
    return [
        name,
        person.birth_year,
        person.phone,
        person.id_number,
        person.home,
        person.address,
        person.nationality,
    ]


def _about(lookup: Lookup, case: Case | None) -> list[tuple[str, str]]:
    return [
        (gettext("Tra cứu"), lookup.number),
        (gettext("Ca bệnh hoặc tín hiệu"), case.number if case else lookup.signal or ""),
        (gettext("Lý do"), lookup.reason),
        (gettext("Khung giờ"), f"{format_moment(lookup.start)} – {format_moment(lookup.end)}"),
        (gettext("Người tra cứu"), lookup.made_by_name),
        (gettext("Tra cứu lúc"), format_moment(lookup.made_at)),
        (gettext("Danh sách gồm"), gettext("chỉ những người đã quét mã hoặc được khai hộ")),
    ]
