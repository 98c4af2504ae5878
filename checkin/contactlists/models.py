from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db
from checkin.readable import TextList


class ListHeading(db.Model):  # type: ignore[name-defined, misc]
    """What the columns of a heading were said to mean, for the next file with the same one; no cell below it."""

    __tablename__ = "list_heading"

    # A blind index of the headings as words.
    heading_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    # A word of `columns.FIELDS` for each column, or "" for one that is not used.
    fields: Mapped[list[str]] = mapped_column(TextList)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
