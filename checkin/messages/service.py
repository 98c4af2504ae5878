from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.ids import new_id
from checkin.messages.letter import GIVEN_UP_AFTER, Letter, pause_after
from checkin.messages.models import LATE, NOBODY, WAITING, Message
from checkin.vault import Vault

# Longer than any sender takes. A process that dies in between leaves the message to others after this.
LEASE = timedelta(minutes=5)
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Claimed:
    """A message that this process sends, and no other meanwhile."""

    id: UUID
    audience: str
    channel: str
    about: str
    sealed: bytes
    tries: int


def put(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    audience: str,
    channel: str,
    about: str,
    letter: Letter,
    until: datetime | None = None,
    to_nobody: bool = False,
) -> UUID:
    """Write a message into the outbox, to be sent once the transaction is committed; returns its id.

    After `until`, at the latest after a day, it is given up. With `to_nobody` the same work is done and nothing
    sent, so that the time tells nobody whether an address is known.
    """
    message_id = new_id(now)
    sealed = vault.lock(audience, asdict(letter))
    session.add(
        Message(
            id=message_id,
            audience=audience,
            channel=channel,
            about=about,
            state=NOBODY if to_nobody else WAITING,
            sealed=None if to_nobody else sealed,
            made_at=now,
            until=min(until or now + GIVEN_UP_AFTER, now + GIVEN_UP_AFTER),
            next_at=None if to_nobody else now,
            tries=0,
            ended_at=now if to_nobody else None,
        )
    )
    session.flush()
    return message_id


def claim(session: Session, *, now: datetime, audiences: set[str], without: Collection[str] = ()) -> Claimed | None:
    """The next message to send, held for five minutes once the caller commits; None when none is due.

    Channels in `without` are passed over. What nobody needs any more is ended on the way.
    """
    due = Message.next_at <= now, Message.audience.in_(audiences)
    session.execute(
        sa.update(Message)
        .where(*due, Message.until <= now)
        .values(state=LATE, sealed=None, next_at=None, ended_at=now)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(
        sa.select(Message.id, Message.audience, Message.channel, Message.about, Message.sealed, Message.tries)
        .where(*due, Message.until > now, Message.channel.not_in(without))
        .order_by(Message.next_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    _set(session, row.id, tries=row.tries + 1, next_at=now + LEASE)
    return Claimed(row.id, row.audience, row.channel, row.about, bytes(row.sealed), row.tries + 1)


def finish(session: Session, *, now: datetime, message_id: UUID, state: str) -> None:
    """The end of a message: its address and its words are gone from here on."""
    _set(session, message_id, state=state, sealed=None, next_at=None, ended_at=now)


def try_later(session: Session, *, now: datetime, message: Claimed) -> None:
    """Leave a message for another try, after a pause that grows."""
    _set(session, message.id, next_at=now + pause_after(message.tries))


def purge(session: Session, *, now: datetime) -> int:
    """Delete what has ended thirty days ago; returns how many."""
    gone = session.execute(sa.delete(Message).where(Message.ended_at < now - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _set(session: Session, message_id: UUID, **values: object) -> None:
    # Whoever ended it meanwhile is right: what has ended does not begin to wait again.
    session.execute(
        sa.update(Message)
        .where(Message.id == message_id, Message.state == WAITING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
