"""Declarations without a venue, and what a station does about whom it has to call.

The functions are PostgreSQL's alone. They have the rights of the tables' owner and check by themselves who asks.
"""

import sqlalchemy as sa
from alembic import op

from checkin.migrations.functions import change

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
_COMMUNE = "nullif(current_setting('checkin.commune', true), '')"

# The row leaves the sight of who moves it, which no policy of an UPDATE allows. To a commune of the province alone.
MOVE_CALL = f"""
CREATE FUNCTION move_call(of uuid, seen integer, target text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql {_HEAD} AS $$
BEGIN
    UPDATE station_call SET commune_id = target, state = 'new', taken_by = NULL, taken_by_name = NULL,
        version = version + 1, changed_at = at
    WHERE id = of AND version = seen AND {_ROLE} = 'commune' AND commune_id = {_COMMUNE} AND target <> {_COMMUNE}
      AND EXISTS (SELECT 1 FROM place t JOIN place h ON h.parent_id = t.parent_id
                  WHERE t.id = target AND h.id = {_COMMUNE});
    RETURN FOUND;
END $$
"""  # noqa: S608
# EXECUTE, so that the days are known when it is planned and no other day is touched.
CALL_SUMS = f"""
CREATE FUNCTION call_sums(since timestamptz)
RETURNS TABLE (commune text, level text, state text, calls bigint, oldest timestamptz)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'command', 'admin') THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE $q$
        SELECT a.commune, a.level, a.state, count(*), min(a.made_at) FROM (
            SELECT c.commune_id::text AS commune, c.triage::text AS level, c.state::text AS state, c.made_at
            FROM station_call c WHERE c.state <> 'done' OR c.changed_at >= $1
            UNION ALL
            SELECT d.commune_id::text, d.triage::text, 'new', d.made_at
            FROM declaration d
            WHERE d.made_at >= $1 AND d.triage IN ('watch', 'urgent') AND d.commune_id IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM station_call k WHERE k.id = d.id)
        ) a GROUP BY 1, 2, 3
    $q$ USING since;
END $$
"""  # noqa: S608
# A request to delete takes the calls along, with what stations noted.
_LAST = "DELETE FROM person_card c WHERE c.person_id = subject;"
_CALLS = """DELETE FROM station_step s USING station_call k WHERE s.call_id = k.id AND k.person_id = subject;
    DELETE FROM station_call k WHERE k.person_id = subject;"""
DELETE = (_LAST, f"{_LAST}\n    {_CALLS}")
# What the public role may write: lists of words, and moments that are some.
_WORDS = (
    "json_typeof({0}) = 'array' AND length({0}::text) <= 4000 AND json_array_length({0}) <= 50 "
    "AND NOT jsonb_path_exists({0}::jsonb, 'strict $[*] ? (@.type() <> \"string\")')"
)
CHECKS = {
    "ck_station_call_words": " AND ".join(_WORDS.format(name) for name in ("symptoms", "reasons")),
    "ck_station_call_moments": "made_at BETWEEN '2000-01-01 00:00+00' AND '2999-01-01 00:00+00' "
    "AND octet_length(details) <= 20000",
}
FUNCTIONS = {
    "move_call(uuid, integer, text, timestamptz)": MOVE_CALL,
    "call_sums(timestamptz)": CALL_SUMS,
}
CALL_CHECKS = {
    "kind": "kind IN ('door', 'ill', 'enter', 'leave', 'return')",
    "state": "state IN ('new', 'called', 'done')",
    "reference": "(kind = 'door') = (reference IS NULL)",
    "taken": "(taken_by IS NULL) = (taken_by_name IS NULL)",
    "day": "day > '2020-01-01' AND day < '2200-01-01'",
}
STEP_CHECKS = {
    "what": "what IN ('take', 'let_go', 'call', 'move', 'undo')",
    "result": "(what = 'call') = (result IS NOT NULL) "
    "AND (result IS NULL OR result IN ('reached', 'not_reached', 'wrong_number'))",
    "moved": "(what = 'move') = (to_commune_id IS NOT NULL)",
}


def _checks(table: str, of: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in of.items()]


def upgrade() -> None:
    op.create_table(
        "station_call",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(6), nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("commune_id", sa.String(24), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("triage", sa.String(8), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("symptoms", sa.JSON, nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("reference", sa.String(14)),
        sa.Column("state", sa.String(6), nullable=False, server_default="new"),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("taken_by", sa.Uuid),
        sa.Column("taken_by_name", sa.String(80)),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_station_call"),
        sa.UniqueConstraint("reference", name="uq_station_call_reference"),
        *_checks("station_call", CALL_CHECKS),
    )
    op.create_index("ix_station_call_commune_id", "station_call", ["commune_id", "state"])
    op.create_index("ix_station_call_day", "station_call", ["day"])
    op.create_index("ix_station_call_person_id", "station_call", ["person_id"])
    op.create_table(
        "station_step",
        sa.Column("call_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commune_id", sa.String(24), nullable=False),
        sa.Column("to_commune_id", sa.String(24)),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.Column("what", sa.String(6), nullable=False),
        sa.Column("result", sa.String(12)),
        sa.Column("note", sa.LargeBinary),
        sa.Column("state_before", sa.String(6), nullable=False),
        sa.Column("taken_before", sa.Uuid),
        sa.Column("taken_before_name", sa.String(80)),
        sa.PrimaryKeyConstraint("call_id", "number", name="pk_station_step"),
        *_checks("station_step", STEP_CHECKS),
    )
    op.create_index("ix_station_step_commune_id", "station_step", ["commune_id", "at"])
    if op.get_bind().dialect.name != "postgresql":
        return
    change("delete_for_request", *DELETE)
    for name, condition in CHECKS.items():
        op.get_bind().exec_driver_sql(f"ALTER TABLE station_call ADD CONSTRAINT {name} CHECK ({condition})")
    for name, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
        change("delete_for_request", *reversed(DELETE))
    op.drop_table("station_step")
    op.drop_table("station_call")
