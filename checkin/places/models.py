from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import db

# Older units keep the code they had, which a present unit may bear too: their id says that they are old.
REFORM = date(2025, 7, 1)


def full_name(kind: str, name: str) -> str:
    """Kind and name of a unit, such as Phường Hồng Gai."""
    return f"{kind[:1].upper()}{kind[1:]} {name}"


class Place(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "place"

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(8), index=True)
    level: Mapped[str] = mapped_column(sa.String(10))  # province, district, commune
    kind: Mapped[str] = mapped_column(sa.String(20))  # tỉnh, thành phố, phường, xã, đặc khu, ...
    name: Mapped[str] = mapped_column(sa.String(80))
    name_en: Mapped[str] = mapped_column(sa.String(80))
    name_fold: Mapped[str] = mapped_column(sa.String(80), index=True)
    parent_id: Mapped[str | None] = mapped_column(sa.String(24), sa.ForeignKey("place.id"), index=True)
    population: Mapped[int | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    valid_from: Mapped[date | None] = mapped_column(sa.Date)
    valid_to: Mapped[date | None] = mapped_column(sa.Date)
    # The commune's health station, shown to those who need help.
    station_phone: Mapped[str | None] = mapped_column(sa.String(20))

    @property
    def full_name(self) -> str:
        """Kind and name, such as Phường Hồng Gai."""
        return full_name(self.kind, self.name)


class Successor(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "place_successor"

    old_id: Mapped[str] = mapped_column(sa.String(24), sa.ForeignKey("place.id"), primary_key=True)
    new_id: Mapped[str] = mapped_column(sa.String(24), sa.ForeignKey("place.id"), primary_key=True)
    main: Mapped[bool] = mapped_column(default=False)
