"""What owners say of their venues, commitments, venues that change hands, and sums for owners and stations.

The functions are PostgreSQL's alone. They have the rights of the tables' owner and check by themselves who asks.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_OWNER = "nullif(current_setting('checkin.owner', true), '')"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
_COMMUNE = "nullif(current_setting('checkin.commune', true), '')"
_OWN = f"SELECT id FROM venue WHERE id = ANY ($1) AND owner_id::text = {_OWNER}"  # noqa: S608

VENUE = {
    "size": sa.String(8),
    "suspended_at": sa.DateTime(timezone=True),
    "suspended_reason": sa.String(300),
    "closed_at": sa.DateTime(timezone=True),
    "phone_index": sa.LargeBinary(16),
}

# EXECUTE, so that the days are known when it is planned and no other day is touched.
VENUE_VISITS = f"""
CREATE FUNCTION venue_visits(venues uuid[], since timestamptz, until timestamptz)
RETURNS TABLE (venue uuid, zone uuid, channel text, hour timestamptz, visits bigint)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    RETURN QUERY EXECUTE $q$
        SELECT v.venue_id, v.zone_id, v.channel::text, date_trunc('hour', v.entered_at, 'UTC'), count(*)
        FROM visit v
        WHERE v.venue_id IN ({_OWN}) AND v.entered_at >= $2 AND v.entered_at < $3
        GROUP BY 1, 2, 3, 4
    $q$ USING venues, since, until;
END $$
"""  # noqa: S608
VENUE_INSIDE = f"""
CREATE FUNCTION venue_inside(venues uuid[], since timestamptz, at timestamptz)
RETURNS TABLE (venue uuid, zone uuid, visits bigint) LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    RETURN QUERY EXECUTE $q$
        SELECT v.venue_id, v.zone_id, count(*)
        FROM visit v
        WHERE v.venue_id IN ({_OWN}) AND v.entered_at >= $2 AND v.entered_at <= $3
          AND v.left_at IS NULL AND v.until_likely > $3
        GROUP BY 1, 2
    $q$ USING venues, since, at;
END $$
"""  # noqa: S608
# A station's are those of its commune, whichever it asks for.
VENUE_DAYS = f"""
CREATE FUNCTION venue_days(home text, since timestamptz, until timestamptz)
RETURNS TABLE (venue uuid, day date, visits bigint) LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF NOT ({_ROLE} = 'cdc' OR {_ROLE} = 'commune' AND home = {_COMMUNE}) THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE $q$
        SELECT v.venue_id, (v.entered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, count(*)
        FROM visit v
        WHERE v.venue_id IN (SELECT id FROM venue WHERE commune_id = $1) AND v.entered_at >= $2 AND v.entered_at < $3
        GROUP BY 1, 2
    $q$ USING home, since, until;
END $$
"""  # noqa: S608
# The one row that a link opens, and what goes with it: the venue, its devices at the counter, its contact.
TAKE_VENUE = f"""
CREATE FUNCTION take_venue(token bytea, at timestamptz, new_contact bytea, new_phone bytea)
RETURNS uuid LANGUAGE plpgsql {_HEAD} AS $$
DECLARE taker uuid := {_OWNER}::uuid; taken uuid;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM account a WHERE a.id = taker AND a.role = 'owner' AND a.active) THEN
        RETURN NULL;
    END IF;
    UPDATE handover h SET taken_at = at, taken_by = taker
    FROM venue v
    WHERE h.token_hash = token AND h.taken_at IS NULL AND h.cancelled_at IS NULL AND h.expires_at > at
      AND v.id = h.venue_id AND v.owner_id = h.from_id AND h.from_id <> taker
    RETURNING h.venue_id INTO taken;
    IF taken IS NOT NULL THEN
        UPDATE venue SET owner_id = taker, contact = new_contact, phone_index = new_phone WHERE id = taken;
        UPDATE desk_link SET revoked_at = at, code_hash = NULL WHERE venue_id = taken AND revoked_at IS NULL;
    END IF;
    RETURN taken;
END $$
"""  # noqa: S608
# Whoever owns a market says what stands in it no longer, also where the stall is another one's.
PUT_OUTSIDE = f"""
CREATE FUNCTION put_outside(outer_venue uuid, inner_venue uuid) RETURNS boolean LANGUAGE plpgsql {_HEAD} AS $$
BEGIN
    UPDATE venue SET parent_id = NULL
    WHERE id = inner_venue AND parent_id = outer_venue
      AND EXISTS (SELECT 1 FROM venue o WHERE o.id = outer_venue AND o.owner_id::text = {_OWNER});
    RETURN FOUND;
END $$
"""  # noqa: S608
FUNCTIONS = {
    "venue_visits(uuid[], timestamptz, timestamptz)": VENUE_VISITS,
    "venue_inside(uuid[], timestamptz, timestamptz)": VENUE_INSIDE,
    "venue_days(text, timestamptz, timestamptz)": VENUE_DAYS,
    "take_venue(bytea, timestamptz, bytea, bytea)": TAKE_VENUE,
    "put_outside(uuid, uuid)": PUT_OUTSIDE,
}


def upgrade() -> None:
    for name, kind in VENUE.items():
        op.add_column("venue", sa.Column(name, kind))
    op.create_index("ix_venue_plate", "venue", ["plate"])
    op.add_column("zone", sa.Column("kind", sa.String(8), nullable=False, server_default="area"))
    op.execute("UPDATE venue SET suspended_at = registered_at WHERE state = 'suspended'")
    op.execute("UPDATE venue SET closed_at = registered_at WHERE state = 'closed'")
    op.create_table(
        "commitment",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.String(10), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("signer", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commitment"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_commitment_venue_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_commitment_account_id"),
    )
    op.create_index("ix_commitment_venue_id", "commitment", ["venue_id"])
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("from_id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("taken_by", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_handover"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_handover_venue_id"),
        sa.ForeignKeyConstraint(["from_id"], ["account.id"], name="fk_handover_from_id"),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name="fk_handover_taken_by"),
        sa.UniqueConstraint("token_hash", name="uq_handover_token_hash"),
    )
    op.create_index("ix_handover_venue_id", "handover", ["venue_id"])
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_check_constraint(
        op.f("ck_venue_state_follows"),
        "venue",
        "(suspended_at IS NULL OR state <> 'active') AND (closed_at IS NULL OR state = 'closed')",
    )
    for name, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
        op.drop_constraint(op.f("ck_venue_state_follows"), "venue", type_="check")
    op.drop_table("handover")
    op.drop_table("commitment")
    op.drop_column("zone", "kind")
    op.drop_index("ix_venue_plate", "venue")
    for name in VENUE:
        op.drop_column("venue", name)
