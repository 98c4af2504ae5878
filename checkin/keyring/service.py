from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.keyring.queries import Sealed
from checkin.vault import Vault, VaultError

ACTOR = Actor.command("keys")


def seal_again(session: Session, vault: Vault, sealed: Sealed, rows: Sequence[tuple[Any, ...]]) -> tuple[int, int]:
    """Put rows of `next_block` under the current key; returns how many were, and how many do not open.

    A value that somebody changed meanwhile is left as it is, and so is one that does not open.
    """
    fresh, damaged = [], 0
    for *key, old in rows:
        try:
            new = vault.again(sealed.key, old)
        except VaultError:
            damaged += 1
        else:
            named = {f"key_{column.name}": value for column, value in zip(sealed.primary, key, strict=True)}
            fresh.append({**named, "old": old, "new": new})
    if not fresh:
        return 0, damaged
    update = (
        sa.update(sealed.column.table)
        .where(*(column == sa.bindparam(f"key_{column.name}", type_=column.type) for column in sealed.primary))
        .where(sealed.column == sa.bindparam("old", type_=sealed.column.type))
        .values({sealed.column.name: sa.bindparam("new", type_=sealed.column.type)})
    )
    done = session.execute(update, fresh, execution_options={"preserve_rowcount": True})
    return int(done.rowcount), damaged  # type: ignore[attr-defined]


def log(session: Session, *, now: datetime, action: str, subject: str, detail: dict[str, Any]) -> int:
    """Write a change of keys into the log and return the entry's number; the subject is a key's name and id."""
    return audit.record(session, now=now, actor=ACTOR, action=action, subject=subject, detail=detail)
