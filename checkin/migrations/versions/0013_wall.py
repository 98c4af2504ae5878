"""What a public process that was taken over can write is bounded: the log, moments, lists, what staff may change.

The public role appends to the log by a function alone. Its entries wait in a table of their own and are taken into
the chain by the staff's side: so no transaction that it keeps open holds up anybody's entry. Everything but that
table is PostgreSQL's alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_HEAD = "SET search_path = public, pg_temp"
_OWNERS = f"SECURITY DEFINER {_HEAD}"

# JSON in the form that `audit/entry.py` hashes. Null where there is a number whose text could differ there: fractions
# and very large ones.
CANONICAL = f"""
CREATE FUNCTION audit_canonical(value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE {_HEAD} AS $$
DECLARE
    out text;
    whole boolean;
BEGIN
    CASE jsonb_typeof(value)
    WHEN 'number' THEN
        RETURN substring(value::text FROM '^(0|-?[1-9][0-9]{{0,14}})$');
    WHEN 'array' THEN
        SELECT string_agg(audit_canonical(e.item), ',' ORDER BY e.place), bool_and(audit_canonical(e.item) IS NOT NULL)
        INTO out, whole FROM jsonb_array_elements(value) WITH ORDINALITY AS e (item, place);
        RETURN CASE WHEN coalesce(whole, true) THEN '[' || coalesce(out, '') || ']' END;
    WHEN 'object' THEN
        SELECT string_agg(to_json(e.key)::text || ':' || audit_canonical(e.value), ',' ORDER BY e.key COLLATE "C"),
            bool_and(audit_canonical(e.value) IS NOT NULL)
        INTO out, whole FROM jsonb_each(value) AS e;
        RETURN CASE WHEN coalesce(whole, true) THEN '{{' || coalesce(out, '') || '}}' END;
    ELSE
        RETURN value::text;
    END CASE;
END $$
"""
# What `entry_hash` gives; null where it cannot be known here.
HASH = f"""
CREATE FUNCTION audit_hash(e audit) RETURNS bytea LANGUAGE plpgsql STABLE {_HEAD} AS $$
DECLARE detail text;
BEGIN
    detail := audit_canonical(e.detail::jsonb);
    RETURN sha256(e.previous || convert_to(
        '{{"action":' || to_json(e.action)::text
        || ',"actor":' || to_json(e.actor)::text
        || ',"actor_id":' || coalesce(to_json(e.actor_id)::text, 'null')
        || ',"at":"' || to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00"'
        || ',"case_number":' || coalesce(to_json(e.case_number)::text, 'null')
        || ',"detail":' || detail
        || ',"reason":' || coalesce(to_json(e.reason)::text, 'null')
        || ',"role":' || to_json(e.role)::text
        || ',"rows":' || coalesce(e.rows::text, 'null')
        || ',"seq":' || e.seq::text
        || ',"subject":' || to_json(e.subject)::text || '}}', 'UTF8'));
EXCEPTION WHEN untranslatable_character OR invalid_text_representation THEN
    RETURN NULL;  -- a NUL in the details, which text here cannot hold
END $$
"""
FOLLOWS = f"""
CREATE OR REPLACE FUNCTION audit_follows() RETURNS trigger LANGUAGE plpgsql {_OWNERS} AS $$
DECLARE
    last record;
    fits bytea;
BEGIN
    SELECT seq, hash INTO last FROM audit ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last.seq, 0) + 1
        OR NEW.previous <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'an entry of the audit log follows the last one';
    END IF;
    IF NEW.at < '0001-01-01 00:00+00' OR NEW.at >= '10000-01-01 00:00+00' THEN
        RAISE EXCEPTION 'an entry of the audit log has a moment';
    END IF;
    fits := audit_hash(NEW);
    IF octet_length(NEW.hash) <> 32 OR NEW.hash <> fits THEN
        RAISE EXCEPTION 'the hash of an entry of the audit log fits it';
    END IF;
    RETURN NEW;
