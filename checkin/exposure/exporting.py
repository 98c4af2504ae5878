"""What stands in the columns of an exported list."""

from collections.abc import Sequence

from flask_babel import gettext
from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.cells import Cell
from checkin.exposure.exports import to_csv, to_xlsx
from checkin.exposure.listing import Person, rows
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Presence, Window
from checkin.exposure.queries import StayRow
from checkin.exposure.timeline import found_people
from checkin.i18n import format_moment
from checkin.vault import Vault


def export_place(
    session: Session,
    vault: Vault,
    lookup: Lookup,
    case: Case | None,
    found: Sequence[Presence[StayRow]],
    window: Window,
    form: str,
) -> bytes:
    """The list of a place: one line per person, as many lines as people."""
    heads = [
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
    lines: list[list[Cell]] = []
    for number, row in enumerate(rows(session, vault, found, window), start=1):
        stays = row.presence.stays
        last = stays[-1]
        lines.append(
            [
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
        )
    return _file(lookup, case, heads, lines, form)


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
    return _file(lookup, case, heads, lines, form)


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


def _file(lookup: Lookup, case: Case | None, heads: list[str], lines: list[list[Cell]], form: str) -> bytes:
    if form == "csv":
        return to_csv(heads, lines)
    about = [
        (gettext("Tra cứu"), lookup.number),
        (gettext("Ca bệnh hoặc tín hiệu"), case.number if case else lookup.signal or ""),
        (gettext("Lý do"), lookup.reason),
        (gettext("Khung giờ"), f"{format_moment(lookup.start)} – {format_moment(lookup.end)}"),
        (gettext("Người tra cứu"), lookup.made_by_name),
        (gettext("Tra cứu lúc"), format_moment(lookup.made_at)),
        (gettext("Danh sách gồm"), gettext("chỉ những người đã quét mã hoặc được khai hộ")),
    ]
    return to_xlsx(lookup.number, heads, lines, about, about_title=gettext("Thông tin"))
