"""Failing tries are counted, and nobody can lock somebody else out by failing on their behalf.

A browser in which somebody signed in to an account before carries a cookie that says so, and has a count of its
own for that login: whatever strangers do, its owner gets to try. All others are counted by login and network, and
by login over all networks. Logins that no account has are counted alike.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass

from flask import Response, request
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from checkin import context
from checkin.accounts.logins import normalise_login
from checkin.vault import Vault, VaultError
from checkin.web import limiter, network

MINUTES = 15
# Fewer than an address counts as a guess at, more than somebody mistypes.
BY_BROWSER = RateLimitItemPerMinute(10, MINUTES)
BY_NETWORK = RateLimitItemPerMinute(5, MINUTES)
BY_LOGIN = RateLimitItemPerMinute(50, MINUTES)
# A shared computer: those who signed in last.
MOST_KNOWN = 8
KNOWN_SECONDS = 400 * 24 * 3600


@dataclass(frozen=True)
class Known:
    """What this browser remembers: a random name of its own, and whose accounts it was used for."""

    browser: str
    logins: tuple[str, ...]


def key(vault: Vault, login: str) -> str:
    """By which a login is counted, whether or not an account has it."""
    return vault.index("tries", normalise_login(login)).hex()


def refused(login_key: str) -> bool:
    """True when no further try is taken for now from here."""
    if not limiter.enabled:
        return False
    return any(not _counting("test", item, names) for item, names in _counts(login_key))


def failed(login_key: str) -> bool:
    """Count a try that failed; True when it was the last one that is taken for now."""
    if not limiter.enabled:
        return False
    for item, names in _counts(login_key):
        _counting("hit", item, names)
    return refused(login_key)


def succeeded(login_key: str) -> None:
    """Forget the failures of this browser or network, not those of others."""
    if limiter.enabled:
        item, names = _counts(login_key)[0]
        _counting("clear", item, names)


def remember(response: Response, login_key: str) -> None:
    """Let this browser be known for the account that just signed in."""
    known = _known()
    logins = (login_key, *(one for one in known.logins if one != login_key))[:MOST_KNOWN]
    locked = context.vault().lock(_key_name(), {"browser": known.browser, "logins": logins})
    response.set_cookie(
        _cookie(),
        base64.urlsafe_b64encode(locked).decode(),
        max_age=KNOWN_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=context.config().secure,
    )


def known_browser(login_key: str) -> str:
    """The random name of this browser where somebody signed in to this account in it before; else empty."""
    known = _known()
    return known.browser if login_key in known.logins else ""


def _counts(login_key: str) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
    known = _known()
    if login_key in known.logins:
        return [(BY_BROWSER, ("browser", login_key, known.browser))]
    here = network(get_remote_address())
    return [(BY_NETWORK, ("network", login_key, here)), (BY_LOGIN, ("login", login_key))]


def _counting(what: str, item: RateLimitItem, names: tuple[str, ...]) -> bool:
    # Where the shared counters do not answer, the storage itself counts in this process (`counters.py`).
    return bool(getattr(FixedWindowRateLimiter(limiter.storage), what)(item, *names))


def _known() -> Known:
    try:
        values = context.vault().unlock(_key_name(), base64.urlsafe_b64decode(request.cookies.get(_cookie(), "")))
        return Known(str(values["browser"]), tuple(str(one) for one in values["logins"])[:MOST_KNOWN])
    except (VaultError, binascii.Error, KeyError, TypeError, ValueError):
        return Known(secrets.token_hex(16), ())


def _cookie() -> str:
    return "__Host-known" if context.config().secure else "known"


def _key_name() -> str:
    # The public tier must not be able to say which browsers the staff use.
    return "owner" if context.config().tier == "public" else "staff"
