"""Signals: cases that share places, symptoms that pile up; and which case infected which.

The functions are PostgreSQL's alone. They have the rights of the tables' owner and check by themselves who asks.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
STATES = "('new', 'seen', 'working', 'nothing')"
# Numbers of cases, where and when, and of nobody who they are: `who` is the first case of the same person.
STAYS_SHARED = f"""
CREATE FUNCTION stays_shared(since timestamptz, of_disease text, at_venue uuid)
RETURNS TABLE (disease text, venue uuid, entered timestamptz, until timestamptz, recorded boolean,
    zone uuid, seq integer, who integer)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'system') THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH asking AS (
            SELECT c.id, c.seq, c.disease, c.person_id,
                min(c.seq) OVER (PARTITION BY c.disease, c.person_id) AS who
            FROM "case" c WHERE c.state <> 'discarded' AND c.person_id IS NOT NULL
        ),
        stays AS MATERIALIZED (
            SELECT a.disease::text AS disease, k.venue_id, k.entered_at, coalesce(k.left_at, k.until_latest) AS until,
                k.left_at IS NOT NULL AS recorded, k.zone_id, a.seq, a.who
            FROM asking a
            JOIN kept_visit k ON k.person_id = a.person_id AND k.entered_at >= since
            JOIN case_visit v ON v.case_id = a.id AND v.part = 'own'
                AND v.entered_at = k.entered_at AND v.visit_id = k.id
            WHERE (of_disease IS NULL OR a.disease = of_disease) AND (at_venue IS NULL OR k.venue_id = at_venue)
        )
        SELECT s.* FROM stays s WHERE (s.disease, s.venue_id) IN (
            SELECT t.disease, t.venue_id FROM stays t GROUP BY 1, 2 HAVING count(DISTINCT t.who) > 1
        );
END $$
"""  # noqa: S608
# EXECUTE, so that the days are known when it is planned and no other day is touched.
ILL_SUMS = f"""
CREATE FUNCTION ill_sums(since timestamptz, until timestamptz)
RETURNS TABLE (commune text, venue uuid, people bigint) LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'system') THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE $q$
        WITH ill AS MATERIALIZED (
            SELECT d.id, d.made_at, d.person_id, d.commune_id FROM declaration d
            WHERE d.made_at >= $1 AND d.made_at < $2 AND d.triage IN ('watch', 'urgent') AND d.has_symptoms
        )
        SELECT i.commune_id::text, NULL::uuid, count(DISTINCT i.person_id) FROM ill i
        WHERE i.commune_id IS NOT NULL GROUP BY 1
        UNION ALL
        SELECT NULL, v.venue_id, count(DISTINCT i.person_id) FROM ill i
        JOIN visit v ON v.person_id = i.person_id AND v.declared_at = i.made_at AND v.declaration_id = i.id
        WHERE v.entered_at >= $1 - interval '1 day' AND v.entered_at < $2 + interval '1 day' GROUP BY 2
    $q$ USING since, until;
END $$
"""  # noqa: S608
TOLD_SINCE = f"""
CREATE FUNCTION told_since() RETURNS timestamptz LANGUAGE sql STABLE {_HEAD} AS $$
    SELECT min(d.made_at) FROM declaration d WHERE {_ROLE} IN ('cdc', 'system')
$$
"""  # noqa: S608
FUNCTIONS = {
    "stays_shared(timestamptz, text, uuid)": STAYS_SHARED,
    "ill_sums(timestamptz, timestamptz)": ILL_SUMS,
    "told_since()": TOLD_SINCE,
}


def upgrade() -> None:
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(7), nullable=False),
        sa.Column("disease", sa.String(24)),
        sa.Column("venue_id", sa.Uuid),
        sa.Column("zone_id", sa.Uuid),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("gap_minutes", sa.Integer),
        sa.Column("expected", sa.Double),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("count_seen", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal"),
        sa.UniqueConstraint("seq", name="uq_signal_seq"),
        sa.CheckConstraint("kind IN ('cluster', 'pile')", name=op.f("ck_signal_kind")),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_signal_state")),
        sa.CheckConstraint(
            "(kind = 'cluster') = (disease IS NOT NULL AND gap_minutes IS NOT NULL) "
            "AND (kind = 'pile') = (expected IS NOT NULL) AND (venue_id IS NULL) <> (commune_id IS NULL)",
            name=op.f("ck_signal_about"),
        ),
    )
    op.create_index("ix_signal_state_changed_at", "signal", ["state", "changed_at"])
    op.create_index("ix_signal_place", "signal", ["kind", "venue_id", "commune_id"])
    op.create_table(
        "signal_step",
        sa.Column("signal_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", "number", name="pk_signal_step"),
        sa.ForeignKeyConstraint(["signal_id"], ["signal.id"], name="fk_signal_step_signal_id"),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_signal_step_state")),
    )
    op.create_table(
        "infection",
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("source_id", sa.Uuid),
        sa.Column("place", sa.String(8), nullable=False),
        sa.Column("venue_id", sa.Uuid),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_infection"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_infection_case_id"),
        sa.ForeignKeyConstraint(["source_id"], ["case.id"], name="fk_infection_source_id"),
        sa.CheckConstraint(
            "place IN ('venue', 'province', 'outside', 'unknown', 'none')", name=op.f("ck_infection_place")
        ),
        sa.CheckConstraint("(place = 'venue') = (venue_id IS NOT NULL)", name=op.f("ck_infection_venue")),
        sa.CheckConstraint(
            "source_id IS NULL OR source_id <> case_id AND place <> 'none'", name=op.f("ck_infection_source")
        ),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_table("infection")
    op.drop_table("signal_step")
    op.drop_table("signal")
