"""Who says on the page of a notice to have been there, whose phone was written to, which station knows of it; and how
often a draft was written."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("notice", sa.Column("changed_by_name", sa.String(80)))
    op.add_column("notice", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.create_table(
        "notice_answer",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("phone_index", sa.LargeBinary(16), nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_answer"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_notice_answer_notice_id"),
    )
    op.create_index("ix_notice_answer_notice_id", "notice_answer", ["notice_id", "phone_index"])
    op.create_index("ix_notice_answer_person_id", "notice_answer", ["person_id"])
    op.create_table(
        "notice_receipt",
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("commune_id", sa.String(24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", name="pk_notice_receipt"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_notice_receipt_notice_id"),
    )
    op.create_table(
        "notice_text",
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("phone_index", sa.LargeBinary(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "phone_index", name="pk_notice_text"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_notice_text_notice_id"),
    )


def downgrade() -> None:
    for table in ("notice_text", "notice_receipt", "notice_answer"):
        op.drop_table(table)
    with op.batch_alter_table("notice") as table:
        for column in ("changed_at", "changed_by_name", "version"):
            table.drop_column(column)
