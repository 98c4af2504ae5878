"""What an owner is told of a claim. Text messages carry no link: nobody shall learn to tap one."""

from flask_babel import gettext

from checkin.messages.letter import Letter

# A text message of one part has 70 signs.
NAME_IN_TEXT = 24


def decided_letter(to: str, venue_name: str, theirs: bool, reason: str, cdc_name: str) -> Letter:
    """What became of a claim, in the words of a text message or a mail."""
    mail = "@" in to
    name = venue_name if mail or len(venue_name) <= NAME_IN_TEXT else venue_name[: NAME_IN_TEXT - 1] + "…"
    if theirs:
        text = gettext("Khai báo y tế: “%(name)s” đã là của bạn. Vào trang cơ sở để in mã.", name=name)
    else:
        text = gettext("Khai báo y tế: chưa nhận được “%(name)s”. Xem trang cơ sở.", name=name)
    if not mail:
        return Letter(to=to, subject="", text=text)
    lines = [text, gettext("Lý do: %(reason)s", reason=reason) if reason else "", cdc_name]
    return Letter(
        to=to, subject=gettext("Nhận cơ sở: %(name)s", name=venue_name), text="\n\n".join(filter(None, lines)) + "\n"
    )
