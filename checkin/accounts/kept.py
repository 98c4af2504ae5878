"""A form that met a locked session is carried on through the lock, unreadable to whoever sits there."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from checkin.vault import Vault, VaultError

# Twice the longest form of ours; a longer one is not kept, and the page says so.
LARGEST = 64 * 1024
GOOD_FOR = timedelta(hours=12)
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Kept:
    """A form as it was posted, without its secrets, and where to."""

    path: str
    fields: Fields


def is_secret(name: str) -> bool:
    """True for a field that is not shown and not kept."""
    return "password" in name or name == "csrf_token"


def keep(vault: Vault, key: str, *, account_id: UUID, path: str, fields: Fields, now: datetime) -> str | None:
    """The form as one locked field, bound to the account, the path and the time; None when it is too large."""
    told = [(name, value) for name, value in fields if not is_secret(name)]
    if sum(len(name.encode()) + len(value.encode(errors="replace")) for name, value in told) > LARGEST:
        return None
    locked = vault.lock(key, {"kept": str(account_id), "path": path, "at": now.timestamp(), "fields": told})
    return base64.urlsafe_b64encode(locked).decode()


def open_kept(vault: Vault, key: str, *, account_id: UUID, text: str, now: datetime) -> Kept | None:
    """What `keep` kept; None for another account's, an old one, or anything made up."""
    try:
        values = vault.unlock(key, base64.urlsafe_b64decode(text[: LARGEST * 4].encode()))
        age = now.timestamp() - float(values["at"])
        if values["kept"] != str(account_id) or not 0 <= age < GOOD_FOR.total_seconds():
            return None
        return Kept(str(values["path"]), [(str(name), str(value)) for name, value in values["fields"]])
    except (VaultError, binascii.Error, KeyError, TypeError, ValueError):
        return None
