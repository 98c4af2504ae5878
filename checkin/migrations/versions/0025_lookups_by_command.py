"""A lookup that a command made has no account."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _made_by(nullable=True)


def downgrade() -> None:
    # Whose lookups they were the name still says.
    op.execute("UPDATE lookup SET made_by = id WHERE made_by IS NULL")
    _made_by(nullable=False)


def _made_by(*, nullable: bool) -> None:
    with op.batch_alter_table("lookup") as table:
        table.alter_column("made_by", existing_type=sa.Uuid(), nullable=nullable)
