"""Cards of people without a phone.

The functions are PostgreSQL's alone: who somebody is by indexes, for a station that issues a card or looks for
one, since the person may be known in another commune; and a request to delete takes the cards along.
"""

import sqlalchemy as sa
from alembic import op

from checkin.migrations.functions import change

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"

# No more than what the public tier reads of people: indexes, which say nothing to whoever lacks the key.
PEOPLE_MATCHING = f"""
CREATE FUNCTION people_matching(name bytea, number bytea, phone bytea)
RETURNS TABLE (id uuid, same_as uuid, id_index bytea, phone_index bytea) LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} <> 'commune' THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT p.id, p.same_as, p.id_index, p.phone_index FROM person p
        WHERE p.name_index = name OR p.id_index = number OR p.phone_index = phone
        ORDER BY p.id LIMIT 500;
END $$
"""  # noqa: S608
# A request to delete takes the cards along.
_LAST = "GET DIAGNOSTICS declarations = ROW_COUNT;"
_CARDS = "DELETE FROM person_card c WHERE c.person_id = subject;"
DELETE = (_LAST, f"{_LAST}\n    {_CARDS}")


def upgrade() -> None:
    op.create_table(
        "person_card",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("province_id", sa.String(24)),
        sa.Column("gender", sa.String(6), nullable=False),
        sa.Column("age_band", sa.String(6), nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("masked_name", sa.String(80), nullable=False),
        sa.Column("code_index", sa.LargeBinary(16), nullable=False),
        sa.Column("lost_index", sa.LargeBinary(16), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(8), nullable=False),
        sa.Column("venue_id", sa.Uuid),
        sa.Column("device", sa.LargeBinary(16)),
        sa.Column("used_on", sa.Date, nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_how", sa.String(8)),
        sa.PrimaryKeyConstraint("id", name="pk_person_card"),
        sa.UniqueConstraint("code_index", name="uq_person_card_code_index"),
        sa.UniqueConstraint("lost_index", name="uq_person_card_lost_index"),
        sa.CheckConstraint("issued_by IN ('desk', 'commune', 'citizen')", name=op.f("ck_person_card_issued_by")),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_how IS NULL) AND (revoked_how IS NULL OR revoked_how IN "
            "('device', 'station', 'lost'))",
            name=op.f("ck_person_card_revoked"),
        ),
        sa.CheckConstraint("(issued_by = 'desk') = (venue_id IS NOT NULL)", name=op.f("ck_person_card_venue")),
        sa.CheckConstraint("length(masked_name) BETWEEN 1 AND 80", name=op.f("ck_person_card_masked_name")),
        sa.CheckConstraint("length(details) <= 20000", name=op.f("ck_person_card_details")),
    )
    for columns in (["person_id"], ["device"], ["commune_id", "issued_at"]):
        op.create_index(f"ix_person_card_{'_'.join(columns)}", "person_card", columns)
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_check_constraint(
        op.f("ck_person_card_moments"),
        "person_card",
        "isfinite(issued_at) AND isfinite(used_on) AND (revoked_at IS NULL OR isfinite(revoked_at))",
    )
    op.execute(PEOPLE_MATCHING)
    op.execute("REVOKE ALL ON FUNCTION people_matching(bytea, bytea, bytea) FROM PUBLIC")
    change("delete_for_request", *DELETE)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        change("delete_for_request", *reversed(DELETE))
        op.execute("DROP FUNCTION people_matching(bytea, bytea, bytea)")
    op.drop_table("person_card")
