"""The kept ranking of a case in its order, so that a page of it is read and the others are not."""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_NAME = "ix_met_person_ranked"


def upgrade() -> None:
    op.create_index(_NAME, "met_person", ["case_id", "made_of", "score", "certain", "possible"])


def downgrade() -> None:
    op.drop_index(_NAME, "met_person")
