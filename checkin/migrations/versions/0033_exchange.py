"""Tokens of other programs, and what they did under which key; what columns of lists from elsewhere mean."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_by_name", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_table(
        "api_call",
        sa.Column("token_id", sa.Uuid, nullable=False),
        sa.Column("key_index", sa.LargeBinary(16), nullable=False),
        sa.Column("body_index", sa.LargeBinary(16), nullable=False),
        sa.Column("case_id", sa.Uuid),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_id", "key_index", name="pk_api_call"),
    )
    op.create_table(
        "list_heading",
        sa.Column("heading_index", sa.LargeBinary(16), nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("heading_index", name="pk_list_heading"),
    )


def downgrade() -> None:
    op.drop_table("list_heading")
    op.drop_table("api_call")
    op.drop_table("api_token")
