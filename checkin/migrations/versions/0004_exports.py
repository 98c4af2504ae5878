"""Lists that are made into files beside the web process, and the finished files, locked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("lookup_id", sa.Uuid, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("form", sa.String(4), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("problem", sa.String(8)),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("size", sa.BigInteger),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_export"),
        sa.ForeignKeyConstraint(["lookup_id"], ["lookup.id"], name="fk_export_lookup_id"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_export_state")),
    )
    op.create_index("ix_export_lookup_id", "export", ["lookup_id"])
    op.create_index("ix_export_state_asked_at", "export", ["state", "asked_at"])
    op.create_table(
        "export_part",
        sa.Column("export_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("export_id", "number", name="pk_export_part"),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name="fk_export_part_export_id"),
    )


def downgrade() -> None:
    op.drop_table("export_part")
    op.drop_table("export")
