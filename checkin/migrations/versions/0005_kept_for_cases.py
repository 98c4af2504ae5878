"""A case knows its person, and keeps copies of the visits and declarations that belong to it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OPEN = sa.text("person_id IS NOT NULL AND state IN ('suspected', 'confirmed')")


def upgrade() -> None:
    op.add_column("case", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.create_index("ix_case_person_id", "case", ["person_id"])
    op.create_index(
        "uq_case_open_person_id", "case", ["person_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "kept_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_set_by", sa.String(length=10), nullable=False),
        sa.Column("until_likely", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_latest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("device", sa.LargeBinary(length=16), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("masked_name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("entered_at", "id", name=op.f("pk_kept_visit")),
    )
    op.create_index("ix_kept_visit_person_id_entered_at", "kept_visit", ["person_id", "entered_at"])
    op.create_index("ix_kept_visit_declaration", "kept_visit", ["declared_at", "declaration_id"])
    op.create_table(
        "kept_declaration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("rules_id", sa.String(length=24), nullable=False),
        sa.Column("symptoms", sa.JSON(), nullable=False),
        sa.Column("has_symptoms", sa.Boolean(), nullable=False),
        sa.Column("contact_sick", sa.Boolean(), nullable=False),
        sa.Column("travel", sa.Boolean(), nullable=False),
        sa.Column("triage", sa.String(length=8), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("commune_id", sa.String(length=24), nullable=True),
        sa.Column("province_id", sa.String(length=24), nullable=True),
        sa.Column("gender", sa.String(length=6), nullable=False),
        sa.Column("age_band", sa.String(length=6), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("made_at", "id", name=op.f("pk_kept_declaration")),
    )
    op.create_index("ix_kept_declaration_person_id", "kept_declaration", ["person_id"])
    op.create_table(
        "case_visit",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=3), nullable=False),
        sa.CheckConstraint("part IN ('own', 'met')", name=op.f("ck_case_visit_part")),
        sa.PrimaryKeyConstraint("case_id", "entered_at", "visit_id", name=op.f("pk_case_visit")),
    )
    op.create_index("ix_case_visit_visit", "case_visit", ["entered_at", "visit_id"])
    op.add_column("lookup", sa.Column("person_id", sa.Uuid(), nullable=True))
    _lookup_kinds("'place', 'person', 'case'")
    op.create_index("ix_lookup_person_id", "lookup", ["person_id"])


def downgrade() -> None:
    # The lower revision has no lookups by case; who made them stays in the log.
    op.execute("DELETE FROM lookup WHERE kind = 'case'")
    op.drop_index("ix_lookup_person_id", "lookup")
    _lookup_kinds("'place', 'person'")
    op.drop_column("lookup", "person_id")
    op.drop_table("case_visit")
    op.drop_table("kept_declaration")
    op.drop_table("kept_visit")
    op.drop_index("uq_case_open_person_id", "case")
    op.drop_index("ix_case_person_id", "case")
    op.drop_column("case", "person_id")


def _lookup_kinds(kinds: str) -> None:
    with op.batch_alter_table("lookup") as batch_op:
        batch_op.drop_constraint(op.f("ck_lookup_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_lookup_kind"), f"kind IN ({kinds})")
