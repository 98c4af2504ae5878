"""What is kept for cases is read by venue and time, from the index alone."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

NAME = "ix_kept_visit_venue_id_entered_at"


def upgrade() -> None:
    op.create_index(
        NAME,
        "kept_visit",
        ["venue_id", "entered_at"],
        postgresql_include=["until_latest", "left_at", "person_id", "id", "zone_id"],
    )


def downgrade() -> None:
    op.drop_index(NAME, "kept_visit")
