"""At which door of its venue a device at the counter stands; owners who say that a venue of a register is theirs.

The functions are PostgreSQL's alone. They have the rights of the tables' owner and check by themselves who asks.
"""

import sqlalchemy as sa
from alembic import op

from checkin.db import UtcDateTime
from checkin.migrations import functions

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_OWNER = "nullif(current_setting('checkin.owner', true), '')"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
_COMMUNE = "nullif(current_setting('checkin.commune', true), '')"
_ACCOUNT = "nullif(current_setting('checkin.account', true), '')"
# Of so many visits instead of one: somebody may be at several doors of one venue.
_MOST = ("LIMIT 1;", "LIMIT 20;")

# By the phone that the register holds: the owner in scope signs in with it, and showed by a code that it is theirs.
# Both are kept as the same keyed hash; the public role can neither read a venue's nor change an account's.
TAKE_CLAIMED = f"""
CREATE FUNCTION take_claimed(claim uuid, at timestamptz)
RETURNS boolean LANGUAGE plpgsql {_HEAD} AS $$
BEGIN
    UPDATE venue v SET owner_id = c.account_id
    FROM venue_claim c, account a
    WHERE c.id = claim AND c.state = 'waiting' AND c.account_id::text = {_OWNER} AND v.id = c.venue_id
      AND v.owner_id IS NULL AND v.state <> 'closed' AND v.phone_index = a.login_index
      AND a.id = c.account_id AND a.role = 'owner' AND a.active AND a.contact_confirmed_at IS NOT NULL;
    IF FOUND THEN
        UPDATE venue_claim SET state = 'confirmed', decided_at = at WHERE id = claim;
    END IF;
    RETURN FOUND;
END $$
"""  # noqa: S608
# Likely doubles of a venue that is being registered: those of the commune, or with the plate, that have this phone.
VENUES_OF_PHONE = f"""
CREATE FUNCTION venues_of_phone(phone bytea, home text, sign text)
RETURNS TABLE (id uuid) LANGUAGE sql STABLE {_HEAD} AS $$
    SELECT v.id FROM venue v WHERE v.phone_index = phone AND (v.commune_id = home OR v.plate = sign) LIMIT 500
$$
"""  # noqa: S608
# By the station of the commune. Of two that decide at once one does.
CONFIRM_CLAIM = f"""
CREATE FUNCTION confirm_claim(claim uuid, at timestamptz)
RETURNS boolean LANGUAGE plpgsql {_HEAD} AS $$
BEGIN
    IF {_ROLE} <> 'commune' THEN
        RETURN false;
    END IF;
    UPDATE venue v SET owner_id = c.account_id
    FROM venue_claim c, account a
    WHERE c.id = claim AND c.state = 'waiting' AND v.id = c.venue_id AND v.owner_id IS NULL
      AND v.state <> 'closed' AND v.commune_id = {_COMMUNE}
      AND a.id = c.account_id AND a.role = 'owner' AND a.active;
    IF FOUND THEN
        UPDATE venue_claim SET state = 'confirmed', decided_at = at, decided_by = {_ACCOUNT}::uuid WHERE id = claim;
    END IF;
    RETURN FOUND;
END $$
"""  # noqa: S608
# Whoever sends a register sees their own files alone: of another one with the same content a number is told.
SAME_REGISTER = f"""
CREATE FUNCTION same_register(mine uuid) RETURNS bigint LANGUAGE sql STABLE {_HEAD} AS $$
    SELECT count(*) FROM register_import o JOIN register_import m ON m.id = mine
    WHERE m.made_by::text = {_ACCOUNT} AND o.id <> m.id AND o.made_by <> m.made_by AND o.sha256 = m.sha256
      AND o.state IN ('waiting', 'running')
$$
"""  # noqa: S608
FUNCTIONS = {
    "same_register(uuid)": SAME_REGISTER,
    "take_claimed(uuid, timestamptz)": TAKE_CLAIMED,
    "venues_of_phone(bytea, text, text)": VENUES_OF_PHONE,
    "confirm_claim(uuid, timestamptz)": CONFIRM_CLAIM,
}


def upgrade() -> None:
    with op.batch_alter_table("desk_link") as table:
        table.add_column(sa.Column("zone_id", sa.Uuid))
        table.create_foreign_key("fk_desk_link_zone_id", "zone", ["zone_id"], ["id"])
    op.add_column("register_import", sa.Column("stop_at", UtcDateTime))
    op.create_table(
        "venue_claim",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("asker", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("reason", sa.String(300)),
        sa.PrimaryKeyConstraint("id", name="pk_venue_claim"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_venue_claim_venue_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_venue_claim_account_id"),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name="fk_venue_claim_decided_by"),
        sa.CheckConstraint("state IN ('waiting', 'confirmed', 'refused', 'withdrawn')", name="ck_venue_claim_state"),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="ck_venue_claim_decided"),
    )
    op.create_index("ix_venue_claim_account_id", "venue_claim", ["account_id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "uq_venue_claim_waiting",
        "venue_claim",
        ["venue_id", "account_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    if op.get_bind().dialect.name == "postgresql":
        functions.change("desk_open", *_MOST)
        for name, function in FUNCTIONS.items():
            op.execute(function)
            op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
        functions.change("desk_open", *_MOST[::-1])
    op.drop_table("venue_claim")
    op.drop_column("register_import", "stop_at")
    with op.batch_alter_table("desk_link") as table:
        table.drop_constraint("fk_desk_link_zone_id", type_="foreignkey")
        table.drop_column("zone_id")
