"""F2: who was near an F1, let go with the F1.

The function is PostgreSQL's alone; it has the rights of the tables' owner and checks by itself who asks.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

STAGES = ("'call', 'f1', 'not'", "'call', 'f1', 'f2', 'not'")
_STEPS = "'assign', 'take', 'let_go', 'call', 'decide', 'ubnd', 'to_cdc', 'sent'"
STEPS = (_STEPS, f"{_STEPS}, 'near', 'freed'")
# Whom somebody has to call: an F2 until they were reached.
TO_CALL = ("c.stage = 'call'", "(c.stage = 'call' OR c.stage = 'f2' AND c.result IS DISTINCT FROM 'reached')")
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
head = "SECURITY DEFINER SET search_path = public, pg_temp"
# What somebody's day says last, and a test that says positive while nobody has opened a case of them.
_ILL = """(SELECT k.said FROM contact_check k WHERE k.contact_id = c.id AND k.kind = 'health'
            AND k.day BETWEEN on_day - 1 AND on_day ORDER BY k.day DESC, k.number DESC LIMIT 1) = 'ill'"""
_POSITIVE = """EXISTS (SELECT 1 FROM contact_check k
            WHERE k.contact_id = c.id AND k.kind = 'test' AND k.said = 'positive' AND NOT EXISTS (
                SELECT 1 FROM contact_check l WHERE l.contact_id = k.contact_id AND l.kind = k.kind
                AND l.day = k.day AND l.number > k.number))
        AND NOT EXISTS (SELECT 1 FROM "case" f
                        WHERE f.person_id = c.person_id AND f.state <> 'discarded')"""
_WATCHED = "c.stage = 'f1' AND on_day BETWEEN c.quarantine_from AND c.quarantine_until"


# By the station that calls, and nobody's where it is the CDC; by case for the CDC alone.
def _sums(to_call: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION contact_sums(at timestamptz, on_day date, since timestamptz)
RETURNS TABLE (case_of uuid, commune text, to_call bigint, late bigint, refused bigint, f1 bigint, new_f1 bigint,
               calls bigint, watched bigint, unseen bigint, ill bigint, positive bigint)
LANGUAGE plpgsql STABLE {head} AS $$
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'command', 'admin') THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT
        CASE WHEN {_ROLE} = 'cdc' THEN c.case_id END,
        CASE WHEN c.result IS DISTINCT FROM 'moved' AND c.raised IS DISTINCT FROM 'to_cdc' THEN c.commune_id::text END,
        count(*) FILTER (WHERE {to_call}),
        count(*) FILTER (WHERE {to_call} AND c.due_at < at),
        count(*) FILTER (WHERE {to_call} AND c.result = 'refused'),
        count(*) FILTER (WHERE c.stage = 'f1'),
        count(*) FILTER (WHERE c.stage = 'f1' AND c.stage_at > since),
        coalesce(sum((SELECT count(*) FROM contact_step s WHERE s.contact_id = c.id AND s.what = 'call'
                      AND s.at > since)), 0)::bigint,
        count(*) FILTER (WHERE {_WATCHED}),
        count(*) FILTER (WHERE {_WATCHED} AND NOT EXISTS (
            SELECT 1 FROM contact_check k WHERE k.contact_id = c.id AND k.kind = 'health' AND k.day = on_day)),
        count(*) FILTER (WHERE c.stage = 'f1' AND {_ILL}),
        count(*) FILTER (WHERE {_POSITIVE})
    FROM contact c GROUP BY 1, 2;
END $$
"""  # noqa: S608


def upgrade() -> None:
    _allow(1)
    op.create_table(
        "contact_near",
        sa.Column("contact_id", sa.Uuid, nullable=False),
        sa.Column("f1_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "f1_id", name="pk_contact_near"),
        sa.CheckConstraint("contact_id <> f1_id", name=op.f("ck_contact_near_another")),
    )
    op.create_index("ix_contact_near_f1_id", "contact_near", ["f1_id"])
    op.create_index("ix_contact_near_case_id", "contact_near", ["case_id"])


def downgrade() -> None:
    op.drop_table("contact_near")
    # An F2 is somebody to call again; the numbers of the steps that stay have gaps from here on.
    op.execute("UPDATE contact SET stage = 'call' WHERE stage = 'f2'")
    op.execute("DELETE FROM contact_step WHERE what IN ('near', 'freed')")
    op.execute("UPDATE contact_step SET stage = 'call' WHERE stage = 'f2'")
    _allow(0)


def _allow(which: int) -> None:
    with op.batch_alter_table("contact") as table:
        table.drop_constraint(op.f("ck_contact_stage"), type_="check")
        table.create_check_constraint(op.f("ck_contact_stage"), f"stage IN ({STAGES[which]})")
    with op.batch_alter_table("contact_step") as table:
        for name, words in (("stage", STAGES), ("what", STEPS)):
            table.drop_constraint(op.f(f"ck_contact_step_{name}"), type_="check")
            table.create_check_constraint(op.f(f"ck_contact_step_{name}"), f"{name} IN ({words[which]})")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_sums(TO_CALL[which]))
