"""Lists of contacts are on record as lookups are: which of them, of which cases, and in whose columns."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

COLUMNS = {"listed": 8, "file_columns": 8, "case_state": 12, "case_disease": 24}
KINDS = "'place', 'person', 'case', 'source', 'doubles'"
LISTED = "(kind = 'contacts') = (listed IS NOT NULL) AND (listed IS NULL) = (file_columns IS NULL)"


def upgrade() -> None:
    with op.batch_alter_table("lookup") as table:
        for name, length in COLUMNS.items():
            table.add_column(sa.Column(name, sa.String(length)))
        table.drop_constraint(op.f("ck_lookup_kind"), type_="check")
        table.create_check_constraint(op.f("ck_lookup_kind"), f"kind IN ({KINDS}, 'contacts')")
        table.create_check_constraint(op.f("ck_lookup_listed"), LISTED)


def downgrade() -> None:
    with op.batch_alter_table("lookup") as table:
        table.drop_constraint(op.f("ck_lookup_listed"), type_="check")
    # The lower revision knows no such lookups; as lookups of nobody they stay on record.
    op.execute("UPDATE lookup SET kind = 'person' WHERE kind = 'contacts'")
    with op.batch_alter_table("lookup") as table:
        table.drop_constraint(op.f("ck_lookup_kind"), type_="check")
        table.create_check_constraint(op.f("ck_lookup_kind"), f"kind IN ({KINDS})")
        for name in COLUMNS:
            table.drop_column(name)
