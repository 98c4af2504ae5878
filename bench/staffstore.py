"""A hundred days of an epidemic in the tables of the CDC and the stations, made by the database itself.

A hundred cases a day at full size, a hundred people to call for each. Nearly all of that is over: open are some
thousand calls and the quarantines of the last two weeks, as in life.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from bench.loading import Say
from checkin import clock
from tests.worlds import World, vault_of

DAYS = 100
EACH = 100
"""Contacts of a case."""
# An id as the product makes them: the newest stand together.
V7 = (
    "(lpad(to_hex((extract(epoch FROM given) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3) "
    "|| '8' || substr(md5(random()::text), 1, 15))::uuid"
)
# In the order in which they are made. What is drawn is drawn anew in each run, with the same shares.
CASES = """
INSERT INTO "case" (id, seq, title, disease, state, onset_on, sample_on, opened_at, confirmed_at, interviewed_at,
  interviewed_by_name, rules_on, person_id, commune_id, detected, version)
SELECT gen_random_uuid(), %(first)s + n, 'Ca ' || n, CASE WHEN n %% 10 = 0 THEN 'measles' ELSE 'covid-19' END,
  CASE WHEN at < %(now)s - interval '21 days' THEN CASE WHEN n %% 97 = 0 THEN 'died' ELSE 'recovered' END
       WHEN n %% 6 = 0 THEN 'suspected' ELSE 'confirmed' END,
  (at - interval '1 day' * (1 + n %% 8))::date, (at - interval '1 day' * (n %% 3))::date, at, at,
  CASE WHEN at < %(now)s - interval '30 hours' THEN at + (n %% 28) * interval '1 hour' END, 'bench', %(today)s,
  gen_random_uuid(), (%(communes)s::text[])[1 + n %% cardinality(%(communes)s::text[])], 'community', 1
FROM generate_series(1, %(cases)s) n,
  LATERAL (SELECT %(now)s - interval '1 minute' - %(span)s * ((%(cases)s - n) / %(cases)s::float) AS at) made
"""
CONTACTS = """
INSERT INTO contact (id, case_id, person_id, disease, stage, stage_at, stage_by_name, given_at, reached_at, commune_id,
  due_at, met_on, details, result, raised, version, quarantine_from, quarantine_until)
SELECT V7, case_id, gen_random_uuid(), disease, stage, coalesce(reached, given), 'bench', given, reached,
  CASE WHEN random() < 0.95
       THEN (%(communes)s::text[])[1 + floor(random() * cardinality(%(communes)s::text[]))::int] END,
  CASE WHEN stage = 'call' AND result IS NOT NULL THEN %(now)s + (random() - 0.5) * interval '1 day'
       ELSE given + interval '24 hours' END,
  met, %(details)s, result, CASE WHEN result = 'refused' AND random() < 0.1 THEN 'to_cdc' END,
  CASE WHEN result IS NULL THEN 1 ELSE 2 END,
  CASE WHEN stage = 'f1' THEN met END, CASE WHEN stage = 'f1' THEN met + 14 END
FROM (
  SELECT s.*, (s.given - interval '1 day' * (1 + floor(random() * 3)))::date AS met,
    CASE WHEN stage IN ('f1', 'not') THEN 'reached'
         WHEN stage = 'f2' THEN CASE WHEN luck < 0.97 THEN 'reached' END
         WHEN luck < 0.4 THEN NULL WHEN luck < 0.8 THEN 'not_reached' WHEN luck < 0.95 THEN 'refused' ELSE 'moved' END
      AS result,
    CASE WHEN stage IN ('f1', 'not') OR stage = 'f2' AND luck < 0.97
         THEN least(s.given + luck * luck * interval '60 hours', %(now)s - interval '30 seconds') END AS reached
  FROM (
    SELECT m.*, CASE WHEN fate < 0.35 AND given > %(now)s - interval '36 hours' OR fate < 0.002 THEN 'call'
                     WHEN fate < 0.022 THEN 'f2' WHEN fate < 0.15 THEN 'f1' ELSE 'not' END AS stage
    FROM (
      SELECT c.id AS case_id, c.disease, random() AS fate, random() AS luck,
        least(c.opened_at + random() * interval '30 hours', %(now)s - interval '1 minute') AS given
      FROM (SELECT * FROM "case" WHERE seq > %(first)s ORDER BY seq) c, generate_series(1, %(each)s)
    ) m
  ) s
) d
""".replace("V7", V7)
STEPS = (
    """
INSERT INTO contact_step (contact_id, number, at, account_id, by_name, what, answers, stage)
SELECT id, 1, given_at, %(account)s, 'bench', 'assign', '[]', CASE stage WHEN 'f2' THEN 'f2' ELSE 'call' END
FROM contact WHERE NOT EXISTS (SELECT FROM contact_step s WHERE s.contact_id = contact.id)
""",
    """
