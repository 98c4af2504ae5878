"""Visitors are told who read the lists they are on, and can ask to see, correct or delete what is kept of them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The public role may read no reading. It is told by day which of them can have shown a visit of the device in
# scope, and nothing before its time: the clock of the database bounds what the caller says.
DEVICE_READINGS = """
CREATE FUNCTION device_readings(since timestamptz, at timestamptz)
RETURNS TABLE (kind text, venue_id uuid, visited_on date, read_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH own AS (
        SELECT v.venue_id, v.zone_id, v.person_id, v.entered_at, v.until_latest, w.commune_id, w.kind
        FROM visit v JOIN venue w ON w.id = v.venue_id
        WHERE v.device = decode(nullif(current_setting('checkin.device', true), ''), 'hex')
          AND v.entered_at >= since
    ), read AS (
        SELECT o.venue_id, o.entered_at, r.read_at FROM own o JOIN reading r ON r.venue_id = o.venue_id
        WHERE o.entered_at <= r."end" AND o.until_latest >= r.start AND r.shown_from <= least(at, now())
          AND (r.zone_id IS NULL OR r.zone_id = o.zone_id)
        UNION ALL
        SELECT o.venue_id, o.entered_at, r.read_at FROM own o JOIN reading r ON r.kind = 'area'
        WHERE o.entered_at <= r."end" AND o.until_latest >= r.start AND r.shown_from <= least(at, now())
          AND (r.commune_id IS NULL OR r.commune_id = o.commune_id)
          AND (r.venue_kind IS NULL OR r.venue_kind = o.kind)
    )
    SELECT DISTINCT 'list', r.venue_id, (r.entered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
           (r.read_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM read r
    UNION
    SELECT 'person', NULL, NULL, (r.read_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
    FROM own o JOIN reading r ON r.subject_id = o.person_id
    WHERE o.entered_at BETWEEN r.start AND r."end" AND r.shown_from <= least(at, now())
$$
"""

# Staff may delete no visit. This takes away one person's, for a request to delete in which somebody recorded how
# it was made sure who asks; what cases keep is in tables of their own and stays.
DELETE_FOR_REQUEST = """
CREATE FUNCTION delete_for_request(of uuid, OUT visits bigint, OUT declarations bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE subject uuid;
BEGIN
    SELECT r.subject_id INTO subject FROM rights_request r
    WHERE r.id = of AND r.kind IN ('withdraw', 'delete') AND r.closed_at IS NULL AND r.carried_out_at IS NULL
      AND r.identity_checked_at IS NOT NULL AND r.subject_id IS NOT NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no request that this could be done for';
    END IF;
    DELETE FROM visit v WHERE v.person_id = subject;
    GET DIAGNOSTICS visits = ROW_COUNT;
    DELETE FROM declaration d WHERE d.person_id = subject;
    GET DIAGNOSTICS declarations = ROW_COUNT;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("lookup_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(6), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("venue_id", sa.Uuid),
        sa.Column("zone_id", sa.Uuid),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("venue_kind", sa.String(16)),
        sa.Column("subject_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.CheckConstraint(
            "(kind = 'venue') = (venue_id IS NOT NULL) AND (kind = 'person') = (subject_id IS NOT NULL) "
            "AND kind IN ('venue', 'area', 'person')",
            name=op.f("ck_reading_kind"),
        ),
    )
    op.create_index("ix_reading_lookup_id", "reading", ["lookup_id", "read_at"])
    op.create_index("ix_reading_venue_id", "reading", ["venue_id", "end"])
    op.create_index("ix_reading_subject_id", "reading", ["subject_id", "end"])
    op.create_index("ix_reading_kind", "reading", ["kind", "end"])
    op.create_table(
        "rights_request",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("device", sa.LargeBinary(16)),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.Date, nullable=False),
        sa.Column("answer_by", sa.Date, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("extended_at", sa.DateTime(timezone=True)),
        sa.Column("extension_reason", sa.String(500)),
        sa.Column("lookup_id", sa.Uuid),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("identity_how", sa.String(8)),
        sa.Column("identity_checked_at", sa.DateTime(timezone=True)),
        sa.Column("carried_out_at", sa.DateTime(timezone=True)),
        sa.Column("carried_out", sa.JSON),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.String(80)),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("ground", sa.String(12)),
        sa.PrimaryKeyConstraint("id", name="pk_rights_request"),
        sa.UniqueConstraint("reference", name="uq_rights_request_reference"),
        sa.CheckConstraint(
            "kind IN ('see', 'correct', 'withdraw', 'delete', 'complain')", name=op.f("ck_rights_request_kind")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (answer IS NULL) AND (extended_at IS NULL) = (extension_reason IS NULL) "
            "AND (identity_checked_at IS NULL) = (identity_how IS NULL) "
            "AND (ground IS NULL OR closed_at IS NOT NULL)",
            name=op.f("ck_rights_request_steps"),
        ),
    )
    op.create_index("ix_rights_request_closed_at", "rights_request", ["closed_at", "answer_by"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(DEVICE_READINGS)
        op.execute(DELETE_FOR_REQUEST)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION delete_for_request(uuid)")
        op.execute("DROP FUNCTION device_readings(timestamptz, timestamptz)")
    op.drop_table("rights_request")
    op.drop_table("reading")
