"""Who sees which rows: what the policies ask, sums for those who see no row, and a station's people found quickly.

Everything but the index is PostgreSQL's alone. The functions have the rights of the tables' owner and check by
themselves who asks, by the settings that begin each transaction.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
_COMMUNE = "nullif(current_setting('checkin.commune', true), '')"
# Numbers are for everybody in the staff tier; a station's are those of its commune.
_COUNTS = f"{_ROLE} IN ('cdc', 'command', 'admin') OR {_ROLE} = 'commune' AND {{column}} = {_COMMUNE}"

# Asked once for each statement, not for each row: policies call it within a SELECT of its own.
SEES_PEOPLE = f"""
CREATE FUNCTION sees_people() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE {_HEAD} AS $$
DECLARE goal text := current_setting('checkin.purpose', true);
BEGIN
    IF {_ROLE} <> 'cdc' OR goal IS NULL OR goal !~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT 1 FROM lookup WHERE id = goal::uuid) OR EXISTS (SELECT 1 FROM "case" WHERE id = goal::uuid);
END $$
"""

# A visit at a venue of the station's commune, or of somebody who said, in any form that is kept, to live there.
OF_STATION = f"""
CREATE FUNCTION of_station(at uuid, visitor uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1 {_HEAD}
AS $$
DECLARE home text := {_COMMUNE};
BEGIN
    RETURN {_ROLE} = 'commune' AND (
        EXISTS (SELECT 1 FROM venue v WHERE v.id = at AND v.commune_id = home)
        OR EXISTS (SELECT 1 FROM person p WHERE p.id = visitor AND p.commune_id = home)
        OR EXISTS (SELECT 1 FROM declaration d WHERE d.person_id = visitor AND d.commune_id = home)
    );
END $$
"""

# EXECUTE, so that the days are known when it is planned and no other day is touched.
VISIT_SUMS = f"""
CREATE FUNCTION visit_sums(since timestamptz, until timestamptz)
RETURNS TABLE (commune text, visits bigint) LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    RETURN QUERY EXECUTE $q$
        SELECT v.commune_id::text, sum(at.visits)::bigint
        FROM (SELECT venue_id, count(*) AS visits FROM visit WHERE entered_at >= $1 AND entered_at < $2 GROUP BY 1) at
        JOIN venue v ON v.id = at.venue_id
        WHERE {_COUNTS.format(column="v.commune_id")}
        GROUP BY 1
    $q$ USING since, until;
END $$
"""
DECLARATION_SUMS = f"""
CREATE FUNCTION declaration_sums(since timestamptz, until timestamptz)
RETURNS TABLE (commune text, triage text, forms bigint) LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    RETURN QUERY EXECUTE $q$
        SELECT d.commune_id::text, d.triage::text, count(*)
        FROM declaration d
        WHERE d.made_at >= $1 AND d.made_at < $2 AND ({_COUNTS.format(column="d.commune_id")})
        GROUP BY 1, 2
    $q$ USING since, until;
END $$
"""
VENUE_COUNT = f"""
CREATE FUNCTION venue_count() RETURNS bigint LANGUAGE sql STABLE {_HEAD} AS $$
    SELECT count(*) FROM venue v WHERE {_COUNTS.format(column="v.commune_id")}
$$
"""
OWNER_COUNT = f"""
CREATE FUNCTION owner_count() RETURNS bigint LANGUAGE sql STABLE {_HEAD} AS $$
    SELECT count(*) FROM account WHERE role = 'owner' AND {_ROLE} = 'admin'
$$
"""
# In words that are read when it is called: the table may come before or after this function.
REQUEST_COUNTS = f"""
CREATE FUNCTION request_counts(today date, since timestamptz)
RETURNS TABLE (waits bigint, silent bigint, late bigint, answered bigint, refused bigint)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    RETURN QUERY SELECT
        count(*) FILTER (WHERE r.closed_at IS NULL),
        count(*) FILTER (WHERE r.closed_at IS NULL AND r.acknowledged_at IS NULL AND r.acknowledge_by < today),
        count(*) FILTER (WHERE r.closed_at IS NULL AND r.answer_by < today),
        count(*) FILTER (WHERE r.closed_at >= since AND r.ground IS NULL),
        count(*) FILTER (WHERE r.closed_at >= since AND r.ground IS NOT NULL)
    FROM rights_request r WHERE {_ROLE} IN ('cdc', 'admin');
END $$
"""
# A name is on the wall of its venue; whoever sees a visit elsewhere may be told it, and nothing else of the venue.
WALL_NAMES = f"""
CREATE FUNCTION wall_names(venues uuid[])
RETURNS TABLE (id uuid, name text, commune text) LANGUAGE sql STABLE {_HEAD} AS $$
    SELECT v.id, v.name::text, v.commune_id::text FROM venue v WHERE v.id = ANY (venues) AND {_ROLE} = 'commune'
$$
"""
AUDIT_LAST = f"""
CREATE FUNCTION audit_last() RETURNS TABLE (seq bigint, hash bytea) LANGUAGE sql STABLE {_HEAD} AS $$
    SELECT a.seq, a.hash FROM audit a ORDER BY a.seq DESC LIMIT 1
$$
"""
FUNCTIONS = {
    "sees_people()": SEES_PEOPLE,
    "of_station(uuid, uuid)": OF_STATION,
    "visit_sums(timestamptz, timestamptz)": VISIT_SUMS,
    "declaration_sums(timestamptz, timestamptz)": DECLARATION_SUMS,
    "venue_count()": VENUE_COUNT,
    "owner_count()": OWNER_COUNT,
    "request_counts(date, timestamptz)": REQUEST_COUNTS,
    "wall_names(uuid[])": WALL_NAMES,
    "audit_last()": AUDIT_LAST,
}
TABLES = ("person", "case", "lookup", "export", "export_part", "kept_visit", "kept_declaration", "case_visit")


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_declaration_attention ON declaration (commune_id, made_at) WHERE triage IN ('watch', 'urgent')"
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP INDEX ix_declaration_attention")
    if op.get_bind().dialect.name != "postgresql":
        return
    # The policies that ask go first; `database grant` of the older version makes its own anew.
    policies = op.get_bind().exec_driver_sql(
        "SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' AND policyname LIKE 'staff\\_%%'"
    )
    for policy, table in policies.all():
        op.execute(f'DROP POLICY {policy} ON "{table}"')
    for table in TABLES:
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
