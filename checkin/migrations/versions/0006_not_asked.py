"""A declaration can say that nobody asked: visits from paper logs come with a name and without answers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Of the store, and the copies that cases keep.
TABLES = ("declaration", "kept_declaration")
ANSWERS = ("has_symptoms", "contact_sick", "travel")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as declaration:
            for name in ANSWERS:
                declaration.alter_column(name, existing_type=sa.Boolean(), nullable=True)
        # What a step back had to fill in is taken out again.
        op.execute(f"UPDATE {table} SET has_symptoms = NULL, contact_sick = NULL, travel = NULL WHERE triage = 'none'")


def downgrade() -> None:
    # The older tables have no word for "not asked"; the triage "none" still tells these rows from a "no".
    for table in TABLES:
        op.execute(
            f"UPDATE {table} SET has_symptoms = false, contact_sick = false, travel = false WHERE triage = 'none'"
        )
        with op.batch_alter_table(table) as declaration:
            for name in ANSWERS:
                declaration.alter_column(name, existing_type=sa.Boolean(), nullable=False)
