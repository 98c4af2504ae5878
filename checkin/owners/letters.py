"""What the messages to owners say. Text messages carry no link: nobody shall learn to tap one."""

from flask_babel import gettext

from checkin.messages.letter import Letter
from checkin.owners.models import RESET


def code_letter(to: str, code: str, purpose: str, cdc_name: str) -> Letter:
    """The letter with a code; the words fit into one text message of 70 signs."""
    text = gettext("Mã khai báo y tế: %(code)s. Hết hạn sau 15 phút. Không đưa mã cho ai.", code=code)
    if "@" not in to:
        return Letter(to=to, subject="", text=text)
    if purpose == RESET:
        subject = gettext("Mã đặt lại mật khẩu của cơ sở")
        why = gettext(
            "Có người xin đặt lại mật khẩu của tài khoản dùng email này. Nếu không phải bạn, hãy bỏ qua thư này."
        )
    else:
        subject = gettext("Mã xác nhận email của cơ sở")
        why = gettext("Gõ mã này vào trang đang mở để xác nhận email của cơ sở.")
    return Letter(to=to, subject=subject, text=f"{text}\n\n{why}\n\n{cdc_name}\n")
