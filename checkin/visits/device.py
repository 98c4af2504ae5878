"""What a visitor's own phone keeps: a random secret, and the details for the next time, encrypted."""

import base64
import binascii
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Response, request

from checkin import context
from checkin.declarations.told import Identity
from checkin.vault import VaultError

DEVICE, ME = "device", "me"
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Remembered:
    """Who declared last on this device, when, and whether every answer was no."""

    who: Identity
    declared_on: date
    all_no: bool


def secret() -> str | None:
    """This device's secret; None without one or with a malformed one."""
    value = request.cookies.get(DEVICE, "")
    return value if len(value) == 64 and all(char in "0123456789abcdef" for char in value) else None


def remembered() -> Remembered | None:
    """What this device remembers; None when it remembers nothing or it cannot be read."""
    try:
        locked = base64.urlsafe_b64decode(request.cookies.get(ME, ""))
        values = context.vault().unlock("cookie", locked)
        return Remembered(Identity.from_dict(values["who"]), date.fromisoformat(values["on"]), bool(values["all_no"]))
    except (VaultError, binascii.Error, KeyError, TypeError, ValueError):
        return None


def remember(response: Response, device: str, known: Remembered) -> None:
    """Give the device its secret and its own details, encrypted, for 90 days."""
    locked = context.vault().lock(
        "cookie", {"who": known.who.as_dict(), "on": known.declared_on.isoformat(), "all_no": known.all_no}
    )
    _set(response, DEVICE, device)
    _set(response, ME, base64.urlsafe_b64encode(locked).decode())


def forget(response: Response) -> None:
    """Take everything off the device."""
    for name in (DEVICE, ME):
        response.delete_cookie(name, samesite="Lax", secure=context.config().secure, httponly=True)


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=KEPT, httponly=True, samesite="Lax", secure=context.config().secure)
