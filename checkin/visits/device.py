"""What a visitor's own phone keeps: a random secret, and the details of who declared on it, encrypted."""

import base64
import binascii
from collections.abc import Sequence

from flask import Response, request

from checkin import clock, context
from checkin.cookies import cookie_name
from checkin.vault import VaultError
from checkin.visits import remembered as rules
from checkin.visits.remembered import KEPT as KEPT
from checkin.visits.remembered import LastForm as LastForm
from checkin.visits.remembered import Remembered as Remembered

DEVICE, ME = "device", "me"
# Browsers take 4,096 bytes of a cookie with its name and attributes.
LARGEST = 3700


def secret() -> str | None:
    """This device's secret; None without one or with a malformed one."""
    value = request.cookies.get(_name(DEVICE), "")
    return value if len(value) == 64 and all(char in "0123456789abcdef" for char in value) else None


def people() -> list[Remembered]:
    """Whom this device remembers, its owner first; nobody where it remembers nothing or it cannot be read."""
    return _read()[0]


def remembered() -> Remembered | None:
    """Whose device this is: who declared on it first."""
    return next(iter(people()), None)


def last_form() -> LastForm | None:
    """The form that was sent last from this device; None where that is not known."""
    return _read()[1]


def remember(response: Response, device: str, *declared: Remembered, form: LastForm | None = None) -> None:
    """Give the device its secret, and add to what it remembers who declared, encrypted, for 90 days.

    `form` is the one in which they did: where it was the last one already, it says anew who is on it.
    """
    known, last = _read()
    corrected = form is not None and last is not None and form.submission_id == last.submission_id
    _set(response, DEVICE, device)
    _keep(response, rules.added(known, declared, corrected=corrected), last if corrected else form)


def forget_one(response: Response, key: str) -> None:
    """Take one person off the device, by their key; the others stay."""
    known, last = _read()
    _keep(response, [one for one in known if one.key != key], last)


def give(response: Response, device: str) -> None:
    """Give the device its secret alone, which it may have already."""
    _set(response, DEVICE, device)


def forget(response: Response) -> None:
    """Take everything off the device."""
    for name in (DEVICE, ME):
        _drop(response, name)


def _read() -> tuple[list[Remembered], LastForm | None]:
    try:
        locked = base64.urlsafe_b64decode(request.cookies.get(_name(ME), ""))
        return rules.from_values(context.vault().unlock("cookie", locked), clock.today())
    except (VaultError, binascii.Error, LookupError, TypeError, ValueError):
        return [], None


def _keep(response: Response, known: Sequence[Remembered], last: LastForm | None) -> None:
    """As many of them as a cookie holds."""
    while known:
        locked = context.vault().lock("cookie", rules.as_values(known, last), small=True)
        value = base64.urlsafe_b64encode(locked).decode()
        if len(value) <= LARGEST:
            _set(response, ME, value)
            return
        known = rules.without_oldest(known)
    _drop(response, ME)


def _name(name: str) -> str:
    return cookie_name(name, secure=context.config().secure)


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(_name(name), value, max_age=KEPT, httponly=True, samesite="Lax", secure=context.config().secure)


def _drop(response: Response, name: str) -> None:
    response.delete_cookie(_name(name), samesite="Lax", secure=context.config().secure, httponly=True)
