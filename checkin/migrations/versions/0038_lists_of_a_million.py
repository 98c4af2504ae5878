"""Pages of numbers that stay quick with a million contacts: what is open has indexes of its own, and a contact says
when it was given and first reached.

The functions are PostgreSQL's alone; they have the rights of the tables' owner and check by themselves who asks.
"""

from importlib import import_module
from typing import Any

import sqlalchemy as sa
from alembic import op

from checkin.migrations.functions import change

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp SET jit = off"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
_ZONE = "Asia/Ho_Chi_Minh"
_OPEN = "stage = 'call' OR stage = 'f2' AND result IS DISTINCT FROM 'reached'"
_OPEN_SQLITE = "stage = 'call' OR stage = 'f2' AND result IS NOT 'reached'"
_HOME = "CASE WHEN c.result IS DISTINCT FROM 'moved' AND c.raised IS DISTINCT FROM 'to_cdc' THEN c.commune_id::text END"
# By the station that calls, and nobody's where it is the CDC; for the CDC also by case, where one is to be looked at.
# Only contacts that count for something are read, each kind by an index of its own.
CONTACT_SUMS = f"""
CREATE FUNCTION contact_sums(at timestamptz, on_day date)
RETURNS TABLE (case_of uuid, commune text, to_call bigint, late bigint, refused bigint, watched bigint, unseen bigint,
               ill bigint, positive bigint)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'command', 'admin') THEN
        RETURN;
    END IF;
    RETURN QUERY WITH asked AS (
        SELECT DISTINCT k.contact_id FROM contact_check k WHERE k.kind = 'health' AND k.day = on_day
    ), fell_ill AS (
        SELECT k.contact_id FROM contact_check k
        WHERE k.kind = 'health' AND k.said = 'ill' AND k.day BETWEEN on_day - 1 AND on_day AND NOT EXISTS (
            SELECT 1 FROM contact_check l WHERE l.contact_id = k.contact_id AND l.kind = 'health'
            AND l.day BETWEEN k.day AND on_day AND (l.day > k.day OR l.number > k.number))
    ), suspect AS MATERIALIZED (
        -- Nearly all of them are a case by now: what was said last is asked of the others alone.
        SELECT c.id, c.case_id, {_HOME} AS home
        FROM (SELECT DISTINCT k.contact_id FROM contact_check k WHERE k.said = 'positive') p
        JOIN contact c ON c.id = p.contact_id
        WHERE NOT EXISTS (SELECT 1 FROM "case" f WHERE f.person_id = c.person_id AND f.state <> 'discarded')
    ), work AS (
        SELECT c.case_id, {_HOME} AS home, 1 AS to_call, (c.due_at < at)::int AS late,
            (c.result IS NOT DISTINCT FROM 'refused')::int AS refused, 0 AS watched, 0 AS unseen, 0 AS ill,
            0 AS positive
        FROM contact c WHERE c.stage = 'call' OR c.stage = 'f2' AND c.result IS DISTINCT FROM 'reached'
        UNION ALL
        SELECT c.case_id, {_HOME}, 0, 0, 0, 1, (a.contact_id IS NULL)::int, 0, 0
        FROM contact c LEFT JOIN asked a ON a.contact_id = c.id
        WHERE c.stage = 'f1' AND c.quarantine_from <= on_day AND c.quarantine_until >= on_day
        UNION ALL
        SELECT c.case_id, {_HOME}, 0, 0, 0, 0, 0, 1, 0
        FROM fell_ill i JOIN contact c ON c.id = i.contact_id WHERE c.stage = 'f1'
        UNION ALL
        SELECT s.case_id, s.home, 0, 0, 0, 0, 0, 0, 1 FROM suspect s WHERE EXISTS (
            SELECT 1 FROM contact_check k
            WHERE k.contact_id = s.id AND k.kind = 'test' AND k.said = 'positive' AND NOT EXISTS (
                SELECT 1 FROM contact_check l WHERE l.contact_id = k.contact_id AND l.kind = k.kind
                AND l.day = k.day AND l.number > k.number))
    )
    SELECT w.case_id, w.home, sum(w.to_call), sum(w.late), sum(w.refused), sum(w.watched), sum(w.unseen), sum(w.ill),
        sum(w.positive)
    FROM work w GROUP BY GROUPING SETS ((w.home), (w.case_id))
    HAVING GROUPING(w.case_id) = 1 OR {_ROLE} = 'cdc' AND sum(w.refused) + sum(w.ill) + sum(w.positive) > 0;
END $$
"""  # noqa: S608
CONTACT_DONE = f"""
CREATE FUNCTION contact_done(since timestamptz) RETURNS TABLE (new_f1 bigint, calls bigint)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'command', 'admin') THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT
        (SELECT count(*) FROM contact c WHERE c.stage = 'f1' AND c.stage_at > since),
        (SELECT count(*) FROM contact_step s WHERE s.what = 'call' AND s.at > since);
END $$
"""  # noqa: S608
FUNCTIONS = {"contact_sums(timestamptz, date)": CONTACT_SUMS, "contact_done(timestamptz)": CONTACT_DONE}
# What functions read now, and what they read before.
CHANGES = (
    (
        "contact_speed",
        """    b interval := make_interval(hours => second_hours);
""",
        # A moment of its own, which would be counted for every row.
        """    b interval := make_interval(hours => second_hours);
    over_a timestamptz := until - a;
    over_b timestamptz := until - b;
""",
    ),
    (
        "contact_speed",
        f"""    RETURN QUERY SELECT (x.began AT TIME ZONE '{_ZONE}')::date, count(*),
        count(*) FILTER (WHERE x.began + a <= until),
        count(*) FILTER (WHERE x.began + a <= until AND x.reached <= x.began + a),
        count(*) FILTER (WHERE x.began + b <= until),
        count(*) FILTER (WHERE x.began + b <= until AND x.reached <= x.began + b)
    FROM (
        SELECT s.at AS began, (SELECT min(r.at) FROM contact_step r WHERE r.contact_id = s.contact_id
                               AND r.result = 'reached') AS reached
        FROM contact_step s WHERE s.number = 1 AND s.what = 'assign' AND s.at BETWEEN since AND until
    ) x GROUP BY 1;
""",  # noqa: S608
        # Days of the province begin at +07 since 1975; a zone asked for every row takes longer than all the rest.
        f"""    RETURN QUERY SELECT (x.began AT TIME ZONE '{_ZONE}')::date, x.every, x.past_a, x.in_a, x.past_b, x.in_b
    FROM (
        SELECT date_bin('1 day', c.given_at, '2000-01-01 00:00+07') AS began, count(*) AS every,
            count(*) FILTER (WHERE c.given_at <= over_a) AS past_a,
            count(*) FILTER (WHERE c.given_at <= over_a AND c.reached_at <= c.given_at + a) AS in_a,
            count(*) FILTER (WHERE c.given_at <= over_b) AS past_b,
            count(*) FILTER (WHERE c.given_at <= over_b AND c.reached_at <= c.given_at + b) AS in_b
        FROM contact c WHERE c.given_at BETWEEN since AND until GROUP BY 1
    ) x;
""",  # noqa: S608
    ),
    (
        "case_speed",
        """            (SELECT count(*) FROM contact k WHERE k.case_id = c.id) AS people,
            (SELECT count(*) FROM contact k JOIN contact_step s ON s.contact_id = k.id AND s.number = 1
             WHERE k.case_id = c.id AND s.at <= c.opened_at + d) AS soon,
""",
        "            g.people, g.people - h.late AS soon,\n",
    ),
    (
        "case_speed",
        """        FROM "case" c WHERE c.opened_at BETWEEN since AND until AND c.state <> 'discarded'
""",
        # Of a case whose time is not over nobody is counted; OFFSET, so that everything is counted once.
        """        FROM "case" c LEFT JOIN LATERAL (
            SELECT count(*) AS people FROM contact k WHERE k.case_id = c.id AND c.opened_at + d <= until
        ) g ON true LEFT JOIN LATERAL (
            SELECT count(*) AS late FROM contact k
            WHERE k.case_id = c.id AND k.given_at > c.opened_at + d AND c.opened_at + d <= until
        ) h ON true
        WHERE c.opened_at BETWEEN since AND until AND c.state <> 'discarded' OFFSET 0
""",
    ),
)


