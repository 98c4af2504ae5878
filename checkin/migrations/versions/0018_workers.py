"""People who work at a venue and their shifts: a round makes visits of them, which nothing counts as visitors.

The functions are PostgreSQL's alone. They have the rights of the tables' owner and check by themselves who asks.
"""

import sqlalchemy as sa
from alembic import op

from checkin.db import UtcDateTime
from checkin.migrations.functions import change

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_HEAD = "SECURITY DEFINER SET search_path = public, pg_temp"
_ROLE = "coalesce(current_setting('checkin.role', true), '')"
_CALENDAR = "BETWEEN '2000-01-01' AND '2999-12-31'"
_MINUTES = "BETWEEN 0 AND 1439"

# What a round found to be right is written; what was written of today and is right no more goes; of a day that is over
# nothing goes, and what its owner said otherwise of it gets a mark. The staff role writes no visit itself, and what is
# sealed passes nowhere. `asked` are the shifts that were looked at, by day; `wanted` are the stays that they should
# be. Whoever asks is not believed more than it has to be: a stay lies within a plan or a change that an owner wrote,
# and the day of the log's last entry says which days are over and how far back anything is written. Whatever a case
# keeps a copy of stays. EXECUTE, so that only the days in question are planned.
_LOCAL = "AT TIME ZONE 'Asia/Ho_Chi_Minh'"
# Longer than anything is kept.
_MOST_DAYS = 31
_ASKED = f"""
    asked AS MATERIALIZED (
        SELECT a.worker, a.shift, a.since, a.since + interval '2 days' AS until, a.marked, k.person_id, k.venue_id,
            -- Who was put down by mistake was never there, also where the round comes after midnight.
            (a.past OR d.day < $5) AND NOT (coalesce(k.last_day < k.first_day, false) AND d.day = k.first_day) AS past,
            d.day <= coalesce(k.last_day, 'infinity') AND (
                k.planned_from <= d.day AND k.weekdays >> (extract(isodow FROM d.day)::int - 1) & 1 = 1
                OR EXISTS (SELECT FROM shift_change c WHERE c.worker_id = k.id AND c.day = d.day AND c.kind = 'hours')
            ) AS works
        FROM jsonb_to_recordset($1) AS a (worker uuid, shift uuid, since timestamptz, past boolean, marked boolean)
        JOIN worker k ON k.id = a.worker
        CROSS JOIN LATERAL (SELECT (a.since {_LOCAL})::date AS day) d
        WHERE d.day >= k.first_day AND d.day > $5 - {_MOST_DAYS}
    ),
    wanted AS MATERIALIZED (
        SELECT w.*, a.past, a.works FROM jsonb_to_recordset($2) AS w (
            worker uuid, shift uuid, id uuid, entered timestamptz, likely timestamptz, latest timestamptz,
            gone timestamptz, by text, rules text
        )
        JOIN asked a ON a.worker = w.worker AND a.shift = w.shift
        WHERE w.entered >= a.since AND w.entered < a.until AND w.likely BETWEEN w.entered AND w.latest
          AND w.latest <= w.entered + interval '1 day'
    ),
    there AS MATERIALIZED (
        SELECT v.entered_at, v.id, v.until_likely, v.until_latest, v.left_at, v.flags, a.shift, a.past, a.marked
        FROM asked a
        JOIN visit v ON v.person_id = a.person_id AND v.entered_at >= a.since AND v.entered_at < a.until
            AND v.channel = 'shift' AND v.group_id = a.shift AND v.venue_id = a.venue_id
        WHERE v.entered_at >= $3 AND v.entered_at < $4
    ),
    kept AS MATERIALIZED (
        SELECT c.id FROM kept_visit c WHERE c.channel = 'shift' AND c.entered_at >= $3 AND c.entered_at < $4
    )
"""  # noqa: S608
_SAME = """w.entered = t.entered_at AND w.likely = t.until_likely AND w.latest = t.until_latest
                AND w.gone IS NOT DISTINCT FROM t.left_at"""
