"""Which device sent a declaration without a venue, for that device's own page, and who came along on the same form."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("station_call", sa.Column("device", sa.LargeBinary(16)))
    op.add_column("station_call", sa.Column("group_id", sa.Uuid))
    op.create_index("ix_station_call_device", "station_call", ["device", "made_at"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # What the roles were given reads the device; `database grant` gives anew what is left.
        for policy in ("own_rows", "own_changes"):
            op.execute(f'DROP POLICY IF EXISTS {policy} ON "station_call"')
    op.drop_index("ix_station_call_device", "station_call")
    op.drop_column("station_call", "group_id")
    op.drop_column("station_call", "device")
