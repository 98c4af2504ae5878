"""Contacts in words, and what a page shows of one: the name opened, the steps with their notes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from checkin.contacts.asking import AIR, FEVER, FRAIL, POULTRY, RASH, RAW, SHOTS
from checkin.contacts.judging import CALL, CLOSED, F1, F2, LONG, MASK, NEAR, NO, NOT, TOUCH, UNKNOWN, YES
from checkin.contacts.models import BACK, COMMITTEE, GIVE, NAMED, RELEASE, SENT, TO_CDC, Contact, ContactStep
from checkin.contacts.models import NEAR as BY_F1
from checkin.contacts.queries import OUTSIDE, REFUSING, TRACED
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.forms import too_late
from checkin.vault import Vault, VaultError

STAGE_NAMES = {CALL: _l("Cần gọi"), F1: _l("F1"), F2: _l("F2"), NOT: _l("Không phải F1")}
LIST_NAMES = STAGE_NAMES | {OUTSIDE: _l("Ngoài tỉnh, đã chuyển đi"), REFUSING: _l("Từ chối")}
# Of what a file can hold; people to call first, then contacts.
FILE_NAMES = {CALL: LIST_NAMES[CALL], TRACED: _l("F1 và F2"), **LIST_NAMES}
RESULT_NAMES = {
    "reached": _l("Gọi được"),
    "not_reached": _l("Chưa gọi được"),
    "refused": _l("Từ chối trả lời"),
    "moved": _l("Đã chuyển đi nơi khác"),
}
STEP_NAMES = {
    "assign": _l("Giao gọi"),
    "take": _l("Nhận gọi"),
    "let_go": _l("Thôi nhận"),
    "call": _l("Gọi"),
    "decide": _l("CDC quyết định"),
    COMMITTEE: _l("Báo Uỷ ban xã, phường"),
    TO_CDC: _l("Chuyển CDC"),
    SENT: _l("Đã gửi CDC tỉnh khác"),
    BY_F1: _l("Ở gần một F1"),
    RELEASE: _l("Thả: F1 mà người này ở gần không còn là F1"),
    NAMED: _l("Kể tên người ở gần"),
    GIVE: _l("Đã giao cho trạm y tế"),
    BACK: _l("Trả lại, hoặc CDC nhận lại"),
}
RAISE_NAMES = {COMMITTEE: _l("Đã báo Uỷ ban xã, phường"), TO_CDC: _l("Chuyển CDC gọi")}
ANSWER_NAMES = {YES: _l("Có"), NO: _l("Không"), UNKNOWN: _l("Không rõ")}
QUESTION_NAMES = {
    NEAR: _l("Có ở trong vòng 2 m với người khác ở đó?"),
    CLOSED: _l("Có ở chung một không gian kín, hẹp với người khác?"),
    MASK: _l("Suốt lúc đó đều đeo khẩu trang, cả hai bên?"),
    LONG: _l("Ở gần như vậy từ 15 phút trở lên?"),
    TOUCH: _l("Có chạm vào ai, hoặc chăm sóc ai mà không bảo hộ?"),
    AIR: _l("Có ở trong cùng toà nhà, phòng kín hay xe, kể cả vào sau đó tới hai giờ?"),
    SHOTS: _l("Đã tiêm đủ hai mũi sởi, hoặc đã từng mắc sởi?"),
    RASH: _l("Bây giờ có sốt hoặc phát ban?"),
    FRAIL: _l("Trong nhà có trẻ dưới 9 tháng, phụ nữ mang thai, người suy giảm miễn dịch?"),
    POULTRY: _l("Có chạm vào gia cầm sống, ốm hoặc chết, hay vào nơi nuôi, giết mổ?"),
    RAW: _l("Có ăn tiết canh, thịt hoặc trứng gia cầm chưa chín?"),
    FEVER: _l("Bây giờ có sốt, ho hoặc đau mắt?"),
}
WORDS = {
    "stage_names": STAGE_NAMES,
    "result_names": RESULT_NAMES,
    "step_names": STEP_NAMES,
    "question_names": QUESTION_NAMES,
    "answer_names": ANSWER_NAMES,
    "raise_names": RAISE_NAMES,
}


@dataclass(frozen=True)
class Met:
    """Where somebody was at the same place as the case, and when."""

    place: str
    start: datetime
    end: datetime
    guessed: bool


@dataclass(frozen=True)
class Line:
    """A contact with what is sealed of them opened; empty text where it cannot be."""

    contact: Contact
    full_name: str
    phone: str
    birth_year: int | None
    home: str
    met: tuple[Met, ...]
    readable: bool
    # What they told of by themselves on the page of a notice.
    symptoms: tuple[Any, ...] = ()
    # Of an F2: the masked name of the F1 who named them, and what they are to each other.
    near: str = ""
    relation: str = ""
    # What their place in the list of the case was made of when they were given, as the list put it down.
    why: Any = None


def details_of(*, name: str, phone: str, birth_year: int | None, home: str, met: list[Met]) -> dict[str, Any]:
    """What is sealed with a contact, for `opened`."""
    return {
        "full_name": name,
        "phone": phone,
        "birth_year": birth_year,
        "home": home,
        "met": [[one.place, one.start.isoformat(), one.end.isoformat(), one.guessed] for one in met],
    }


def opened(vault: Vault, contact: Contact) -> Line:
    """A contact for showing; the caller has put the reading on record."""
    found: dict[str, Any] = {}
    met: tuple[Met, ...] = ()
    with suppress(VaultError, ValueError, TypeError, KeyError):
        found = vault.open(contact.details)
        met = tuple(
            Met(str(place), datetime.fromisoformat(start), datetime.fromisoformat(end), bool(guessed))
            for place, start, end, guessed in found["met"]
        )
    year = found.get("birth_year")
    return Line(
        contact,
        str(found.get("full_name") or ""),
        str(found.get("phone") or ""),
        year if isinstance(year, int) else None,
        str(found.get("home") or ""),
        met,
        bool(found.get("full_name")),
        tuple(SYMPTOM_NAMES.get(word, word) for word in found.get("symptoms", ())),
        str(found.get("near") or ""),
        str(found.get("relation") or ""),
        found.get("why"),
    )


def late(steps: Sequence[ContactStep], *, officers: bool = True) -> str:
    """What a page says to who was a moment too slow, of the last of these steps; to a station the CDC has no names."""
    if not steps:
        return too_late()
    last = max(steps, key=lambda step: (step.at, step.number))
    what = str(STEP_NAMES.get(last.what, last.what))
    what += f" – {RESULT_NAMES[last.result]}" if last.result in RESULT_NAMES else ""
    who = last.by_name if officers or last.commune_id else "CDC"
    return too_late(who, f"{what} → {STAGE_NAMES.get(last.stage, last.stage)}", last.at)


def told(step: ContactStep, communes: Mapping[str, str] | None = None) -> list[tuple[Any, Any]]:
    """The questions of a call with their answers, in words; of who was given by hand, to which of the `communes`."""
    pairs = [entry.partition("=") for entry in step.answers]
    if step.what == GIVE:
        return [(_l("Trạm:"), communes.get(said, said)) for key, _, said in pairs if communes and key == "to"]
    return [(QUESTION_NAMES[key], ANSWER_NAMES.get(said, said)) for key, _, said in pairs if key in QUESTION_NAMES]