WRITE_SHIFTS = f"""
CREATE FUNCTION write_shifts(asked jsonb, wanted jsonb, OUT written bigint, OUT removed bigint)
LANGUAGE plpgsql {_HEAD} AS $$
DECLARE
    first timestamptz;
    last timestamptz;
    today date;
BEGIN
    IF {_ROLE} <> 'system' THEN
        RAISE EXCEPTION 'only a round writes shifts';
    END IF;
    SELECT min(a.since), max(a.since) + interval '2 days' INTO first, last
    FROM jsonb_to_recordset($1) AS a (since timestamptz);
    SELECT (at {_LOCAL})::date INTO today FROM audit ORDER BY seq DESC LIMIT 1;
    -- Where nothing was ever done nothing is over.
    today := coalesce(today, (first {_LOCAL})::date);
    EXECUTE $q$
        WITH {_ASKED},
        old AS (
            DELETE FROM visit v USING there t
            WHERE v.entered_at = t.entered_at AND v.id = t.id AND v.entered_at >= $3 AND v.entered_at < $4
              AND NOT t.past AND t.id NOT IN (SELECT id FROM kept)
              AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = t.id AND {_SAME})
            RETURNING v.entered_at, v.id
        ),
        marks AS (
            SELECT t.entered_at, t.id, t.flags AS before, CASE
                WHEN t.marked AND NOT EXISTS (SELECT FROM wanted w WHERE w.shift = t.shift AND {_SAME})
                THEN 'shift denied' ELSE 'shift' END AS flags
            FROM there t WHERE t.past AND t.id NOT IN (SELECT id FROM kept)
        ),
        marked AS (
            UPDATE visit v SET flags = m.flags FROM marks m
            WHERE v.entered_at = m.entered_at AND v.id = m.id AND v.entered_at >= $3 AND v.entered_at < $4
              AND m.before <> m.flags
        ),
        said AS (
            DELETE FROM declaration d USING old o
            WHERE d.made_at = o.entered_at AND d.id = o.id AND d.made_at >= $3 AND d.made_at < $4
        )
        SELECT count(*) FROM old
    $q$ INTO removed USING asked, wanted, first, last, today;
    EXECUTE $q$
        WITH {_ASKED},
        fresh AS MATERIALIZED (
            SELECT w.*, k.venue_id, k.zone_id, k.person_id, k.commune_id, k.province_id, k.gender, k.age_band,
                k.details, k.masked_name
            FROM wanted w JOIN worker k ON k.id = w.worker
            WHERE w.works AND w.id NOT IN (SELECT id FROM there) AND w.id NOT IN (SELECT id FROM kept)
              AND NOT EXISTS (
                SELECT FROM there t WHERE t.shift = w.shift AND w.past AND t.entered_at <= w.entered
                AND t.until_likely >= w.likely AND t.until_latest >= w.latest
              )
        ),
        said AS (
            INSERT INTO declaration (
                id, made_at, person_id, commune_id, province_id, gender, age_band, details, rules_id, symptoms,
                has_symptoms, contact_sick, travel, triage, reasons, flags
            )
            SELECT id, entered, person_id, commune_id, province_id, gender, age_band, details, rules, '[]',
                NULL, NULL, NULL, 'none', '[]', '["shift"]'
            FROM fresh
            ON CONFLICT DO NOTHING
        ),
        here AS (
            INSERT INTO visit (
                id, entered_at, venue_id, zone_id, person_id, declaration_id, declared_at, left_at, end_set_by,
                until_likely, until_latest, channel, masked_name, flags, group_id
            )
            SELECT id, entered, venue_id, zone_id, person_id, id, entered, gone, by,
                likely, latest, 'shift', masked_name, 'shift', shift
            FROM fresh
            ON CONFLICT DO NOTHING
            RETURNING 1
        )
        SELECT count(*) FROM here
    $q$ INTO written USING asked, wanted, first, last, today;
END $$
"""  # noqa: S608

# What counts visitors, or shows them at the counter, leaves shifts out. By function: the words that are replaced, and
# what stands there from now on; taken back the other way round, so that each is again what it was before.
_UNTIL = "v.entered_at >= $2 AND v.entered_at < $3"
_WHOSE = "DELETE FROM visit v WHERE v.person_id = subject;"
_LISTED = """DELETE FROM shift_change c USING worker k WHERE c.worker_id = k.id AND k.person_id = subject;
    DELETE FROM worker k WHERE k.person_id = subject;"""
