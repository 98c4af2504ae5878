"""Whom a case met, as it was ranked last, and indexes of what a page of that list looks up."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "met_person",
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("certain", sa.Integer, nullable=False),
        sa.Column("possible", sa.Integer, nullable=False),
        sa.Column("encounters", sa.Integer, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("same_zone", sa.Integer, nullable=False),
        sa.Column("setting", sa.Integer, nullable=False),
        sa.Column("crowded", sa.Integer, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("made_of", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "made_of", "person_id", name="pk_met_person"),
    )
    own, with_others = sa.text("part = 'own'"), sa.text("group_id IS NOT NULL")
    op.create_index("ix_case_visit_own", "case_visit", ["case_id"], sqlite_where=own, postgresql_where=own)
    op.create_index(
        "ix_kept_visit_group_id",
        "kept_visit",
        ["group_id"],
        sqlite_where=with_others,
        postgresql_where=with_others,
    )


def downgrade() -> None:
    op.drop_index("ix_kept_visit_group_id", "kept_visit")
    op.drop_index("ix_case_visit_own", "case_visit")
    op.drop_table("met_person")
