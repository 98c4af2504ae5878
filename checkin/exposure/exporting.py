"""What stands in the columns of an exported list."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flask_babel import gettext
from sqlalchemy import Table
from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.cells import Cell
from checkin.exposure import reasons
from checkin.exposure.asking import Asked
from checkin.exposure.contacting import Contacting
from checkin.exposure.exports import TooManyRows, text_of, to_xlsx
from checkin.exposure.groups import Group
from checkin.exposure.listing import Person, Row, rows
from checkin.exposure.models import CASE, Lookup
from checkin.exposure.overlap import Presence, Window
from checkin.exposure.queries import StayRow
from checkin.exposure.scored import Cut
from checkin.exposure.timeline import found_people
from checkin.i18n import format_count, format_moment
from checkin.vault import Vault
from checkin.visits.flagnames import NAMES
from checkin.visits.flags import read

About = list[tuple[str, str]]

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


def part_of(session: Session, lookup: Lookup, case: Case | None, cut: Cut) -> Contacting | None:
    """The part of a case's list; None where no list has it."""
    found = Contacting(session, lookup, case, cut) if lookup.kind == CASE and case is not None else None
    return found if found is not None and found.known else None


class MissingPeople(Exception):
    """A list would come out shorter than it was."""


def place_heads(*, two_places: bool = False, scores: bool = False) -> list[str]:
    """What stands over the columns of a place's list; of `two_places` with the minutes at the other one, of a case's
    with `scores`."""
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
        gettext("Đánh dấu"),
        *_group_heads(),
        *([gettext("Phút chắc chắn ở nơi thứ hai"), gettext("Phút có thể ở nơi thứ hai")] if two_places else ()),
        *(_score_heads() if scores else ()),
    ]


def has_scores(asked: WholeList) -> bool:
    """True for the list of a case from whom others can have caught it."""
    return isinstance(asked, Contacting) and not asked.from_places


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
    lines = [_place_line(number, row) for number, row in enumerate(opened, start=first)]
    if isinstance(asked, Contacting) and has_scores(asked):
        why = reasons.of(session, asked, opened)
        for line, row in zip(lines, opened, strict=True):
            line += _score_cells(why[row.presence.person_id])
    return lines


def _place_line(number: int, row: Row) -> list[Cell]:
    stays, there = row.presence.stays, row.presence.other
    last = stays[-1]
    return [
        number,
        *_person_cells(row.person),
        "; ".join(row.places),
        stays[0].entered_at,
        last.left_at or last.until_likely,
        gettext("ghi nhận") if last.left_at else gettext("ước đoán"),
        row.presence.certain_minutes,
        row.presence.possible_minutes,
        triage_name(row.triage),
        _flag_names(row.flags),
        *_group_cells(row.group),
        *([there.certain_minutes, there.possible_minutes] if there is not None else ()),
    ]


def export_person(
    session: Session, vault: Vault, lookup: Lookup, case: Case | None, form: str, *, by: str, at: datetime, most: int
) -> tuple[bytes, int]:
    """The time line of a person, or of everybody whom the question fits, and its lines: one per visit.

    Raises TooManyRows for a workbook of more than `most` lines.
    """
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
        gettext("Đánh dấu"),
        *_group_heads(),
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
                    stay.entered_at,
                    stay.left_at or stay.until_likely,
                    gettext("ghi nhận") if stay.left_at else gettext("ước đoán"),
                    triage_name(stay.triage or "none"),
                    _flag_names(read(stay.flags)),
                    *_group_cells(seen.group),
                ]
            )
    about = counted(source(lookup, case, by=by, at=at), len(lines))
    if form != "xlsx":
        text = text_of(form, heads)
        return text.start() + text.more(lines) + text.finish(about, gettext("Nguồn")), len(lines)
    if len(lines) > most:
        raise TooManyRows(len(lines))
    return to_xlsx(lookup.number, heads, lines, about, about_title=gettext("Nguồn")), len(lines)


def triage_name(level: str) -> str:
    """The level in words."""
    names = {"routine": gettext("Thường"), "watch": gettext("Theo dõi"), "urgent": gettext("Khẩn")}
    return str(names.get(level, gettext("Chưa khai y tế")))


def _further(lookup: Lookup) -> About:
    """What else a lookup by place asks than one place in one time."""
    found: About = []
    if lookup.daily:
        found.append((gettext("Mỗi ngày"), gettext("chỉ những giờ đó của từng ngày")))
    if lookup.other_start and lookup.other_end:
        found.append(
            (gettext("Ở nơi thứ hai"), f"{format_moment(lookup.other_start)} – {format_moment(lookup.other_end)}")
        )
    if lookup.headcount:
        found.append((gettext("Khách thực tế ước chừng"), format_count(lookup.headcount)))
    return found


def counted(about: About, lines: int) -> About:
    """`source` with how many lines the list has."""
    return [*about, (gettext("Số dòng"), format_count(lines))]


def _flag_names(flags: Iterable[str]) -> str:
    return ", ".join(str(NAMES[flag]) for flag in flags)


def _group_heads() -> list[str]:
    return [gettext("Số người khai cùng tờ"), gettext("Mã tờ khai chung")]


def _group_cells(group: Group | None) -> list[Cell]:
    return [group.people, group.code] if group else [None, ""]


def _score_heads() -> list[str]:
    return [
        gettext("Điểm phơi nhiễm"),
        gettext("Mức phơi nhiễm"),
        gettext("Vì sao"),
        gettext("Điểm khẩn"),
        gettext("Vì sao khẩn"),
    ]


def _score_cells(why: reasons.Why) -> list[Cell]:
    return [why.exposure, str(reasons.BAND_NAMES[why.band]), ", ".join(why.reasons), why.urgency, "; ".join(why.signs)]


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


def source(lookup: Lookup, case: Case | None, *, by: str, at: datetime) -> About:
    """What stands in every file: what was asked for which case and why, by whom; who made the file, and when."""
    return [
        (gettext("Tra cứu"), lookup.number),
        (gettext("Ca bệnh hoặc tín hiệu"), case.number if case else lookup.signal or ""),
        (gettext("Lý do"), lookup.reason),
        (gettext("Khung giờ"), f"{format_moment(lookup.start)} – {format_moment(lookup.end)}"),
        *_further(lookup),
        (gettext("Người tra cứu"), lookup.made_by_name),
        (gettext("Tra cứu lúc"), format_moment(lookup.made_at)),
        (gettext("Người xuất tệp"), by),
        (gettext("Xuất lúc"), format_moment(at)),
        (gettext("Danh sách gồm"), gettext("chỉ những người đã quét mã hoặc được khai hộ")),
    ]
