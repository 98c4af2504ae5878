"""What an F1 told a station of who was near, as a step; declarations on the road are found by their form."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_STEPS = "'assign', 'take', 'let_go', 'call', 'decide', 'ubnd', 'to_cdc', 'sent', 'near', 'freed'"
_FORM = "ix_station_call_group_id"


def upgrade() -> None:
    _allow(f"{_STEPS}, 'named'")
    told = sa.text("group_id IS NOT NULL")
    op.create_index(_FORM, "station_call", ["group_id"], postgresql_where=told, sqlite_where=told)


def downgrade() -> None:
    op.drop_index(_FORM, "station_call")
    # Who was named stays a contact; the numbers of the steps that stay have gaps from here on.
    op.execute("DELETE FROM contact_step WHERE what = 'named'")
    _allow(_STEPS)


def _allow(steps: str) -> None:
    with op.batch_alter_table("contact_step") as table:
        table.drop_constraint(op.f("ck_contact_step_what"), type_="check")
        table.create_check_constraint(op.f("ck_contact_step_what"), f"what IN ({steps})")
