"""What was told without a venue, in words: for the station that calls, and for whom it is about."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from checkin.calls.forms import CONTACT_NAMES, DOSE_NAMES, VEHICLE_NAMES
from checkin.calls.journeys import ENTER, ILL, LEAVE, RETURN

KIND_NAMES = {
    "door": _l("Khai ở cửa"),
    "ill": _l("Báo không khoẻ"),
    "enter": _l("Vào tỉnh"),
    "leave": _l("Rời tỉnh"),
    "return": _l("Sắp về"),
}
RESULT_NAMES = {
    "reached": _l("Gọi được"),
    "not_reached": _l("Chưa gọi được"),
    "wrong_number": _l("Sai số"),
}
# What is shown of a journey, in this order, with the words for what is a code.
JOURNEY: dict[str, tuple[Any, dict[str, Any]]] = {
    "from_place": (_l("Từ"), {}),
    "to_place": (_l("Đến"), {}),
    "vehicle": (_l("Phương tiện"), VEHICLE_NAMES),
    "plate": (_l("Biển số, chuyến"), {}),
    "seat": (_l("Số ghế"), {}),
    "route": (_l("Đi qua"), {}),
    "contacts": (_l("Đã ở gần"), CONTACT_NAMES),
    "doses": (_l("Vắc-xin"), DOSE_NAMES),
}


def facts_of(kind: str, on_day: date, details: dict[str, Any]) -> list[tuple[Any, str]]:
    """What somebody told besides who they are, as (label, words); whoever may write may also write what is no word."""
    journey = details.get("journey")
    journey = journey if isinstance(journey, dict) else {}
    found: list[tuple[Any, str]] = []
    if isinstance(where := details.get("travel_where"), str):
        found.append((_l("Đã đi qua vùng"), where))
    if kind in (ENTER, RETURN, LEAVE):
        found.append((_l("Ngày đi"), f"{on_day:%d/%m/%Y}"))
    if kind == ILL and isinstance(day := journey.get("day"), str):
        found.append((_l("Không khoẻ từ"), "/".join(reversed(day.split("-")))))
    for name, (label, names) in JOURNEY.items():
        value = journey.get(name)
        words = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
        found.append((label, ", ".join(str(names.get(word, word)) for word in words)))
    return [(label, text.encode("utf-8", "replace").decode()) for label, text in found if text]
