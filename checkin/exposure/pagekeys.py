"""Where a page of a list goes on: the place of a person in its order, sealed, since it stands in addresses.

Whoever finds one in a history or a log learns nothing from it, and it fits no other lookup and no other order.
"""

import base64
import binascii
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from checkin.vault import Vault, VaultError

LONGEST = 400


def sealed(vault: Vault, lookup_id: UUID, sort: str, key: tuple[Any, ...]) -> str:
    """A key of `Here.key` as the word of an address, 400 characters at most."""
    *minutes, first_at, person_id = key
    body = json.dumps([*minutes, first_at.isoformat(), person_id.hex]).encode()
    return base64.urlsafe_b64encode(vault.lock_part(_name(lookup_id, sort), 0, body)).decode().rstrip("=")


def opened(vault: Vault, lookup_id: UUID, sort: str, text: str) -> tuple[Any, ...] | None:
    """The key of a word; None for what is none of this lookup in this order."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        locked = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        *minutes, first_at, person_id = json.loads(vault.unlock_part(_name(lookup_id, sort), 0, locked))
    except (VaultError, binascii.Error, ValueError, TypeError):
        return None
    return (*minutes, datetime.fromisoformat(first_at), UUID(hex=person_id))


def _name(lookup_id: UUID, sort: str) -> str:
    return f"page {lookup_id} {sort}"
