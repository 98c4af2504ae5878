"""The work after the list: how those in quarantine are, who refuses, who lives elsewhere, and shifts of the CDC.

The functions are PostgreSQL's alone: sums for those who see no contact, with the rights of the tables' owner. They
check by themselves who asks.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
_ZONE = "Asia/Ho_Chi_Minh"
STEPS = "'assign', 'take', 'let_go', 'call', 'decide'"
NEW_STEPS = f"{STEPS}, 'ubnd', 'to_cdc', 'sent'"
CHECKS = {
    "said": "kind = 'health' AND said IN ('well', 'ill', 'missed', 'untried') "
    "OR kind = 'test' AND said IN ('waiting', 'negative', 'positive')",
    "day": "day > '2020-01-01' AND day < '2200-01-01'",
}
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
CONTACT_SUMS = f"""
CREATE FUNCTION contact_sums(at timestamptz, on_day date, since timestamptz)
RETURNS TABLE (case_of uuid, commune text, to_call bigint, late bigint, refused bigint, f1 bigint, new_f1 bigint,
               calls bigint, watched bigint, unseen bigint, ill bigint, positive bigint)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'command', 'admin') THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT
        CASE WHEN {_ROLE} = 'cdc' THEN c.case_id END,
        CASE WHEN c.result IS DISTINCT FROM 'moved' AND c.raised IS DISTINCT FROM 'to_cdc' THEN c.commune_id::text END,
        count(*) FILTER (WHERE c.stage = 'call'),
        count(*) FILTER (WHERE c.stage = 'call' AND c.due_at < at),
        count(*) FILTER (WHERE c.stage = 'call' AND c.result = 'refused'),
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
CONTACT_SPEED = f"""
CREATE FUNCTION contact_speed(since timestamptz, until timestamptz, first_hours integer, second_hours integer)
RETURNS TABLE (day date, given bigint, over_first bigint, in_first bigint, over_second bigint, in_second bigint)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
DECLARE
    a interval := make_interval(hours => first_hours);
    b interval := make_interval(hours => second_hours);
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'command', 'admin') THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT (x.began AT TIME ZONE '{_ZONE}')::date, count(*),
        count(*) FILTER (WHERE x.began + a <= until),
        count(*) FILTER (WHERE x.began + a <= until AND x.reached <= x.began + a),
        count(*) FILTER (WHERE x.began + b <= until),
        count(*) FILTER (WHERE x.began + b <= until AND x.reached <= x.began + b)
    FROM (
        SELECT s.at AS began, (SELECT min(r.at) FROM contact_step r WHERE r.contact_id = s.contact_id
                               AND r.result = 'reached') AS reached
        FROM contact_step s WHERE s.number = 1 AND s.what = 'assign' AND s.at BETWEEN since AND until
    ) x GROUP BY 1;
END $$
"""  # noqa: S608
CASE_SPEED = f"""
CREATE FUNCTION case_speed(since timestamptz, until timestamptz, interview_hours integer, detect_days integer,
                           notify_days integer, respond_days integer, share integer)
RETURNS TABLE (opened bigint, interview_over bigint, interview_in bigint, detect_over bigint, detect_in bigint,
               notify_over bigint, notify_in bigint, respond_over bigint, respond_in bigint,
               median_hours double precision)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
DECLARE
    h interval := make_interval(hours => interview_hours);
    d interval := make_interval(days => respond_days);
BEGIN
    IF {_ROLE} NOT IN ('cdc', 'command', 'admin') THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT count(*),
        count(*) FILTER (WHERE x.opened_at + h <= until),
        count(*) FILTER (WHERE x.opened_at + h <= until AND x.interviewed_at <= x.opened_at + h),
        count(*) FILTER (WHERE x.onset_on IS NOT NULL),
        count(*) FILTER (WHERE coalesce(x.sample_on, x.opened_day) - x.onset_on <= detect_days),
        count(*) FILTER (WHERE x.sample_on IS NOT NULL),
        count(*) FILTER (WHERE x.opened_day - x.sample_on <= notify_days),
        count(*) FILTER (WHERE x.opened_at + d <= until AND x.people > 0),
        count(*) FILTER (WHERE x.opened_at + d <= until AND x.people > 0 AND x.soon * 100 >= share * x.people),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN x.hours < 0 THEN 0 ELSE x.hours END)
    FROM (
        SELECT c.opened_at, c.interviewed_at, c.onset_on, c.sample_on,
            (c.opened_at AT TIME ZONE '{_ZONE}')::date AS opened_day,
            (SELECT count(*) FROM contact k WHERE k.case_id = c.id) AS people,
            (SELECT count(*) FROM contact k JOIN contact_step s ON s.contact_id = k.id AND s.number = 1
             WHERE k.case_id = c.id AND s.at <= c.opened_at + d) AS soon,
            extract(epoch FROM (SELECT min(l.made_at) FROM lookup l WHERE l.case_id = c.id AND l.kind = 'case')
                - (c.sample_on::timestamp AT TIME ZONE '{_ZONE}'))::double precision / 3600 AS hours
        FROM "case" c WHERE c.opened_at BETWEEN since AND until AND c.state <> 'discarded'
    ) x;
END $$
"""  # noqa: S608
# What was done about cases, without who did it or anything else of the log.
CASE_CHANGES = f"""
CREATE FUNCTION case_changes(since timestamptz) RETURNS TABLE (number text, what text, times bigint)
LANGUAGE plpgsql STABLE {_HEAD} AS $$
BEGIN
    IF {_ROLE} <> 'cdc' THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT a.case_number::text, a.action::text, count(*) FROM audit a
    WHERE a.at > since AND a.case_number IS NOT NULL
      AND a.action IN (
        'case.open', 'case.facts', 'case.window', 'case.window_back', 'case.rules', 'case.interview', 'case.tell',
        'case.tell_back', 'case.infected', 'case.state', 'case.link', 'case.unlink'
      ) GROUP BY 1, 2;
END $$
"""  # noqa: S608
FUNCTIONS = {
    "contact_sums(timestamptz, date, timestamptz)": CONTACT_SUMS,
    "contact_speed(timestamptz, timestamptz, integer, integer)": CONTACT_SPEED,
    "case_speed(timestamptz, timestamptz, integer, integer, integer, integer, integer)": CASE_SPEED,
    "case_changes(timestamptz)": CASE_CHANGES,
}


