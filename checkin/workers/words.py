"""What is said of faults and days on the owner's pages."""

from typing import Any

from flask_babel import lazy_gettext as _l

from checkin.workers.entries import bits

FAULTS: dict[str, Any] = {
    "name": _l("Ghi họ và tên bằng chữ, như trên giấy tờ."),
    "year": _l("Năm sinh gồm bốn chữ số, ví dụ 1985."),
    "year_future": _l("Năm sinh ở tương lai. Xin xem lại."),
    "year_old": _l("Năm sinh chưa đúng. Xin xem lại."),
    "phone": _l("Số điện thoại chưa đúng. Ví dụ: 0912 345 678; số nước ngoài bắt đầu bằng +."),
    "id_number": _l("Số này chưa đúng: căn cước và mã định danh có 12 chữ số, hộ chiếu có chữ và số."),
    "number": _l("Ghi số điện thoại hoặc số căn cước, để nhận ra đúng người."),
    "zone": _l("Không có khu này. Ghi đúng tên khu, hoặc để trống."),
    "starts": _l("Ghi giờ bắt đầu, ví dụ 07:30."),
    "ends": _l("Ghi giờ kết thúc, ví dụ 17:00."),
    "weekdays": _l("Chưa hiểu các ngày làm. Ghi như: 2-6, hoặc T2, T4, CN, hoặc hằng ngày."),
    "long": _l("Dài quá."),
    "same": _l("Người này đã có trong danh sách."),
    "twice": _l("Người này đã có ở dòng trên."),
    "revoked": _l("Thẻ này đã huỷ. Thêm người này bằng cách gõ."),
    "many": _l("Danh sách đã đầy."),
    "daily": _l("Hôm nay bạn đã thêm rất nhiều người. Xin thêm tiếp vào ngày mai."),
    "unconfirmed": _l("Hãy xác nhận số điện thoại hoặc email của bạn trước khi thêm nhiều người hơn."),
    "closed": _l("Địa điểm đã đóng: không thêm người được."),
    "suspended": _l("Địa điểm đang tạm ngừng: không thêm người được."),
    "cells": _l("Thiếu ô: mỗi dòng cần ít nhất họ tên, năm sinh và số điện thoại hoặc số căn cước."),
}
DAYS = (_l("T2"), _l("T3"), _l("T4"), _l("T5"), _l("T6"), _l("T7"), _l("CN"))
LONG_DAYS = (
    _l("Thứ hai"),
    _l("Thứ ba"),
    _l("Thứ tư"),
    _l("Thứ năm"),
    _l("Thứ sáu"),
    _l("Thứ bảy"),
    _l("Chủ nhật"),
)


def days_said(weekdays: int) -> str:
    """Such as "T2–T6, CN"; every day is said as that."""
    days = bits(weekdays)
    if len(days) == 7:
        return str(_l("hằng ngày"))
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(
        f"{DAYS[run[0]]}–{DAYS[run[-1]]}" if len(run) > 2 else ", ".join(str(DAYS[day]) for day in run) for run in runs
    )
