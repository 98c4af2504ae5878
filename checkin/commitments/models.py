from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class Commitment(db.Model):  # type: ignore[name-defined, misc]
    """That an owner signed one version of the text for one venue. Nothing of it is ever changed."""

    __tablename__ = "commitment"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    # The day from which this text is in force, as its file among the rules says.
    version: Mapped[str] = mapped_column(sa.String(10))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"))
    # Name and office of who signed.
    signer: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "owner"})
