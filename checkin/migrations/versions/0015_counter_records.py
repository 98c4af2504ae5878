"""What a device at the counter needs to record a visit: the person's open visit here, and the word for today.

PostgreSQL alone: its public role reads neither declarations nor visits of others.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
# As in 0008: the venue of the device whose secret's hash is in scope.
_DESK_VENUE = """
    SELECT venue_id FROM desk_link
    WHERE encode(secret_hash, 'hex') = nullif(current_setting('checkin.desk', true), '')
    AND joined_at IS NOT NULL AND revoked_at IS NULL
"""
_MIDNIGHT = "date_trunc('day', now(), 'Asia/Ho_Chi_Minh')"

# Two scans of one card at once would both find nothing: the second waits here for the end of the first. A visit that
# began within the minute after is the same one: scans do not arrive in the order in which they were made.
DESK_OPEN = f"""
CREATE FUNCTION desk_open(visitor uuid, at timestamptz)
RETURNS TABLE (id uuid, entered_at timestamptz, zone_id uuid, until_likely timestamptz, until_latest timestamptz)
LANGUAGE plpgsql VOLATILE {_HEAD} AS $$
DECLARE here uuid := ({_DESK_VENUE});
BEGIN
    IF here IS NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(here::text || visitor::text, 0));
    RETURN QUERY SELECT v.id, v.entered_at, v.zone_id, v.until_likely, v.until_latest
        FROM visit v
        WHERE v.person_id = visitor AND v.venue_id = here
        AND v.entered_at BETWEEN at - interval '24 hours' AND at + interval '1 minute'
        AND v.left_at IS NULL AND v.until_likely >= at
        ORDER BY v.entered_at DESC, v.id DESC
        LIMIT 1;
END $$
"""
# The worst of the day: who coughed in the morning does not stop by being asked once more.
DESK_RESULT = f"""
CREATE FUNCTION desk_result(visitor uuid) RETURNS text LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF ({_DESK_VENUE}) IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT CASE WHEN bool_or(d.triage NOT IN ('routine', 'none')) THEN 'help'
            WHEN bool_or(d.triage = 'routine') THEN 'declared' ELSE 'none' END
        FROM declaration d
        WHERE d.person_id = ANY (ARRAY(SELECT visitor UNION SELECT p.id FROM person p WHERE p.same_as = visitor))
        AND d.made_at >= {_MIDNIGHT} AND d.made_at < {_MIDNIGHT} + interval '1 day'
    );
END $$
"""
FUNCTIONS = {"desk_open(uuid, timestamptz)": DESK_OPEN, "desk_result(uuid)": DESK_RESULT}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
