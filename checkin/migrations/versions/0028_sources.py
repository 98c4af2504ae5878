"""A lookup can be of the source of a case."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _kinds("'place', 'person', 'case', 'source'")


def downgrade() -> None:
    # The lower revision knows no such lookups; as lookups by case they stay on record with their window.
    op.execute("UPDATE lookup SET kind = 'case' WHERE kind = 'source'")
    _kinds("'place', 'person', 'case'")


def _kinds(kinds: str) -> None:
    with op.batch_alter_table("lookup") as batch_op:
        batch_op.drop_constraint(op.f("ck_lookup_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_lookup_kind"), f"kind IN ({kinds})")
