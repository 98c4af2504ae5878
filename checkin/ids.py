"""Identifiers that sort by time (UUID version 7), so that indexes grow at their end."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID, uuid5


def new_id(now: datetime) -> UUID:
    """A UUIDv7 of the given moment: 48 bits of milliseconds, 74 random bits."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def is_id(text: str) -> bool:
    """True for the text of an identifier."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def derived_id(parent: UUID, salt: bytes) -> UUID:
    """The same identifier each time for the same parent and salt (UUIDv5)."""
    return uuid5(parent, salt.hex())


def sent_id(once: str, content: str, now: datetime) -> UUID:
    """The same form sent twice is one; changed and sent again it is another."""
    try:
        parent = UUID(once)
    except ValueError:
        parent = new_id(now)
    return derived_id(parent, hashlib.sha256(content.encode()).digest())
