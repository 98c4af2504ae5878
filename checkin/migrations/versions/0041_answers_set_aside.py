"""An answer to a notice is set aside, and goes with a request to delete; what a draft said before each change."""

import sqlalchemy as sa
from alembic import op

from checkin.migrations.functions import change

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ASIDE = "(aside_at IS NULL) = (aside_by_name IS NULL) AND (aside_at IS NULL) = (aside_reason IS NULL)"
# The function of a request to delete is PostgreSQL's alone.
_LAST = "DELETE FROM station_call k WHERE k.person_id = subject;"
_ANSWERS = "DELETE FROM notice_answer a WHERE a.person_id = subject;"
DELETE = (_LAST, f"{_LAST}\n    {_ANSWERS}")


def upgrade() -> None:
    with op.batch_alter_table("notice_answer") as table:
        table.add_column(sa.Column("aside_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("aside_by_name", sa.String(80)))
        table.add_column(sa.Column("aside_reason", sa.String(300)))
        table.create_check_constraint(op.f("ck_notice_answer_aside"), ASIDE)
    op.create_table(
        "notice_draft",
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("zone_id", sa.Uuid),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity", sa.String(9), nullable=False),
        sa.Column("words_vi", sa.String(800), nullable=False),
        sa.Column("words_en", sa.String(800)),
        sa.PrimaryKeyConstraint("notice_id", "number", name="pk_notice_draft"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_notice_draft_notice_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        change("delete_for_request", *DELETE)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        change("delete_for_request", *reversed(DELETE))
    op.drop_table("notice_draft")
    with op.batch_alter_table("notice_answer") as table:
        table.drop_constraint(op.f("ck_notice_answer_aside"), type_="check")
        for column in ("aside_reason", "aside_by_name", "aside_at"):
            table.drop_column(column)
