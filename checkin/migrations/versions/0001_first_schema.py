"""first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("disease", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("onset_on", sa.Date(), nullable=True),
        sa.Column("sample_on", sa.Date(), nullable=True),
        sa.Column("isolated_on", sa.Date(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('suspected', 'confirmed', 'discarded', 'recovered', 'died')",
            name=op.f("ck_case_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("seq", name=op.f("uq_case_seq")),
    )
    op.create_table(
        "declaration",
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
        sa.PrimaryKeyConstraint("made_at", "id", name=op.f("pk_declaration")),
    )
    with op.batch_alter_table("declaration", schema=None) as batch_op:
        batch_op.create_index("ix_declaration_person_id_made_at", ["person_id", "made_at"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("id_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("same_as", sa.Uuid(), nullable=True),
        sa.Column("commune_id", sa.String(length=24), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index("ix_person_id_index", ["id_index"], unique=False)
        batch_op.create_index("ix_person_phone_index", ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_same_as"), ["same_as"], unique=False)
        batch_op.create_index(
            "uq_person_indexes",
            ["name_index", "id_index", "phone_index"],
            unique=True,
            sqlite_where=sa.text("length(id_index) > 0 OR length(phone_index) > 0"),
            postgresql_where=sa.text("length(id_index) > 0 OR length(phone_index) > 0"),
        )

    op.create_table(
        "place",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("name_fold", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.String(length=24), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("station_phone", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name=op.f("fk_place_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_place_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_place_name_fold"), ["name_fold"], unique=False)
        batch_op.create_index(batch_op.f("ix_place_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(length=16), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_received_at"), ["received_at"], unique=False)

    op.create_table(
        "visit",
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
        sa.CheckConstraint("left_at IS NULL OR left_at >= entered_at", name=op.f("ck_visit_left_at")),
        sa.CheckConstraint("until_latest >= until_likely AND until_likely >= entered_at", name=op.f("ck_visit_until")),
        sa.PrimaryKeyConstraint("entered_at", "id", name=op.f("pk_visit")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index("ix_visit_device_entered_at", ["device", "entered_at"], unique=False)
        batch_op.create_index("ix_visit_person_id_entered_at", ["person_id", "entered_at"], unique=False)
        batch_op.create_index(
            "ix_visit_venue_id_entered_at",
            ["venue_id", "entered_at"],
            unique=False,
            postgresql_include=["until_latest", "until_likely", "person_id", "id"],
        )

    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login_index", sa.LargeBinary(length=16), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("commune_id", sa.String(length=24), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('owner', 'commune', 'cdc', 'command', 'admin')", name=op.f("ck_account_role")),
        sa.ForeignKeyConstraint(["commune_id"], ["place.id"], name=op.f("fk_account_commune_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login_index", name=op.f("uq_account_login_index")),
    )
    op.create_table(
        "lookup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("signal", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_by_name", sa.String(length=80), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=True),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("commune_id", sa.String(length=24), nullable=True),
        sa.Column("venue_kind", sa.String(length=16), nullable=True),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("id_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("name_index", sa.LargeBinary(length=16), nullable=True),
        sa.CheckConstraint("kind IN ('place', 'person')", name=op.f("ck_lookup_kind")),
        sa.CheckConstraint("(case_id IS NULL) <> (signal IS NULL)", name=op.f("ck_lookup_bound")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_lookup_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup")),
        sa.UniqueConstraint("seq", name=op.f("uq_lookup_seq")),
    )
    with op.batch_alter_table("lookup", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lookup_case_id"), ["case_id"], unique=False)

    op.create_table(
        "place_successor",
        sa.Column("old_id", sa.String(length=24), nullable=False),
        sa.Column("new_id", sa.String(length=24), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["new_id"], ["place.id"], name=op.f("fk_place_successor_new_id")),
        sa.ForeignKeyConstraint(["old_id"], ["place.id"], name=op.f("fk_place_successor_old_id")),
        sa.PrimaryKeyConstraint("old_id", "new_id", name=op.f("pk_place_successor")),
    )
    op.create_table(
        "venue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_fold", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("commune_id", sa.String(length=24), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("plate", sa.String(length=20), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("opens_at", sa.String(length=5), nullable=True),
        sa.Column("closes_at", sa.String(length=5), nullable=True),
        sa.Column("default_minutes", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'suspended', 'closed')", name=op.f("ck_venue_state")),
        sa.ForeignKeyConstraint(["commune_id"], ["place.id"], name=op.f("fk_venue_commune_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_venue_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["venue.id"], name=op.f("fk_venue_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
    )
    with op.batch_alter_table("venue", schema=None) as batch_op:
        batch_op.create_index("ix_venue_commune_id_kind", ["commune_id", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_venue_name_fold"), ["name_fold"], unique=False)
        batch_op.create_index(batch_op.f("ix_venue_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_venue_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "zone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_fold", sa.String(length=100), nullable=False),
        sa.Column("default_minutes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_zone_venue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
    )
    with op.batch_alter_table("zone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zone_venue_id"), ["venue_id"], unique=False)

    op.create_table(
        "code",
        sa.Column("code", sa.String(length=11), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_code_venue_id")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_code_zone_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_code")),
    )
    with op.batch_alter_table("code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_code_venue_id"), ["venue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_code_zone_id"), ["zone_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_code_zone_id"))
        batch_op.drop_index(batch_op.f("ix_code_venue_id"))

    op.drop_table("code")
    with op.batch_alter_table("zone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_zone_venue_id"))

    op.drop_table("zone")
    with op.batch_alter_table("venue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_venue_parent_id"))
        batch_op.drop_index(batch_op.f("ix_venue_owner_id"))
        batch_op.drop_index(batch_op.f("ix_venue_name_fold"))
        batch_op.drop_index("ix_venue_commune_id_kind")

    op.drop_table("venue")
    op.drop_table("place_successor")
    with op.batch_alter_table("lookup", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lookup_case_id"))

    op.drop_table("lookup")
    op.drop_table("account")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_visit_venue_id_entered_at",
            postgresql_include=["until_latest", "until_likely", "person_id", "id"],
        )
        batch_op.drop_index("ix_visit_person_id_entered_at")
        batch_op.drop_index("ix_visit_device_entered_at")

    op.drop_table("visit")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_received_at"))

    op.drop_table("submission")
    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_place_parent_id"))
        batch_op.drop_index(batch_op.f("ix_place_name_fold"))
        batch_op.drop_index(batch_op.f("ix_place_code"))

    op.drop_table("place")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_person_indexes",
            sqlite_where=sa.text("length(id_index) > 0 OR length(phone_index) > 0"),
            postgresql_where=sa.text("length(id_index) > 0 OR length(phone_index) > 0"),
        )
        batch_op.drop_index("ix_person_phone_index")
        batch_op.drop_index(batch_op.f("ix_person_same_as"))
        batch_op.drop_index("ix_person_id_index")

    op.drop_table("person")
    with op.batch_alter_table("declaration", schema=None) as batch_op:
        batch_op.drop_index("ix_declaration_person_id_made_at")

    op.drop_table("declaration")
    op.drop_table("case")
    op.drop_table("audit")
