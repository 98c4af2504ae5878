"""The pure part of the log: who acts, and how an entry is hashed."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = b"\0" * 32


@dataclass(frozen=True)
class Actor:
    """Somebody, or a command, on whose behalf something is done."""

    id: UUID | None
    name: str
    role: str

    @classmethod
    def command(cls, name: str) -> "Actor":
        """The actor of a command line, which has no account."""
        return cls(None, name, "system")


def canonical(fields: dict[str, Any]) -> str:
    """Fields as JSON in the one form that is hashed: sorted, without spaces, moments in UTC with microseconds."""
    return _ENCODER.encode(fields)


def entry_hash(previous: bytes, fields: dict[str, Any]) -> bytes:
    """SHA-256 (32 bytes) over the former entry's hash and this entry's fields in canonical JSON."""
    return hashlib.sha256(previous + canonical(fields).encode()).digest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in the audit log")


# Made once: a million entries are hashed in one go when the log is checked.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
