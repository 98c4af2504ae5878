"""Visits and declarations in a table a day, so that a day can be dropped and another be read alone; and
people found by name without reading everybody.

SQLite keeps the plain tables. Rights on the two tables go with the old ones: `flask setup` gives them anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = {"visit": "entered_at", "declaration": "made_at"}
ZONE = "Asia/Ho_Chi_Minh"
COVERING = "INCLUDE (until_latest, left_at, person_id)"
FORMER = "INCLUDE (until_latest, until_likely, person_id, id)"
INDEXES = {
    "visit": (
        "ALTER TABLE visit ADD CONSTRAINT pk_visit PRIMARY KEY (entered_at, id)",
        f"CREATE INDEX ix_visit_venue_id_entered_at ON visit (venue_id, entered_at) {COVERING}",
        "CREATE INDEX ix_visit_person_id_entered_at ON visit (person_id, entered_at)",
        "CREATE INDEX ix_visit_device_entered_at ON visit (device, entered_at)",
    ),
    "declaration": (
        "ALTER TABLE declaration ADD CONSTRAINT pk_declaration PRIMARY KEY (made_at, id)",
        "CREATE INDEX ix_declaration_person_id_made_at ON declaration (person_id, made_at)",
    ),
}

# Both tables of a day, made by whoever notices that they are missing: also by the public role, which owns
# nothing, so that no visit is lost because nobody made the day. Attached, not created in place, since that
# would wait for every reader of the other days. Bounded, since a stranger may call it.
OPEN_DAY = f"""
CREATE FUNCTION open_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    since timestamptz := day::timestamp AT TIME ZONE '{ZONE}';
    until timestamptz := (day + 1)::timestamp AT TIME ZONE '{ZONE}';
    kind text;
    name text;
    made boolean := false;
BEGIN
    FOREACH kind IN ARRAY ARRAY['visit', 'declaration'] LOOP
        name := kind || '_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(728);
        -- Made by somebody else while we waited: asked of the catalogue itself, since what is remembered of
        -- names is not looked at anew for a wait.
        CONTINUE WHEN EXISTS (
            SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = kind::regclass AND c.relname = name
        );
        -- The owner may load what is old; a tier makes days of about now alone.
        IF session_user <> current_user AND day NOT BETWEEN current_date - 400 AND current_date + 14 THEN
            RAISE EXCEPTION 'not a day of about now';
        END IF;
        IF (SELECT count(*) FROM pg_inherits WHERE inhparent = kind::regclass) >= 500 THEN
            RAISE EXCEPTION 'there are 500 days already';
        END IF;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, kind);
        -- Read by its index alone also on the day itself, and planned by what it holds by now.
        EXECUTE format(
            'ALTER TABLE %I SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)',
            name
        );
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', kind, name, since, until);
        made := true;
    END LOOP;
    RETURN made;
END $$
"""


def upgrade() -> None:
    bind = op.get_bind()
    op.create_index("ix_person_name_index", "person", ["name_index"])
    # A recorded end is the latest end too: so what can have met a window is read from the index alone.
    with op.batch_alter_table("visit") as visit:
        visit.create_check_constraint("recorded", "left_at IS NULL OR until_latest = left_at")
    if bind.dialect.name != "postgresql":
        return
    for table, moment in TABLES.items():
        op.execute(
            f"CREATE TABLE {table}_days (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) "
            f"PARTITION BY RANGE ({moment})"
        )
        days = bind.scalars(sa.text(f"SELECT DISTINCT ({moment} AT TIME ZONE '{ZONE}')::date FROM {table} ORDER BY 1"))
        for day in days.all():
            op.execute(
                f"CREATE TABLE {table}_{day:%Y%m%d} PARTITION OF {table}_days "
                f"FOR VALUES FROM ('{day}'::timestamp AT TIME ZONE '{ZONE}') "
                f"TO (('{day}'::date + 1)::timestamp AT TIME ZONE '{ZONE}')"
            )
        op.execute(f"INSERT INTO {table}_days SELECT * FROM {table}")
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {table}_days RENAME TO {table}")
        for statement in INDEXES[table]:
            op.execute(statement)
    op.execute(OPEN_DAY)


def downgrade() -> None:
    op.drop_index("ix_person_name_index", "person")
    with op.batch_alter_table("visit") as visit:
        visit.drop_constraint("recorded", type_="check")
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP FUNCTION open_day(date)")
    for table in TABLES:
        op.execute(f"CREATE TABLE {table}_plain (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        op.execute(f"INSERT INTO {table}_plain SELECT * FROM {table}")
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {table}_plain RENAME TO {table}")
        for statement in INDEXES[table]:
            op.execute(statement.replace(COVERING, FORMER))
