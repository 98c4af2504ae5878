"""Public notices, and a second person's say over them."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("zone_id", sa.Uuid),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity", sa.String(9), nullable=False),
        sa.Column("words_vi", sa.String(800), nullable=False),
        sa.Column("words_en", sa.String(800)),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_vi", sa.String(500)),
        sa.Column("withdrawn_en", sa.String(500)),
        sa.Column("corrects", sa.Uuid),
        sa.Column("replaced_by", sa.Uuid),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("written_by", sa.Uuid, nullable=False),
        sa.Column("written_by_name", sa.String(80), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place_name", sa.String(200)),
        sa.Column("place_zone", sa.String(200)),
        sa.Column("place_commune", sa.String(200)),
        sa.Column("place_commune_id", sa.String(24)),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("seq", name="uq_notice_seq"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_notice_venue_id"),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name="fk_notice_zone_id"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_notice_case_id"),
        sa.CheckConstraint("severity IN ('inform', 'watch', 'test', 'stay_home')", name=op.f("ck_notice_severity")),
        sa.CheckConstraint("state IN ('draft', 'waiting', 'published', 'withdrawn')", name=op.f("ck_notice_state")),
        sa.CheckConstraint(
            "(state IN ('published', 'withdrawn')) = (published_at IS NOT NULL AND expires_at IS NOT NULL)",
            name=op.f("ck_notice_published"),
        ),
        sa.CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_notice_withdrawn")),
    )
    op.create_index("ix_notice_case_id", "notice", ["case_id"])
    op.create_index("ix_notice_state_expires_at", "notice", ["state", "expires_at"])
    _approved("'read', 'export', 'notice'")


def downgrade() -> None:
    op.execute("DELETE FROM approval WHERE what = 'notice'")
    _approved("'read', 'export'")
    op.drop_table("notice")


def _approved(kinds: str) -> None:
    with op.batch_alter_table("approval") as table:
        table.drop_constraint(op.f("ck_approval_what"), type_="check")
        table.create_check_constraint(op.f("ck_approval_what"), f"what IN ({kinds})")
