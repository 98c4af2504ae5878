from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

# Whose message it is, which is also the key that it is locked under: the public tier has not the staff's.
OWNER, STAFF = "owner", "staff"
MAIL, SMS = "mail", "sms"
WAITING, SENT, REFUSED, UNSURE, LATE, NOBODY = "waiting", "sent", "refused", "unsure", "late", "nobody"
STATES = (WAITING, SENT, REFUSED, UNSURE, LATE, NOBODY)


class Message(db.Model):  # type: ignore[name-defined, misc]
    """A message on its way. Address and words are locked, and gone once it has an end."""

    __tablename__ = "message"
    __table_args__ = (
        sa.CheckConstraint(f"audience IN ('{OWNER}', '{STAFF}')", name="audience"),
        sa.CheckConstraint(f"channel IN ('{MAIL}', '{SMS}')", name="channel"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        # What waits has words and a time; what has ended has neither.
        sa.CheckConstraint(
            f"(state = '{WAITING}') = (sealed IS NOT NULL) AND (state = '{WAITING}') = (next_at IS NOT NULL)",
            name="waiting",
        ),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    audience: Mapped[str] = mapped_column(sa.String(8))
    channel: Mapped[str] = mapped_column(sa.String(8))
    about: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(8), default=WAITING)
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": ("owner", "staff")})
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Nobody needs it afterwards: a code has run out, or a day is over.
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