CHANGED = {
    "visit_hours": ("entered_at < until", "entered_at < until AND channel <> 'shift'"),
    "visit_flags": ("WHERE visit.flags <> ''", "WHERE visit.flags <> '' AND visit.channel <> 'shift'"),
    "venue_visits": (_UNTIL, f"{_UNTIL} AND v.channel <> 'shift'"),
    "venue_inside": ("v.until_likely > $3", "v.until_likely > $3 AND v.channel <> 'shift'"),
    "venue_days": (_UNTIL, f"{_UNTIL} AND v.channel <> 'shift'"),
    "visit_sums": ("entered_at < $2", "entered_at < $2 AND channel <> 'shift'"),
    "declaration_sums": ("d.made_at < $2", "d.made_at < $2 AND NOT d.flags::jsonb @> '[\"shift\"]'"),
    "desk_visits": ("v.entered_at <= now()", "v.entered_at <= now() AND v.channel <> 'shift'"),
    "desk_count": ("entered_at <= now()", "entered_at <= now() AND channel <> 'shift'"),
    # What the counter saw is a visit of its own: a shift, which is a plan, is not prolonged by it.
    "desk_open": ("v.until_likely >= at", "v.until_likely >= at AND v.channel <> 'shift'"),
    # First, so that no round makes visits of them again.
    "delete_for_request": (_WHOSE, f"{_LISTED}\n    {_WHOSE}"),
}


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("venue_id", sa.Uuid, nullable=False),
        sa.Column("zone_id", sa.Uuid),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("commune_id", sa.String(24)),
        sa.Column("province_id", sa.String(24)),
        sa.Column("gender", sa.String(6), nullable=False),
        sa.Column("age_band", sa.String(6), nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("masked_name", sa.String(80), nullable=False),
        sa.Column("job", sa.String(60), nullable=False),
        sa.Column("weekdays", sa.SmallInteger, nullable=False),
        sa.Column("starts", sa.SmallInteger, nullable=False),
        sa.Column("ends", sa.SmallInteger, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("planned_from", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("seen_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_worker_venue_id"),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name="fk_worker_zone_id"),
        sa.CheckConstraint(
            f"weekdays BETWEEN 1 AND 127 AND starts {_MINUTES} AND ends {_MINUTES} "
            f"AND first_day {_CALENDAR} AND planned_from {_CALENDAR} AND (last_day IS NULL OR last_day {_CALENDAR})",
            name=op.f("ck_worker_plan"),
        ),
    )
    for column in ("venue_id", "person_id", "due_at"):
        op.create_index(f"ix_worker_{column}", "worker", [column])
    here = sa.text("last_day IS NULL")
    op.create_index(
        "uq_worker_venue_id_person_id",
        "worker",
        ["venue_id", "person_id"],
        unique=True,
        postgresql_where=here,
        sqlite_where=here,
    )
    op.create_table(
        "shift_change",
        sa.Column("worker_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("starts", sa.SmallInteger),
        sa.Column("ends", sa.SmallInteger),
        sa.Column("left_at", UtcDateTime),
        sa.PrimaryKeyConstraint("worker_id", "day", name="pk_shift_change"),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name="fk_shift_change_worker_id"),
        sa.CheckConstraint(
            "kind IN ('planned', 'absent', 'hours') AND (kind = 'hours') = (starts IS NOT NULL) "
            f"AND (kind = 'hours') = (ends IS NOT NULL) AND (starts IS NULL OR starts {_MINUTES}) "
            f"AND (ends IS NULL OR ends {_MINUTES}) AND (left_at IS NULL OR kind = 'hours') AND day {_CALENDAR}",
            name=op.f("ck_shift_change_hours"),
        ),
    )
    if not postgresql:
        return
    op.create_check_constraint(
        op.f("ck_worker_moments"),
        "worker",
        "(due_at IS NULL OR isfinite(due_at)) AND (seen_at IS NULL OR isfinite(seen_at)) AND isfinite(added_at) "
        "AND length(details) <= 4000",
    )
    op.create_check_constraint(op.f("ck_shift_change_moments"), "shift_change", "left_at IS NULL OR isfinite(left_at)")
    op.execute(WRITE_SHIFTS)
    op.execute("REVOKE ALL ON FUNCTION write_shifts(jsonb, jsonb) FROM PUBLIC")
    for name, (before, after) in CHANGED.items():
        change(name, before, after)


# Without this revision nothing tells them from visitors. What a case keeps a copy of stays there.
FORGET_SHIFTS = (
    "DELETE FROM declaration WHERE EXISTS (SELECT 1 FROM visit v WHERE v.channel = 'shift' "
    "AND v.declaration_id = declaration.id AND v.entered_at = declaration.made_at)",
    "DELETE FROM visit WHERE channel = 'shift'",
)


def downgrade() -> None:
    for statement in FORGET_SHIFTS:
        op.execute(statement)
    if op.get_bind().dialect.name == "postgresql":
        for name, (before, after) in CHANGED.items():
            change(name, after, before)
        op.execute("DROP FUNCTION write_shifts(jsonb, jsonb)")
    op.drop_table("shift_change")
    op.drop_table("worker")
