"""Lookups of several places, of the same hours each day, of who was at both of two; places by words of their address.

A visit that was sent later than it was made says when it came, so that a lookup asked again knows who is new.
"""

import re

import sqlalchemy as sa
from alembic import op

from checkin.fold import fold

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BLOCK = 5000
LOOKUP = {
    "other_start": sa.DateTime(timezone=True),
    "other_end": sa.DateTime(timezone=True),
    "headcount": sa.Integer,
    "repeats": sa.Uuid,
}
VENUE = sa.table(
    "venue", sa.column("id", sa.Uuid), sa.column("name_fold"), sa.column("address"), sa.column("search_fold")
)


def upgrade() -> None:
    for table in ("visit", "kept_visit"):
        op.add_column(table, sa.Column("received_at", sa.DateTime(timezone=True)))
    op.add_column("lookup", sa.Column("daily", sa.Boolean, nullable=False, server_default=sa.false()))
    for name, kind in LOOKUP.items():
        op.add_column("lookup", sa.Column(name, kind))
    op.create_table(
        "lookup_venue",
        sa.Column("lookup_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("other", sa.Boolean, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("zone_id", sa.Uuid),
        sa.PrimaryKeyConstraint("lookup_id", "number", name="pk_lookup_venue"),
        sa.ForeignKeyConstraint(["lookup_id"], ["lookup.id"], name="fk_lookup_venue_lookup_id"),
    )
    op.add_column("venue", sa.Column("search_fold", sa.String(600), nullable=False, server_default=""))
    _fold_venues(op.get_bind())


def downgrade() -> None:
    op.drop_column("venue", "search_fold")
    op.drop_table("lookup_venue")
    for name in ("daily", *LOOKUP):
        op.drop_column("lookup", name)
    for table in ("visit", "kept_visit"):
        op.drop_column(table, "received_at")


def _fold_venues(connection: sa.Connection) -> None:
    rows = connection.execute(sa.select(VENUE.c.id, VENUE.c.name_fold, VENUE.c.address)).all()
    change = sa.update(VENUE).where(VENUE.c.id == sa.bindparam("of")).values(search_fold=sa.bindparam("words"))
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        connection.execute(change, [{"of": row.id, "words": _searched(row.name_fold, row.address)} for row in some])


def _searched(name_fold: str, address: str) -> str:
    words = " ".join(re.findall(r"[^\W_]+", fold(address)))
    return f"{name_fold}\n {words[:397]} "
