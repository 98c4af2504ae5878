"""People who may have been recorded twice, and who of them is one; lookups that compare them."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def _person(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_pair_{name}"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "pair",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("one_id", sa.Uuid, nullable=False),
        sa.Column("other_id", sa.Uuid, nullable=False),
        sa.Column("likeness", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.String(5), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pair"),
        sa.UniqueConstraint("one_id", "other_id", name="uq_pair_one_id_other_id"),
        _person("one_id"),
        _person("other_id"),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_pair_two")),
        sa.CheckConstraint("state IN ('open', 'same', 'apart')", name=op.f("ck_pair_state")),
        sa.CheckConstraint("likeness BETWEEN 1 AND 5", name=op.f("ck_pair_likeness")),
    )
    op.create_index("ix_pair_state_likeness_id", "pair", ["state", "likeness", "id"])
    op.create_index("ix_pair_other_id", "pair", ["other_id"])
    op.create_table(
        "pair_step",
        sa.Column("pair_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.Column("what", sa.String(5), nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("pair_id", "number", name="pk_pair_step"),
        sa.ForeignKeyConstraint(["pair_id"], ["pair.id"], name=op.f("fk_pair_step_pair_id"), ondelete="CASCADE"),
        sa.CheckConstraint("what IN ('join', 'apart', 'part')", name=op.f("ck_pair_step_what")),
    )
    op.create_table(
        "pair_scan",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("people", "pairs", "large", "largest")),
        sa.PrimaryKeyConstraint("id", name="pk_pair_scan"),
    )
    op.create_table(
        "joined",
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("main_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name="pk_joined"),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_joined_member_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_joined_main_id", "joined", ["main_id"])
    _kinds("'place', 'person', 'case', 'source', 'doubles'")


def downgrade() -> None:
    # The lower revision knows no such lookups; as lookups of nobody they stay on record.
    op.execute("UPDATE lookup SET kind = 'person' WHERE kind = 'doubles'")
    _kinds("'place', 'person', 'case', 'source'")
    for table in ("joined", "pair_scan", "pair_step", "pair"):
        op.drop_table(table)


def _kinds(kinds: str) -> None:
    with op.batch_alter_table("lookup") as table:
        table.drop_constraint(op.f("ck_lookup_kind"), type_="check")
        table.create_check_constraint(op.f("ck_lookup_kind"), f"kind IN ({kinds})")