END $$
"""
FORMER_FOLLOWS = f"""
CREATE OR REPLACE FUNCTION audit_follows() RETURNS trigger
LANGUAGE plpgsql {_OWNERS} AS $$
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
# Which entries the public role may write, by who acts; `database grant` puts its list here.
ACTIONS = f"""
CREATE FUNCTION audit_public_action(who text, action text) RETURNS boolean
LANGUAGE sql IMMUTABLE {_HEAD} AS $$ SELECT false $$
"""
# A clock that is wrong stops nobody: the database's own bounds the moment, 5 minutes ahead, and an hour behind the last
# entry.
APPEND = f"""
CREATE FUNCTION audit_append(
    at timestamptz, actor_id uuid, actor text, role text, action text, subject text, rows integer, detail jsonb
) RETURNS void LANGUAGE plpgsql {_OWNERS} AS $$
#variable_conflict use_column
DECLARE
    who ALIAS FOR $2; name ALIAS FOR $3; told text := audit_canonical($8); last timestamptz;
BEGIN
    SELECT a.at INTO last FROM audit a ORDER BY a.seq DESC LIMIT 1;
    IF $1 IS NULL OR $1 < '0001-01-01 00:00+00' OR $1 >= '10000-01-01 00:00+00' THEN
        RAISE EXCEPTION 'no moment';
    END IF;
    IF NOT coalesce(CASE $4
        WHEN 'owner' THEN audit_public_action('owner', $5)
            AND EXISTS (SELECT FROM account a WHERE a.id = who AND a.role = 'owner' AND a.display_name = name)
        WHEN 'none' THEN who IS NULL AND CASE name
            WHEN 'desk' THEN audit_public_action('desk', $5) AND EXISTS (
                SELECT FROM desk_link l WHERE l.id::text = $6
                AND encode(l.secret_hash, 'hex') = nullif(current_setting('checkin.desk', true), '')
            )
            WHEN '?' THEN audit_public_action('nobody', $5) AND (
                $6 = '' OR EXISTS (SELECT FROM account a WHERE a.id::text = $6 AND a.role = 'owner')
            )
        END
    END, false) THEN
        RAISE EXCEPTION 'not an entry of the public tier';
    END IF;
    IF $6 IS NULL OR length($6) > 120 OR $7 < 0 OR jsonb_typeof($8) <> 'object' OR told IS NULL OR length(told) > 300
        OR EXISTS (SELECT FROM jsonb_each($8) d WHERE jsonb_typeof(d.value) IN ('object', 'array')) THEN
        RAISE EXCEPTION 'too much for an entry of the public tier';
    END IF;
    INSERT INTO audit_waiting (id, received_at, at, actor_id, actor, role, action, subject, rows, detail)
    VALUES (gen_random_uuid(), clock_timestamp(),
        greatest(least($1, clock_timestamp() + interval '5 minutes'),
            least(last, clock_timestamp()) - interval '1 hour'),
        who, name, $4, $5, $6, $7, told::json);
END $$
"""
# The first entry is the lock: the public role can neither see nor lock it. What waits is taken in before the caller's.
LOCK = f"""
CREATE FUNCTION audit_lock() RETURNS void LANGUAGE plpgsql {_OWNERS} AS $$
DECLARE
    waits audit_waiting;
    e audit;
BEGIN
    PERFORM FROM audit WHERE seq = 1 FOR UPDATE;
    IF NOT FOUND THEN
        -- Of an empty log, before anybody was let in; a lock on the table would meet those that are about to write.
        PERFORM pg_advisory_xact_lock(1128810825);
        PERFORM FROM audit WHERE seq = 1 FOR UPDATE;
    END IF;
    FOR waits IN SELECT * FROM audit_waiting ORDER BY received_at, id LIMIT 500 LOOP
        SELECT a.seq, a.hash INTO e.seq, e.previous FROM audit a ORDER BY a.seq DESC LIMIT 1;
        e.seq := coalesce(e.seq, 0) + 1;
        e.previous := coalesce(e.previous, decode(repeat('00', 32), 'hex'));
        e.at := waits.at; e.actor_id := waits.actor_id; e.actor := waits.actor; e.role := waits.role;
        e.action := waits.action; e.subject := waits.subject; e.rows := waits.rows; e.detail := waits.detail;
        e.case_number := NULL; e.reason := NULL;
        e.hash := audit_hash(e);
        INSERT INTO audit SELECT e.*;
        DELETE FROM audit_waiting WHERE id = waits.id;
    END LOOP;
END $$
"""
FUNCTIONS = {
    "audit_canonical(jsonb)": CANONICAL,
    "audit_hash(audit)": HASH,
    "audit_public_action(text, text)": ACTIONS,
    "audit_append(timestamptz, uuid, text, text, text, text, integer, jsonb)": APPEND,
    "audit_lock()": LOCK,
}