INSERT INTO contact_step (contact_id, number, at, commune_id, account_id, by_name, what, result, answers, stage)
SELECT id, 2, coalesce(reached_at, least(given_at + interval '5 hours', %(now)s)), commune_id, %(account)s, 'bench',
  'call', result, '["near=yes", "mask=no"]', stage
FROM contact WHERE result IS NOT NULL AND stage_by_name = 'bench'
""",
)
# Every day of a quarantine is asked about but a few; of today a part is still to be asked.
CHECKS = (
    """
INSERT INTO contact_check (contact_id, kind, day, number, said, at, commune_id, account_id, by_name)
SELECT id, 'health', day::date, 1, CASE WHEN luck < 0.02 THEN 'ill' WHEN luck < 0.03 THEN 'missed' ELSE 'well' END,
  day + interval '9 hours', commune_id, %(account)s, 'bench'
FROM (
  SELECT c.id, c.commune_id, day, random() AS luck, random() AS asked FROM contact c,
    generate_series(greatest(c.quarantine_from, c.stage_at::date), least(c.quarantine_until, %(today)s),
                    interval '1 day') day
  WHERE c.stage = 'f1' AND c.stage_by_name = 'bench'
) d WHERE asked < CASE WHEN day::date = %(today)s THEN 0.6 ELSE 0.95 END
""",
    """
INSERT INTO contact_check (contact_id, kind, day, number, said, at, commune_id, account_id, by_name)
SELECT id, 'test', day::date, 1,
  CASE WHEN day::date >= %(today)s THEN 'waiting' WHEN random() < 0.008 THEN 'positive' ELSE 'negative' END,
  day + interval '9 hours', commune_id, %(account)s, 'bench'
FROM (
  SELECT c.id, c.commune_id, day, c.stage_at FROM contact c,
    generate_series(c.quarantine_from + 1, least(c.quarantine_until, %(today)s), interval '3 days') day
  WHERE c.stage = 'f1' AND c.stage_by_name = 'bench'
) d WHERE day::date >= stage_at::date AND random() < 0.9
""",
)
# Who was positive before yesterday is a case by now.
BECAME = """
UPDATE "case" SET person_id = p.person_id FROM (
  SELECT person_id, row_number() OVER () AS place FROM (
    SELECT DISTINCT c.person_id FROM contact c JOIN contact_check k ON k.contact_id = c.id
    WHERE k.said = 'positive' AND k.day < %(today)s - 1
  ) d
) p WHERE "case".seq = %(first)s + p.place AND p.place <= %(cases)s
"""
BESIDE = (
    """
INSERT INTO lookup (id, seq, kind, case_id, reason, made_at, made_by_name, start, "end", daily)
SELECT gen_random_uuid(), (SELECT coalesce(max(seq), 0) FROM lookup) + row_number() OVER (ORDER BY c.seq, kind), kind,
  c.id, 'Truy vết người cùng địa điểm', c.opened_at + interval '2 hours', 'bench', c.opened_at - interval '4 days',
  c.opened_at, false
FROM "case" c, unnest(ARRAY['case', 'place']) kind WHERE c.seq > %(first)s
""",
    """
INSERT INTO infection (case_id, number, source_id, place, reason, at, account_id, by_name)
SELECT c.id, 1, s.id, 'province', 'Ở cùng nhà', c.opened_at + interval '5 hours', %(account)s, 'bench'
FROM (SELECT *, seq - 10 * (1 + floor(random() * 30)::int) AS source FROM "case" WHERE seq > %(first)s) c
JOIN "case" s ON s.seq = c.source AND s.seq > %(first)s WHERE random() < 0.65
""",
    """
INSERT INTO signal (id, seq, kind, commune_id, start, "end", count, expected, found_at, changed_at, state, count_seen,
  version)
SELECT gen_random_uuid(), (SELECT coalesce(max(seq), 0) FROM signal) + n, 'pile',
  (%(communes)s::text[])[1 + n %% cardinality(%(communes)s::text[])], at, at + interval '1 day', 5 + n %% 40, 2.5, at,
  at, (ARRAY['new', 'working', 'seen', 'nothing', 'nothing'])[1 + n %% 5], 0, 1
FROM generate_series(1, 1000) n, LATERAL (SELECT %(now)s - n * interval '2 hours' AS at) made
""",
    """
INSERT INTO signal_step (signal_id, number, at, account_id, by_name, state, count, note)
SELECT id, 1, found_at, %(account)s, 'bench', state, count, 'Đã gọi trạm' FROM signal WHERE state <> 'new'
""",
    """
INSERT INTO duty_handover (id, seq, made_at, made_by, made_by_name, since, numbers, note, taken_at, taken_by,
  taken_by_name)
SELECT gen_random_uuid(), n, %(now)s - (301 - n) * interval '8 hours', %(account)s, 'bench',
  %(now)s - (302 - n) * interval '8 hours', '{"to_call": 5000, "late": 100}', NULL,
  %(now)s - (301 - n) * interval '8 hours', gen_random_uuid(), 'bench' FROM generate_series(1, 300) n
