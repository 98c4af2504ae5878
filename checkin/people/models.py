from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

TOLD = sa.text("length(id_index) > 0 OR length(phone_index) > 0")


class Person(db.Model):  # type: ignore[name-defined, misc]
    """What was told of somebody at one time: the person is the first row, to which later ones point.

    Whoever changes the phone, or tells an id number for the first time, gets a row more, so that each of
    them finds the person again.
    """

    __tablename__ = "person"
    __table_args__ = (
        # Two first visits at the same moment must not make two people. An index of length zero stands for
        # "not told"; who told neither number is nobody else, whatever the name.
        sa.Index(
            "uq_person_indexes",
            "name_index",
            "id_index",
            "phone_index",
            unique=True,
            sqlite_where=TOLD,
            postgresql_where=TOLD,
        ),
        # Of its own, since the one above holds only those who told a number, and is of no use to a question
        # that does not say so.
        sa.Index("ix_person_name_index", "name_index"),
        sa.Index("ix_person_id_index", "id_index"),
        sa.Index("ix_person_phone_index", "phone_index"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    name_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    id_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    phone_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    # The person's first row; null on that row itself.
    same_as: Mapped[UUID | None] = mapped_column(sa.Uuid, index=True)
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
