"""Posters of many codes, made beside the web process, and the finished files."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "poster_job",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("venue_id", sa.Uuid),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("problem", sa.String(8)),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer),
        sa.Column("beat_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_poster_job"),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name=op.f("ck_poster_job_state")
        ),
    )
    op.create_index("ix_poster_job_state_asked_at", "poster_job", ["state", "asked_at"])
    op.create_index("ix_poster_job_made_by_asked_at", "poster_job", ["made_by", "asked_at"])
    op.create_table(
        "poster_file",
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("posters", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_poster_file"),
        sa.ForeignKeyConstraint(["job_id"], ["poster_job.id"], name="fk_poster_file_job_id"),
    )


def downgrade() -> None:
    op.drop_table("poster_file")
    op.drop_table("poster_job")
