"""A visit can be flagged, the owner counts flags without reading visits, and guesses at codes are counted by day."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Of the store, and the copies that cases keep.
TABLES = ("visit", "kept_visit")

# Like `visit_hours`: sums alone, of the venues of the owner in scope.
VISIT_FLAGS = """
CREATE FUNCTION visit_flags(venues uuid[], since timestamptz, until timestamptz)
RETURNS TABLE (flags varchar, visits bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT visit.flags, count(*)
    FROM visit
    WHERE visit.flags <> ''
    AND venue_id IN (
        SELECT id FROM venue
        WHERE id = ANY (venues)
          AND owner_id::text = nullif(current_setting('checkin.owner', true), '')
    )
    AND entered_at >= since AND entered_at < until
    GROUP BY 1
$$
"""


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("flags", sa.String(length=40), nullable=False, server_default=""))
    op.create_index(
        "ix_visit_flagged",
        "visit",
        ["venue_id", "entered_at"],
        postgresql_where=sa.text("flags <> ''"),
        sqlite_where=sa.text("flags <> ''"),
    )
    op.create_table(
        "code_guess",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", name=op.f("pk_code_guess")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(VISIT_FLAGS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION visit_flags(uuid[], timestamptz, timestamptz)")
    op.drop_table("code_guess")
    op.drop_index("ix_visit_flagged", "visit")
    for table in TABLES:
        op.drop_column(table, "flags")
