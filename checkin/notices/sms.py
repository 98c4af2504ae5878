"""A notice as a text message: without a link, since people are told to press none. Pure.

A message in Vietnamese letters has 70 characters, and each of several 67 (3GPP TS 23.038, 23.040): two at most.
"""

import re
import unicodedata

from checkin.notices.models import INFORM, STAY_HOME, TEST, WATCH

ONE, TWO = 70, 134
SHORT = {
    INFORM: "thấy mệt thì gọi trạm y tế",
    WATCH: "theo dõi sức khoẻ, sốt ho thì ở nhà",
    TEST: "hãy đi xét nghiệm",
    STAY_HOME: "hãy ở nhà",
}
# What a phone turns into something to press.
_LINKS = re.compile(r"(?i)\b(?:https?|www)\b\S*|://\S*|(?<=\w)\.(?=\w)|@")


def length(text: str) -> int:
    """Characters as networks count them: one outside the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def parts(text: str) -> int:
    """In how many messages a text goes."""
    size = length(text)
    return 1 if size <= ONE else -(-size // (TWO // 2))


def written(*, number: str, place: str, start: str, end: str, severity: str, hotline: str) -> str:
    """The message in at most two parts; a long name of the place is cut, nothing else."""
    name = " ".join(_LINKS.sub(" ", unicodedata.normalize("NFC", place)).split())
    before, after = f"{number}: Ai ở ", f", {start}-{end}: {SHORT[severity]}. Gọi {hotline}"
    room = TWO - length(before) - length(after)
    if length(name) > room:
        while name and length(name) > room - 1:
            name = name[:-1]
        name = f"{name.rstrip()}…"
    return f"{before}{name}{after}"
