"""Facts of a case with their history, windows that officers correct, and movements told in interviews."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

STEPS = (
    "('open', 'facts', 'state', 'link', 'unlink', 'interview', 'window', 'window_back', 'rules', 'told', 'told_back')"
)
NEW = {
    "symptoms": sa.JSON(),
    "commune_id": sa.String(24),
    "detected": sa.String(10),
    "isolated_where": sa.String(120),
    "confirmed_at": sa.DateTime(timezone=True),
    "interviewed_at": sa.DateTime(timezone=True),
    "interviewed_by_name": sa.String(80),
}
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


def upgrade() -> None:
    with op.batch_alter_table("case") as batch_op:
        for name, kind in NEW.items():
            batch_op.add_column(sa.Column(name, kind))
        batch_op.add_column(sa.Column("rules_on", sa.Date))
        batch_op.add_column(sa.Column("version", sa.Integer, nullable=False, server_default="1"))
        batch_op.create_check_constraint(
            op.f("ck_case_detected"), "detected IS NULL OR detected IN ('community', 'quarantine', 'entry')"
        )
    _known_cases()
    with op.batch_alter_table("case") as batch_op:
        batch_op.alter_column("rules_on", existing_type=sa.Date, nullable=False)
        batch_op.alter_column("version", existing_type=sa.Integer, existing_nullable=False, server_default=None)
    op.create_index("ix_case_state", "case", ["state", "seq"])
    op.create_index("ix_case_commune_id", "case", ["commune_id", "seq"])
    op.create_table(
        "case_step",
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_step"),
        sa.CheckConstraint(f"what IN {STEPS}", name=op.f("ck_case_step_what")),
    )
    op.create_table(
        "case_window",
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("which", sa.String(7), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True)),
        sa.Column("end", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "which", name="pk_case_window"),
        sa.CheckConstraint("which IN ('forward', 'source')", name=op.f("ck_case_window_which")),
        sa.CheckConstraint('start IS NOT NULL OR "end" IS NOT NULL', name=op.f("ck_case_window_corrected")),
    )
    op.create_table(
        "told_move",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Uuid, nullable=False),
        sa.Column("told_by_name", sa.String(80), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by_name", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_told_move"),
        sa.CheckConstraint('start < "end"', name=op.f("ck_told_move_lasts")),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_name IS NULL)", name=op.f("ck_told_move_withdrawn")),
    )
    op.create_index("ix_told_move_person_id", "told_move", ["person_id", "start"])
    op.create_index("ix_told_move_case_id", "told_move", ["case_id"])
    op.create_index("ix_told_move_venue_id", "told_move", ["venue_id", "start"])


def _known_cases() -> None:
    """Cases of before: by the rules of the day they were opened; confirmed then, as nearly all were."""
    case = sa.table(
        "case", sa.column("id", sa.Uuid), sa.column("opened_at", sa.DateTime(timezone=True)), sa.column("state"),
        sa.column("rules_on", sa.Date), sa.column("confirmed_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    bind = op.get_bind()
    for row in bind.execute(sa.select(case.c.id, case.c.opened_at)).all():
        opened: datetime = row.opened_at if row.opened_at.tzinfo else row.opened_at.replace(tzinfo=UTC)
        day = opened.astimezone(HERE).date()
        bind.execute(sa.update(case).where(case.c.id == row.id).values(rules_on=day))
    ill = case.c.state.in_(("confirmed", "recovered", "died"))
    bind.execute(sa.update(case).where(ill).values(confirmed_at=case.c.opened_at))


def downgrade() -> None:
    for table in ("told_move", "case_window", "case_step"):
        op.drop_table(table)
    op.drop_index("ix_case_commune_id", "case")
    op.drop_index("ix_case_state", "case")
    with op.batch_alter_table("case") as batch_op:
        batch_op.drop_constraint(op.f("ck_case_detected"), type_="check")
        for name in ("version", "rules_on", *NEW):
            batch_op.drop_column(name)