_DELETE = f"""
CREATE OR REPLACE FUNCTION delete_for_request(of uuid, OUT visits bigint, OUT declarations bigint)
LANGUAGE plpgsql {_OWNERS} AS $$
DECLARE subject uuid;
BEGIN
    {{}}SELECT r.subject_id INTO subject FROM rights_request r
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
FORMER_DELETE = _DELETE.format("")
# As with all that it reads, the role of who asks; the owner of the tables asks for nobody.
DELETE = _DELETE.format(
    """IF session_user <> current_user AND coalesce(current_setting('checkin.role', true), '') <> 'cdc' THEN
        RAISE EXCEPTION 'only the CDC deletes for a request';
    END IF;
    """
)
# Only what is new is held to them: an old row that breaks one is read as what it is, and deleted with its day. Copies
# that cases keep are not held to them, or such a row would stop the keeping of all others.
_WORDS = (
    "json_typeof({0}) = 'array' AND length({0}::text) <= 4000 AND json_array_length({0}) <= 50 "
    "AND NOT jsonb_path_exists({0}::jsonb, 'strict $[*] ? (@.type() <> \"string\")')"
)
CHECKS = {
    # A recorded or likely end is never later than the latest one. Subtracting what is infinite is refused as well.
    ("visit", "ck_visit_moments"): (
        "until_latest - entered_at <= interval '48 hours' "
        "AND declared_at BETWEEN '2000-01-01 00:00+00' AND '2999-01-01 00:00+00'"
    ),
    ("declaration", "ck_declaration_words"): " AND ".join(
        _WORDS.format(name) for name in ("symptoms", "reasons", "flags")
    ),
    ("rights_request", "ck_rights_request_moments"): (
        "received_at BETWEEN '2000-01-01 00:00+00' AND '2999-01-01 00:00+00' "
        "AND acknowledge_by BETWEEN '2000-01-01' AND '2999-01-01' AND answer_by BETWEEN '2000-01-01' AND '2999-01-01'"
    ),
    ("message", "ck_message_moments"): " AND ".join(
        f"{name} BETWEEN '2000-01-01 00:00+00' AND '2999-01-01 00:00+00'"
        for name in ("made_at", "until", "next_at", "ended_at")
    ),
}


def upgrade() -> None:
    op.create_table(
        "audit_waiting",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("rows", sa.Integer),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_waiting"),
    )
    op.create_index("ix_audit_waiting_received_at", "audit_waiting", ["received_at", "id"])
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    op.execute(FOLLOWS)
    op.execute(DELETE)
    for (table, name), condition in CHECKS.items():
        op.get_bind().exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, name in CHECKS:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            # A day that was made since has it as its own.
            days = sa.text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:of AS regclass)")
            for day in op.get_bind().scalars(days, {"of": table}).all():
                op.execute(f"ALTER TABLE {day} DROP CONSTRAINT IF EXISTS {name}")
        # Nothing that waits is lost.
        while op.get_bind().scalar(sa.text("SELECT count(*) FROM audit_waiting")):
            op.execute("SELECT audit_lock()")
        op.execute(FORMER_FOLLOWS)
        op.execute(FORMER_DELETE)
        for name in reversed(FUNCTIONS):
            op.execute(f"DROP FUNCTION {name}")
    op.drop_table("audit_waiting")