def upgrade() -> None:
    with op.batch_alter_table("contact") as table:
        table.add_column(sa.Column("province_id", sa.String(24)))
        table.add_column(sa.Column("raised", sa.String(6)))
        table.create_check_constraint(op.f("ck_contact_raised"), "raised IS NULL OR raised IN ('ubnd', 'to_cdc')")
    _steps(NEW_STEPS)
    op.create_index("ix_contact_step_at", "contact_step", ["at"])
    op.create_table(
        "contact_check",
        sa.Column("contact_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(6), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("said", sa.String(8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("by_name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "kind", "day", "number", name="pk_contact_check"),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_contact_check_{name}")) for name, rule in CHECKS.items()),
    )
    op.create_table(
        "duty_handover",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_by_name", sa.String(80), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", sa.JSON, nullable=False),
        sa.Column("note", sa.LargeBinary),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("taken_by", sa.Uuid),
        sa.Column("taken_by_name", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_duty_handover"),
        sa.UniqueConstraint("seq", name="uq_duty_handover_seq"),
        sa.CheckConstraint(
            "(taken_at IS NULL) = (taken_by IS NULL) AND (taken_at IS NULL) = (taken_by_name IS NULL)",
            name=op.f("ck_duty_handover_taken"),
        ),
        sa.CheckConstraint("taken_by IS NULL OR taken_by <> made_by", name=op.f("ck_duty_handover_another")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for name, function in FUNCTIONS.items():
            op.execute(function)
            op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_table("duty_handover")
    op.drop_table("contact_check")
    op.drop_index("ix_contact_step_at", "contact_step")
    # The numbers of the steps that stay have gaps from here on, and the next step still has the next number.
    op.execute("DELETE FROM contact_step WHERE what IN ('ubnd', 'to_cdc', 'sent')")
    _steps(STEPS)
    with op.batch_alter_table("contact") as table:
        table.drop_constraint(op.f("ck_contact_raised"), type_="check")
        table.drop_column("raised")
        table.drop_column("province_id")


def _steps(kinds: str) -> None:
    with op.batch_alter_table("contact_step") as table:
        table.drop_constraint(op.f("ck_contact_step_what"), type_="check")
        table.create_check_constraint(op.f("ck_contact_step_what"), f"what IN ({kinds})")
