"""What the visitor's script says of declarations that the phone keeps. `{name}` is filled in there."""

from typing import Any

from flask_babel import gettext


def words() -> dict[str, Any]:
    """The texts of static/js/visitor.js in the language of the request."""
    return {
        "title": gettext("Tờ khai trên máy này"),
        "waiting": gettext("{count} tờ khai đã ghi trên máy, chưa gửi"),
        "unsent": gettext("Đã ghi – chưa gửi"),
        "sent": gettext("Đã gửi lúc {time}: {word}"),
        "held": gettext("Chưa gửi được: máy chủ không nhận"),
        "of": gettext("mã {code} · ghi lúc {time}"),
        "made": gettext("Ghi lúc {time} · {day}"),
        "send": gettext("Thử gửi ngay"),
        "again": gettext("Gửi lại"),
        "mend": gettext("Xem và sửa"),
        "mend_hint": gettext("Có mục cần sửa. Những gì bạn ghi vẫn còn."),
        "seen": gettext("Đã xem, ẩn đi"),
        "drop": gettext("Xoá tờ khai này"),
        "sure": gettext("Xoá hẳn tờ khai này? Tờ khai chưa gửi và không lấy lại được."),
        "forget": gettext("Còn {count} tờ khai chưa gửi trên máy này. Xoá hết, kể cả các tờ đó?"),
        "incomplete": gettext("Còn {count} mục chưa ghi hoặc chưa đúng. Xem các mục có vạch đỏ."),
        "needed": gettext("Cần điền mục này."),
        "consent": gettext("Đánh dấu ô này để gửi tờ khai."),
        "since": gettext("(từ {day})"),
        "no_store": gettext(
            "Không có mạng, và trình duyệt này không giữ được tờ khai. Nhờ nhân viên ở cửa ghi giúp, "
            "hoặc thử lại khi có mạng."
        ),
        "wrong": {
            "birth_year": gettext("Năm sinh gồm bốn chữ số, ví dụ 1985."),
            "phone": gettext("Số điện thoại chưa đúng. Ví dụ: 0912 345 678; số nước ngoài bắt đầu bằng +."),
        },
    }
