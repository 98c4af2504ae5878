"""Runs over open cases that derive anew what is kept of them."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

COUNTS = ("last_seq", "until_seq", "done", "failed", "total", "changed", "restated", "came", "went", "begun_from")


def upgrade() -> None:
    op.create_table(
        "derivation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid),
        sa.Column("asked_by_name", sa.String(80), nullable=False),
        sa.Column("taken_by", sa.Uuid),
        sa.Column("taken_by_name", sa.String(80)),
        sa.Column("numbers", sa.JSON),
        sa.Column("disease", sa.String(24)),
        sa.Column("rules", sa.String(5), nullable=False),
        sa.Column("rules_on", sa.Date, nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("problem", sa.String(16)),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        sa.Column("failures", sa.JSON),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("beat_at", "begun_at", "finished_at")),
        sa.PrimaryKeyConstraint("id", name="pk_derivation"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'stopped', 'done')", name=op.f("ck_derivation_state")),
        sa.CheckConstraint("rules IN ('keep', 'today')", name=op.f("ck_derivation_rules")),
        sa.CheckConstraint("rules <> 'today' OR reason IS NOT NULL", name=op.f("ck_derivation_reason")),
    )
    op.create_index("ix_derivation_asked_at", "derivation", ["asked_at"])


def downgrade() -> None:
    op.drop_table("derivation")