""",
    """
INSERT INTO station_call (id, made_at, kind, person_id, commune_id, day, triage, reasons, symptoms, details, reference,
  state, version, changed_at)
SELECT gen_random_uuid(), at, 'enter', gen_random_uuid(),
  (%(communes)s::text[])[1 + n %% cardinality(%(communes)s::text[])], at::date,
  (ARRAY['routine', 'watch', 'urgent'])[1 + n %% 3], '[]', '[]', %(details)s, 'B' || lpad(n::text, 9, '0'),
  CASE WHEN at < %(now)s - interval '2 days' AND n %% 200 > 0 THEN 'done'
       ELSE (ARRAY['new', 'new', 'new', 'called', 'done'])[1 + n %% 5] END, 1, at + interval '3 hours'
FROM generate_series(1, %(calls)s) n,
  LATERAL (SELECT %(now)s - %(span)s * (n / %(calls)s::float) AS at) made
""",
    # Of the log the last days, as many entries as steps; linked to nothing, since nobody verifies it here.
    """
INSERT INTO audit (seq, at, actor, role, action, subject, case_number, detail, previous, hash)
SELECT (SELECT coalesce(max(seq), 0) FROM audit) + row_number() OVER (ORDER BY s.at, s.contact_id, s.number), s.at,
  'bench', 'cdc', CASE s.what WHEN 'assign' THEN 'case.facts' ELSE 'station.call' END, '',
  CASE s.what WHEN 'assign' THEN 'F0-' || lpad(c.seq::text, 4, '0') END, '{}', '\\x00', '\\x00'
FROM contact_step s JOIN contact k ON k.id = s.contact_id JOIN "case" c ON c.id = k.case_id
WHERE s.at > %(now)s - interval '3 days' AND (s.what = 'call' OR random() < 0.05)
""",
)
TABLES = (
    '"case", contact, contact_step, contact_check, lookup, infection, signal, signal_step, duty_handover, '
    "station_call, audit"
)
# What was worked on since the last vacuum is not read from an index alone.
WORKED_ON = "UPDATE contact SET version = version WHERE given_at > %(now)s - interval '2 days'"


def fill(world: World, communes: Sequence[str], cases: int, say: Say) -> int:
    """Put so many cases into a database and a hundred contacts for each; the number of cases that there were."""
    now, today = clock.now(), clock.today()
    details = vault_of(world.app()).seal(
        {"full_name": "Phạm Văn Đo", "phone": "+84912345678", "birth_year": 1980, "home": "Tổ 5",
         "met": [["Chợ Hạ Long 1", now.isoformat(), now.isoformat(), False]]}
    )  # fmt: skip
    with psycopg.connect(world.superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # the log takes no entry past its service
        connection.execute("SET timezone = 'Asia/Ho_Chi_Minh'")
        about: dict[str, Any] = {
            "first": _one(connection, 'SELECT coalesce(max(seq), 0) FROM "case"'),
            "account": _one(connection, "SELECT id FROM account LIMIT 1"),
            "cases": cases, "each": EACH, "calls": cases * 10, "communes": list(communes), "details": details,
            "now": now, "today": today, "span": f"{DAYS} days",
        }  # fmt: skip
        for statement in (CASES, CONTACTS, *STEPS, *CHECKS, BECAME, *BESIDE):
            connection.execute(statement.replace("%(span)s", "%(span)s::interval"), about)  # type: ignore[call-overload]
        connection.execute(f"VACUUM (ANALYZE) {TABLES}")  # type: ignore[call-overload]
        connection.execute(WORKED_ON, about)
        for name, count in COUNTS.items():
            say(f"  {_one(connection, count):,} {name}")
    return int(about["first"])


COUNTS = {
    "contacts": "SELECT count(*) FROM contact",
    "to call": "SELECT count(*) FROM contact WHERE stage = 'call' OR stage = 'f2' AND result IS NULL",
    "F1s in quarantine": "SELECT count(*) FROM contact WHERE stage = 'f1' AND quarantine_until >= current_date",
    "steps": "SELECT count(*) FROM contact_step",
    "days and tests": "SELECT count(*) FROM contact_check",
}


def _one(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return row[0] if row else None


def longest_chain(world: World, first: int) -> int:
    """The case (after the first so many) with which the longest chain begins, by number."""
    with psycopg.connect(world.superuser_url) as connection:
        return int(_one(connection, LONGEST.replace("FIRST", str(first))) or first + 1)


LONGEST = """
WITH RECURSIVE back AS (
  SELECT c.seq AS root, c.id, c.seq FROM "case" c
  WHERE c.seq > FIRST AND NOT EXISTS (SELECT FROM infection i WHERE i.case_id = c.id)
  UNION ALL SELECT b.root, i.case_id, b.seq FROM back b JOIN infection i ON i.source_id = b.id
) SELECT root FROM back GROUP BY root ORDER BY count(*) DESC, root LIMIT 1
"""
