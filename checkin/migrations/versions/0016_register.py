"""Registers of businesses that are imported, and the register numbers of venues."""

import sqlalchemy as sa
from alembic import op

from checkin.db import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_import",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("sent_at", UtcDateTime, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("form", sa.String(4), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("step", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("problem", sa.String(16)),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("updated", sa.Integer, nullable=False),
        sa.Column("same", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("beat_at", UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("gone_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_register_import"),
        sa.CheckConstraint("step IN ('check', 'load')", name="ck_register_import_step"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="ck_register_import_state"),
    )
    op.create_index("ix_register_import_made_by", "register_import", ["made_by"])
    op.create_index("ix_register_import_state_asked_at", "register_import", ["state", "asked_at"])
    op.create_table(
        "register_part",
        sa.Column("import_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "kind", "number", name="pk_register_part"),
        sa.ForeignKeyConstraint(["import_id"], ["register_import.id"], name="fk_register_part_import_id"),
    )
    op.create_table(
        "register_number",
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_register_number"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_register_number_venue_id"),
    )
    op.create_index("ix_register_number_venue_id", "register_number", ["venue_id"])


def downgrade() -> None:
    op.drop_table("register_number")
    op.drop_table("register_part")
    op.drop_table("register_import")
