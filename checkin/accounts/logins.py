"""What people sign in with: a phone number, an e-mail address, or a staff login such as ca.truc@demo."""

import re
from unicodedata import normalize

from checkin.phones import normalise_phone

LONGEST = 120


def normalise_login(text: str) -> str:
    """The login as it is indexed: a phone number in E.164, anything else in lower case."""
    text = normalize("NFKC", normalize("NFKC", text[:LONGEST]).lower())[:LONGEST].strip()
    if re.search(r"[a-z@]", text):
        return text
    try:
        return normalise_phone(text)
    except ValueError:
        return text


def contact_kind(text: str) -> str | None:
    """'phone' or 'email' when an owner can be reached there; None otherwise."""
    login = normalise_login(text)
    if re.fullmatch(r"\+\d{8,15}", login):
        return "phone"
    if re.fullmatch(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", login):
        return "email"
    return None


def mask(login: str) -> str:
    """Enough to recognise one's own login by, no more: +8491…678, a…@example.vn."""
    name, at, host = login.partition("@")
    if at:
        return f"{name[:1]}…@{host}"
    return f"{login[:5]}…{login[-3:]}" if len(login) > 8 else login
