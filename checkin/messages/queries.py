from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.messages.models import WAITING, Message


@dataclass(frozen=True)
class Count:
    """How many messages of a channel about something are in a state."""

    channel: str
    about: str
    state: str
    count: int


def counts(session: Session, since: datetime) -> list[Count]:
    """Messages made since then, and all that still wait, by channel, matter and state."""
    rows = session.execute(
        sa.select(Message.channel, Message.about, Message.state, sa.func.count())
        .where(sa.or_(Message.made_at >= since, Message.state == WAITING))
        .group_by(Message.channel, Message.about, Message.state)
        .order_by(Message.channel, Message.about, Message.state)
    )
    return [Count(*row) for row in rows]


def oldest_waiting(session: Session) -> datetime | None:
    """When the message was written that waits longest; None when none waits."""
    return session.scalar(sa.select(sa.func.min(Message.made_at)).where(Message.state == WAITING))


def due(session: Session, audiences: set[str], now: datetime) -> bool:
    """True when something of these audiences is to be sent now."""
    found = sa.select(Message.id).where(Message.next_at <= now, Message.audience.in_(audiences)).limit(1)
    return session.scalar(found) is not None
