"""What pages call the facts of a case and the steps of its history."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from checkin import clock
from checkin.casefacts.queries import from_step
from checkin.cases.forms import STATE_NAMES
from checkin.cases.models import FORWARD, SOURCE, Case, CaseStep
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.forms import too_late
from checkin.i18n import format_moment

DETECTED_NAMES = {
    "community": _l("Cộng đồng"),
    "quarantine": _l("Khu cách ly, đang cách ly"),
    "entry": _l("Khi nhập cảnh, vào tỉnh"),
}
WINDOW_NAMES = {FORWARD: _l("Có thể đã lây cho người khác"), SOURCE: _l("Có thể đã nhiễm bệnh")}
FACT_NAMES = {
    "title": _l("Tên gọi"),
    "disease": _l("Bệnh"),
    "state": _l("Tình trạng"),
    "onset_on": _l("Khởi phát"),
    "sample_on": _l("Lấy mẫu"),
    "isolated_on": _l("Cách ly"),
    "isolated_where": _l("Nơi cách ly, điều trị"),
    "commune_id": _l("Nơi ở"),
    "detected": _l("Phát hiện ở đâu"),
    "symptoms": _l("Triệu chứng"),
    "rules_on": _l("Tính theo quy tắc ngày"),
    **WINDOW_NAMES,
}
STEP_NAMES = {
    "open": _l("Mở ca"),
    "facts": _l("Sửa điều đã biết"),
    "state": _l("Đổi tình trạng"),
    "link": _l("Gắn người"),
    "unlink": _l("Gỡ người"),
    "interview": _l("Đã phỏng vấn"),
    "window": _l("Sửa khoảng truy vết"),
    "window_back": _l("Bỏ việc sửa khoảng truy vết"),
    "rules": _l("Tính lại theo quy tắc mới"),
    "told": _l("Ghi một chặng di chuyển"),
    "told_back": _l("Bỏ một chặng di chuyển"),
}


def changes(step: CaseStep, names: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What a step changed, each as 'Khởi phát: 01/11/2026 → 02/11/2026'; `names` say how values are called."""
    found = []
    if (told := from_step(step)) is not None:
        when = format_moment(clock.to_local(told.made_at))
        found.append(gettext("Từ tờ khai lúc %(when)s, thấy ở %(lookup)s", when=when, lookup=told.lookup))
    for fact, pair in (step.detail or {}).items():
        if fact in FACT_NAMES and isinstance(pair, list) and len(pair) == 2:
            before, after = (_shown(fact, value, names) for value in pair)
            found.append(f"{FACT_NAMES[fact]}: {before} → {after}")
    return found


def late(step: CaseStep, names: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """What a page says to who was a moment too slow: the last step of the case, by whom and when."""
    what = [str(STEP_NAMES.get(step.what, step.what)), *changes(step, names or {})]
    return too_late(step.by_name, "; ".join(what), step.at)


def opened_before(case: Case, first: CaseStep | None) -> str:
    """What a page says to who opens a case of somebody who is one; `first` is how that one was opened, if that is
    known."""
    if first is None:
        return str(gettext("Người này đã là một ca đang mở."))
    return str(
        gettext(
            "Người này đã là một ca đang mở: %(who)s mở ca %(number)s lúc %(when)s.",
            who=first.by_name,
            number=case.number,
            when=format_moment(first.at),
        )
    )


def _shown(fact: str, value: Any, names: Mapping[str, Mapping[str, Any]]) -> str:
    if value is None:
        return "–"
    if fact == "symptoms" and isinstance(value, list):
        return ", ".join(str(SYMPTOM_NAMES.get(one, one)) for one in value) or gettext("không có")
    if fact in WINDOW_NAMES and isinstance(value, list):
        return " – ".join(_moment(one) for one in value)
    if fact == "state":
        return str(STATE_NAMES.get(value, value))
    if fact.endswith("_on"):
        return _day(str(value))
    return str(names.get(fact, {}).get(value, value))


def _day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


def _moment(text: Any) -> str:
    try:
        return format_moment(clock.to_local(datetime.fromisoformat(text))) if text else gettext("như quy tắc tính")
    except ValueError:
        return str(text)
