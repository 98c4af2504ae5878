"""That the CDC gave somebody to a station by hand, and that it was taken back, as steps."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_STEPS = "'assign', 'take', 'let_go', 'call', 'decide', 'ubnd', 'to_cdc', 'sent', 'near', 'freed', 'named'"


def upgrade() -> None:
    _allow(f"{_STEPS}, 'give', 'back'")


def downgrade() -> None:
    # Whoever was given stays with the station that has them; the numbers of the steps that stay have gaps.
    op.execute("DELETE FROM contact_step WHERE what IN ('give', 'back')")
    _allow(_STEPS)


def _allow(steps: str) -> None:
    with op.batch_alter_table("contact_step") as table:
        table.drop_constraint(op.f("ck_contact_step_what"), type_="check")
        table.create_check_constraint(op.f("ck_contact_step_what"), f"what IN ({steps})")