def _only(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


INDEXES: tuple[tuple[str, str, list[str], dict[str, Any]], ...] = (
    (
        "ix_contact_to_call",
        "contact",
        ["commune_id", "due_at", "id"],
        {"postgresql_where": sa.text(_OPEN), "sqlite_where": sa.text(_OPEN_SQLITE)},
    ),
    ("ix_contact_f1", "contact", ["quarantine_until", "commune_id"], _only("stage = 'f1'")),
    ("ix_contact_f1_since", "contact", ["stage_at"], _only("stage = 'f1'")),
    ("ix_contact_given_at", "contact", ["given_at", "reached_at"], {}),
    ("ix_contact_case_id", "contact", ["case_id", "given_at"], {}),
    ("ix_contact_step_called", "contact_step", ["at"], _only("what = 'call'")),
    ("ix_contact_check_health", "contact_check", ["day", "said", "contact_id"], _only("kind = 'health'")),
    ("ix_contact_check_positive", "contact_check", ["contact_id"], _only("said = 'positive'")),
)


def upgrade() -> None:
    op.add_column("contact", sa.Column("given_at", sa.DateTime(timezone=True)))
    op.add_column("contact", sa.Column("reached_at", sa.DateTime(timezone=True)))
    op.execute("""
        UPDATE contact SET
            given_at = coalesce((SELECT s.at FROM contact_step s WHERE s.contact_id = contact.id AND s.number = 1),
                                stage_at),
            reached_at = (SELECT min(s.at) FROM contact_step s WHERE s.contact_id = contact.id AND s.result = 'reached')
    """)
    op.drop_index("ix_contact_commune_id", "contact")
    op.drop_index("ix_contact_step_at", "contact_step")
    with op.batch_alter_table("contact") as table:
        table.alter_column("given_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    for name, table_name, columns, where in INDEXES:
        op.create_index(name, table_name, columns, **where)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION contact_sums(timestamptz, date, timestamptz)")
        for name, function in FUNCTIONS.items():
            op.execute(function)
            op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        for name, before, after in CHANGES:
            change(name, before, after)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, before, after in CHANGES:
            change(name, after, before)
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
        former = import_module("checkin.migrations.versions.0036_near_an_f1")
        op.execute(former._sums(former.TO_CALL[1]))
        op.execute("REVOKE ALL ON FUNCTION contact_sums(timestamptz, date, timestamptz) FROM PUBLIC")
    for name, table_name, _columns, _where in INDEXES:
        op.drop_index(name, table_name)
    with op.batch_alter_table("contact") as table:
        table.drop_column("reached_at")
        table.drop_column("given_at")
    op.create_index("ix_contact_commune_id", "contact", ["commune_id", "stage", "due_at"])
    op.create_index("ix_contact_step_at", "contact_step", ["at"])
