"""What an invitation says when it is mailed."""

from flask_babel import gettext

from checkin.messages.letter import Letter


def invitation_letter(to: str, *, link: str, by: str, role: str, login: str, cdc_name: str) -> Letter:
    """The letter with the link."""
    lines = [
        gettext("%(by)s mời bạn làm việc trên hệ thống khai báo y tế của %(cdc)s.", by=by, cdc=cdc_name),
        gettext("Vai trò: %(role)s. Tên đăng nhập: %(login)s.", role=role, login=login),
        gettext("Mở liên kết này để tự đặt mật khẩu. Liên kết dùng một lần, trong 72 giờ:"),
        link,
        gettext("Nếu bạn không chờ thư này, hãy báo lại %(cdc)s và đừng mở liên kết.", cdc=cdc_name),
    ]
    return Letter(to=to, subject=gettext("Lời mời dùng hệ thống khai báo y tế"), text="\n\n".join(lines) + "\n")
