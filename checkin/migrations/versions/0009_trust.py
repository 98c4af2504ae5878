"""A second person's say, what stands out in the log, and ways to find entries of it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_audit_at": ["at"],
    "ix_audit_actor_seq": ["actor", "seq"],
    "ix_audit_case_number_seq": ["case_number", "seq"],
    "ix_audit_action_seq": ["action", "seq"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "audit", columns)
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("lookup_id", sa.Uuid, nullable=False),
        sa.Column("lookup_number", sa.String(12), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_number", sa.String(20)),
        sa.Column("rows", sa.Integer),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_by_name", sa.String(80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("mode", sa.String(6), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_by_name", sa.String(80)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(500)),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
        sa.UniqueConstraint("seq", name="uq_approval_seq"),
        sa.CheckConstraint("what IN ('read', 'export')", name=op.f("ck_approval_what")),
        sa.CheckConstraint("mode IN ('before', 'after')", name=op.f("ck_approval_mode")),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused', 'overdue')", name=op.f("ck_approval_state")),
        sa.CheckConstraint("(mode = 'after') = (due_at IS NOT NULL)", name=op.f("ck_approval_due")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_approval_second")),
    )
    op.create_index("ix_approval_lookup_id", "approval", ["lookup_id"])
    op.create_index("ix_approval_state_seq", "approval", ["state", "seq"])
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("bound", sa.Integer, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("seen_by", sa.Uuid),
        sa.Column("seen_by_name", sa.String(80)),
        sa.Column("note", sa.String(300)),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
        sa.UniqueConstraint("key", name="uq_finding_key"),
    )
    op.create_index("ix_finding_seen_at_at", "finding", ["seen_at", "at"])
    op.create_table(
        "finding_entry",
        sa.Column("finding_id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("finding_id", "seq", name="pk_finding_entry"),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name="fk_finding_entry_finding_id"),
    )
    op.create_index("ix_finding_entry_seq", "finding_entry", ["seq"])


def downgrade() -> None:
    for table in ("finding_entry", "finding", "approval"):
        op.drop_table(table)
    for name in INDEXES:
        op.drop_index(name, "audit")
