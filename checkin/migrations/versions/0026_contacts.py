"""Whom a case can have met and who is to be called, and what was done about them."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

STAGES = "('call', 'f1', 'not')"
RESULTS = "('reached', 'not_reached', 'refused', 'moved')"
CONTACT_CHECKS = {
    "stage": f"stage IN {STAGES}",
    "result": f"result IS NULL OR result IN {RESULTS}",
    "taken": "(taken_by IS NULL) = (taken_by_name IS NULL)",
    "quarantine": "(stage = 'f1') = (quarantine_from IS NOT NULL) "
    "AND (quarantine_from IS NULL) = (quarantine_until IS NULL)",
    "met_on": "met_on > '2020-01-01' AND met_on < '2200-01-01'",
}
STEP_CHECKS = {
    "what": "what IN ('assign', 'take', 'let_go', 'call', 'decide')",
    "stage": f"stage IN {STAGES}",
    "result": f"(what = 'call') = (result IS NOT NULL) AND (result IS NULL OR result IN {RESULTS})",
    "signed": "what <> 'decide' OR note IS NOT NULL",
}


def _checks(table: str, of: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in of.items()]


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("disease", sa.String(24), nullable=False),
        sa.Column("stage", sa.String(4), nullable=False),
        sa.Column("stage_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_by_name", sa.String(80), nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_on", sa.Date, nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("result", sa.String(12)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("taken_by", sa.Uuid),
        sa.Column("taken_by_name", sa.String(80)),
        sa.Column("quarantine_from", sa.Date),
        sa.Column("quarantine_until", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("case_id", "person_id", name="uq_contact_case_id_person_id"),
        *_checks("contact", CONTACT_CHECKS),
    )
    op.create_index("ix_contact_commune_id", "contact", ["commune_id", "stage", "due_at"])
    op.create_index("ix_contact_person_id", "contact", ["person_id"])
    op.create_table(
        "contact_step",
        sa.Column("contact_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("result", sa.String(12)),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("note", sa.LargeBinary),
        sa.Column("stage", sa.String(4), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "number", name="pk_contact_step"),
        *_checks("contact_step", STEP_CHECKS),
    )


def downgrade() -> None:
    op.drop_table("contact_step")
    op.drop_table("contact")
