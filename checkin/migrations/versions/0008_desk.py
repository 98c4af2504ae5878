"""Messages on their way, invitations of staff, codes that owners confirm their contact by, devices at the counter."""

import sqlalchemy as sa
from alembic import op

from checkin.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A device sees its own venue, since midnight of the province, and of each visit a masked name, when and where.
# It is the database that knows which venue that is, from the secret's hash in scope: so it holds even if the
# application asks for another.
DESK_VENUE = """
    SELECT venue_id FROM desk_link
    WHERE encode(secret_hash, 'hex') = nullif(current_setting('checkin.desk', true), '')
    AND joined_at IS NOT NULL AND revoked_at IS NULL
"""
MIDNIGHT = "date_trunc('day', now(), 'Asia/Ho_Chi_Minh')"
DESK_VISITS = f"""
CREATE FUNCTION desk_visits(most integer) RETURNS TABLE (masked_name varchar, entered_at timestamptz, zone varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT v.masked_name, v.entered_at, z.name
    FROM visit v LEFT JOIN zone z ON z.id = v.zone_id
    WHERE v.venue_id = ({DESK_VENUE}) AND v.entered_at >= {MIDNIGHT} AND v.entered_at <= now()
    ORDER BY v.entered_at DESC, v.id DESC
    LIMIT least(greatest(most, 0), 50)
$$
"""
DESK_COUNT = f"""
CREATE FUNCTION desk_count() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM visit
    WHERE venue_id = ({DESK_VENUE}) AND entered_at >= {MIDNIGHT} AND entered_at <= now()
$$
"""
# The public role changes no password but through this, and only of the owner in scope; other sessions end.
OWNER_PASSWORD = """
CREATE FUNCTION owner_password(account_id uuid, new_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE account SET password_hash = new_hash, epoch = epoch + 1
    WHERE id = account_id AND role = 'owner'
    AND id::text = nullif(current_setting('checkin.owner', true), '')
$$
"""


def upgrade() -> None:
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("contact_confirmed_at", UtcDateTime()))
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.String(8), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("about", sa.String(20), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.CheckConstraint("audience IN ('owner', 'staff')", name="ck_message_audience"),
        sa.CheckConstraint("channel IN ('mail', 'sms')", name="ck_message_channel"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'refused', 'unsure', 'late', 'nobody')", name="ck_message_state"
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (sealed IS NOT NULL) AND (state = 'waiting') = (next_at IS NOT NULL)",
            name="ck_message_waiting",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_next_at", "message", ["next_at"])
    op.create_index("ix_message_ended_at", "message", ["ended_at"])
    op.create_table(
        "contact_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("mac", sa.LargeBinary(16), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        sa.CheckConstraint("purpose IN ('confirm', 'reset')", name="ck_contact_code_purpose"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_contact_code_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_code"),
    )
    op.create_index("ix_contact_code_account_id", "contact_code", ["account_id"])
    op.create_index("ix_contact_code_expires_at", "contact_code", ["expires_at"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("login", sa.String(120), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("made_by", sa.Uuid()),
        sa.Column("made_by_name", sa.String(80), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.Column("account_id", sa.Uuid()),
        sa.CheckConstraint("role IN ('commune', 'cdc', 'command', 'admin')", name="ck_invitation_role"),
        sa.CheckConstraint("(role = 'commune') = (commune_id IS NOT NULL)", name="ck_invitation_commune"),
        sa.ForeignKeyConstraint(["commune_id"], ["place.id"], name="fk_invitation_commune_id"),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="fk_invitation_made_by"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_invitation_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("token_hash", name="uq_invitation_token_hash"),
    )
    op.create_table(
        "desk_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(16)),
        sa.Column("secret_hash", sa.LargeBinary(16)),
        sa.Column("joined_at", UtcDateTime()),
        sa.Column("device_kind", sa.String(40), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_desk_link_venue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_link"),
        sa.UniqueConstraint("code_hash", name="uq_desk_link_code_hash"),
        sa.UniqueConstraint("secret_hash", name="uq_desk_link_secret_hash"),
    )
    op.create_index("ix_desk_link_venue_id", "desk_link", ["venue_id"])
    if op.get_bind().dialect.name == "postgresql":
        for function in (DESK_VISITS, DESK_COUNT, OWNER_PASSWORD):
            op.execute(function)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION owner_password(uuid, text)")
        op.execute("DROP FUNCTION desk_count()")
        op.execute("DROP FUNCTION desk_visits(integer)")
    for table in ("desk_link", "invitation", "contact_code", "message"):
        op.drop_table(table)
    with op.batch_alter_table("account") as account:
        account.drop_column("contact_confirmed_at")
