"""Sessions of accounts on the server, second factors and the codes to recover with."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW = (("password_at", sa.DateTime(timezone=True)), ("factor", sa.LargeBinary()), ("factor_step", sa.BigInteger()))


def upgrade() -> None:
    for name, kind in NEW:
        op.add_column("account", sa.Column(name, kind))
    op.create_table(
        "account_session",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("device", sa.String(60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
        sa.UniqueConstraint("token_hash", name="uq_account_session_token_hash"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_session_account_id"),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_recovery_code_account_id"),
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("account_session")
    for name, _ in reversed(NEW):
        op.drop_column("account", name)
