"""The log can only grow; owners' counts come from a function that gives sums alone."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The owner asks for their venues' counts with the public role, which may not read visits: the function
# belongs to the tables' owner and gives nothing but sums, of the venues of the owner in scope.
VISIT_HOURS = """
CREATE FUNCTION visit_hours(venues uuid[], since timestamptz, until timestamptz)
RETURNS TABLE (hour timestamptz, visits bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT date_trunc('hour', entered_at, 'UTC'), count(*)
    FROM visit
    WHERE venue_id IN (
        SELECT id FROM venue
        WHERE id = ANY (venues)
          AND owner_id::text = nullif(current_setting('checkin.owner', true), '')
    )
    AND entered_at >= since AND entered_at < until
    GROUP BY 1
$$
"""


# The public role may append: an entry that does not follow the last one would stop the log for good. With
# the rights of the tables' owner, since the role that appends may not read the log.
AUDIT_FOLLOWS = """
CREATE FUNCTION audit_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE last record;
BEGIN
    SELECT seq, hash INTO last FROM audit ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last.seq, 0) + 1
        OR NEW.previous <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'an entry of the audit log follows the last one';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_grows_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log can only grow'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_grows_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_grows_only()"
        )
        op.execute(AUDIT_FOLLOWS)
        op.execute("CREATE TRIGGER audit_follows BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_follows()")
        op.execute(VISIT_HOURS)
    else:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{action.lower()} BEFORE {action} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log can only grow'); END"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION visit_hours(uuid[], timestamptz, timestamptz)")
        op.execute("DROP TRIGGER audit_follows ON audit")
        op.execute("DROP FUNCTION audit_follows()")
        op.execute("DROP TRIGGER audit_grows_only ON audit")
        op.execute("DROP FUNCTION audit_grows_only()")
    else:
        op.execute("DROP TRIGGER audit_no_update")
        op.execute("DROP TRIGGER audit_no_delete")
