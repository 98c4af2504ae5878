"""A declaration that corrects another of the same form says which: both are kept, and the station sees that it was."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("declaration", "kept_declaration")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("corrects", sa.Uuid(), nullable=True))
    given = sa.text("corrects IS NOT NULL")
    op.create_index("ix_declaration_corrects", "declaration", ["corrects"], postgresql_where=given, sqlite_where=given)


def downgrade() -> None:
    op.drop_index("ix_declaration_corrects", "declaration")
    for table in TABLES:
        op.drop_column(table, "corrects")
