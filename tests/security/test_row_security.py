"""Row-level security alone: the staff role of PostgreSQL, asked without the product, table by table and role by role."""

from importlib import import_module

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from checkin.db import Model
from checkin.features import FEATURES
from tests.conftest import NOW
from tests.security.province import HERE, THERE, Who, key, sees
from tests.worlds import STAFF

pytestmark = pytest.mark.postgresql

NOBODY = Who("nobody")
WRONG = "00000000-0000-7000-8000-000000000000"
BENT = [
    Who("cdc, bound to nothing that there is", "cdc", purpose=WRONG),
    Who("cdc, bound to no id", "cdc", purpose="' OR true --"),
    Who("a station of nowhere", "commune"),
    Who("a role that there is not", "root", commune=HERE, purpose=WRONG),
]
NAMES = (
    "station",
    "other station",
    "cdc",
    "other cdc",
    "cdc for a case",
    "cdc for a lookup",
    "command",
    "admin",
    "rounds",
)
# Nothing is granted there, so that nothing is to be seen.
CLOSED = {"submission", "audit_waiting"}
for feature in FEATURES:  # whatever pages there are know their tables
    import_module(feature.blueprint.split(":")[0])
TABLES = sorted({*Model.metadata.tables, "alembic_version"} - CLOSED)
PERSONAL = ("visit", "declaration", "person", "kept_visit", "kept_declaration", "case_visit", "met_person", "venue", "account", "case",
            "lookup", "lookup_venue", "export", "export_part", "audit", "reading", "rights_request", "message", "contact_code", "invitation",
            "finding", "finding_entry", "approval", "commitment", "handover", "venue_claim", "poster_job", "poster_file", "register_import",
            "register_part", "register_number", "worker", "shift_change", "station_call", "station_step", "contact",
            "contact_step", "notice", "case_step", "case_window", "told_move", "contact_check", "contact_near", "duty_handover", "signal", "signal_step", "infection", "notice_answer", "notice_text", "notice_receipt", "notice_draft", "api_token", "api_call", "list_heading", "derivation", "pair", "pair_step", "pair_scan", "joined")  # fmt: skip


@pytest.fixture
def superuser(province):
    """A connection that may change policies; whatever it does is undone."""
    url = province.world.superuser_url.replace("+psycopg", "")
    with psycopg.connect(url, row_factory=dict_row) as connection:
        yield connection
        connection.rollback()


def become(connection, who):
    """From here on to the end of the transaction the staff role, on behalf of somebody."""
    connection.execute("RESET ROLE")
    for name in ("role", "account", "commune", "purpose", "login"):
        value = who.settings.get(f"checkin.{name}", "")
        connection.execute("SELECT set_config(%s, %s, true)", (f"checkin.{name}", value))
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(STAFF)))


def seen(connection, table):
    # Of a worker not every column is granted.
    columns = sql.SQL("id" if table == "worker" else "*")
    rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table)))
    return {key(table, row) for row in rows}


def wrong(connection, province, table):
    """Those to whom a table shows other rows than it should."""
    found = set()
    # Thousands of places, in which nobody's row is another's.
    asking = [NOBODY] if table.startswith("place") else everybody(province)
    for who in asking:
        become(connection, who)
        if seen(connection, table) != sees(who, table, province.data):
            found.add(who.name)
    return found


def everybody(province):
    return [*(province.everybody[name] for name in NAMES), NOBODY, *BENT]


@pytest.mark.parametrize("table", TABLES)
def test_each_role_sees_the_rows_that_it_was_promised_and_no_others(province, superuser, table):
    assert wrong(superuser, province, table) == set()


@pytest.mark.parametrize("table", CLOSED)
def test_what_is_granted_to_nobody_is_refused(superuser, province, table):
    for who in everybody(province):
        become(superuser, who)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), superuser.transaction():
            seen(superuser, table)


@pytest.mark.parametrize("rule", ["true", "false"])
@pytest.mark.parametrize("table", PERSONAL)
def test_a_policy_that_is_broken_is_noticed(province, superuser, table, rule):
    superuser.execute(sql.SQL("ALTER POLICY staff_rows ON {} USING ({})").format(sql.Identifier(table), sql.SQL(rule)))
    assert wrong(superuser, province, table) != set()


def test_every_personal_table_has_rows_for_somebody_and_not_for_everybody(province):
    for table in PERSONAL:
        shares = [len(sees(who, table, province.data)) for who in everybody(province)]
        assert min(shares) == 0 < max(shares), table


def test_a_connection_that_said_nothing_sees_nobody(province):
    with psycopg.connect(province.world.urls["staff"], row_factory=dict_row) as connection:
        for table in PERSONAL:
            assert seen(connection, table) == set(), table


def test_what_one_transaction_said_the_next_one_does_not_know(province):
    who = province.everybody["cdc for a case"]
    with psycopg.connect(province.world.urls["staff"], row_factory=dict_row) as connection:
        for name, value in who.settings.items():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        assert seen(connection, "visit")
        connection.commit()
        assert not seen(connection, "visit")


def test_while_somebody_signs_in_their_account_alone_is_seen(province, superuser):
    for row in province.data["account"]:
        become(superuser, NOBODY)
        superuser.execute("SELECT set_config('checkin.login', %s, true)", (bytes(row["login_index"]).hex(),))
        expected = set() if row["role"] == "owner" else {key("account", row)}
        assert seen(superuser, "account") == expected


WRITES = {
    "a lookup in another one's name": (
        "cdc",
        "INSERT INTO lookup (id, seq, kind, signal, reason, made_at, made_by, made_by_name, start, \"end\") VALUES "
        "(gen_random_uuid(), 99, 'place', 'x', 'x', now(), gen_random_uuid(), 'x', now(), now())",
    ),
    "an account, by an officer": (
        "cdc for a case",
        "INSERT INTO account (id, login_index, contact, display_name, role, password_hash, active, epoch, created_at) "
        "VALUES (gen_random_uuid(), 'x', 'x', 'x', 'admin', 'x', true, 1, now())",
    ),
    "an owner's account, by an administrator": (
        "admin",
        "INSERT INTO account (id, login_index, contact, display_name, role, password_hash, active, epoch, created_at) "
        "VALUES (gen_random_uuid(), 'x', 'x', 'x', 'owner', 'x', true, 1, now())",
    ),
    "a copy without a purpose": ("cdc", "INSERT INTO kept_visit SELECT * FROM visit"),
    "a copy by a station": ("station", "INSERT INTO kept_visit SELECT * FROM visit"),
}  # fmt: skip


@pytest.mark.parametrize("what", ["a lookup in another one's name", "an account, by an officer",
                                  "an owner's account, by an administrator", "a copy by a station"])  # fmt: skip
def test_what_is_not_ones_own_cannot_be_written(province, superuser, what):
    who, statement = WRITES[what]
    become(superuser, province.everybody[who])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), superuser.transaction():
        superuser.execute(statement)


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("command", 'UPDATE "case" SET state = state'),
        ("admin", 'UPDATE "case" SET state = state'),
        ("station", 'UPDATE "case" SET state = state'),
        ("rounds", 'UPDATE "case" SET state = state'),
        ("cdc", "DELETE FROM kept_visit"),
        ("rounds", "DELETE FROM kept_visit"),
        ("station", "DELETE FROM case_visit"),
        ("cdc for a case", "DELETE FROM export_part"),
        ("admin", "DELETE FROM export_part"),
        ("cdc", "INSERT INTO kept_visit SELECT * FROM visit"),
        ("command", "UPDATE account SET active = false WHERE role <> 'command'"),
        ("admin", "UPDATE account SET active = false WHERE role = 'owner'"),
    ],
)
def test_a_row_that_is_not_seen_is_not_changed(province, superuser, who, statement):
    become(superuser, province.everybody[who])
    assert superuser.execute(statement).rowcount == 0


SUMS = {
    "visit_sums(%s, %s)": ("visits", "commune"),
    "declaration_sums(%s, %s)": ("forms", "commune"),
}


def counted(connection, province, who, function):
    amount, commune = SUMS[function]
    become(connection, who)
    rows = connection.execute(f"SELECT {commune}, {amount} FROM {function}", (NOW.replace(year=2020), NOW)).fetchall()
    sums = {}
    for row in rows:
        sums[row[commune]] = sums.get(row[commune], 0) + row[amount]
    return sums


def test_sums_are_given_to_each_of_what_concerns_them(province, superuser):
    data = province.data
    homes = {venue["id"]: venue["commune_id"] for venue in data["venue"]}
    visits, forms = {}, {}
    for visit in data["visit"]:
        visits[homes[visit["venue_id"]]] = visits.get(homes[visit["venue_id"]], 0) + 1
    for form in data["declaration"]:
        forms[form["commune_id"]] = forms.get(form["commune_id"], 0) + 1
    for who in everybody(province):
        for function, everything in (("visit_sums(%s, %s)", visits), ("declaration_sums(%s, %s)", forms)):
            if who.role in ("cdc", "command", "admin"):
                expected = everything
            else:
                expected = {c: n for c, n in everything.items() if who.role == "commune" and c == who.commune != ""}
            assert counted(superuser, province, who, function) == expected, (who.name, function)
    assert set(visits) == {HERE, THERE} and set(forms) == {HERE, THERE, None}


def test_venues_and_owners_are_counted_and_names_on_walls_told_to_whom_it_concerns(province, superuser):
    found = {}
    for who in everybody(province):
        become(superuser, who)
        venues = [row["id"] for row in province.data["venue"]]
        found[who.name] = superuser.execute(
            "SELECT venue_count() AS venues, owner_count() AS owners, "
            "(SELECT count(*) FROM wall_names(%s::uuid[])) AS names",
            (venues,),
        ).fetchone()
    for name, row in found.items():
        who = next(one for one in everybody(province) if one.name == name)
        assert row["venues"] == {"cdc": 2, "command": 2, "admin": 2}.get(
            who.role, 1 if who.commune and who.role == "commune" else 0
        )
        assert row["owners"] == (2 if who.role == "admin" else 0)
        assert row["names"] == (2 if who.role == "commune" else 0)


def test_a_venues_list_is_still_read_from_its_index_alone_and_the_purpose_asked_once(province, superuser):
    who = province.everybody["cdc for a case"]
    # Enough of other venues that it matters which index is taken.
    superuser.execute(
        "INSERT INTO visit (id, entered_at, venue_id, person_id, end_set_by, until_likely, until_latest, channel, masked_name) "
        "SELECT gen_random_uuid(), %(at)s, gen_random_uuid(), gen_random_uuid(), 'guessed', %(at)s, %(at)s, 'x', 'x' "
        "FROM generate_series(1, 3000)",
        {"at": NOW},
    )
    superuser.execute("ANALYZE visit")
    become(superuser, who)
    # Not enable_indexscan: it is a price on reading the index alone, too.
    superuser.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    lines = superuser.execute(
        "EXPLAIN (VERBOSE, COSTS OFF) SELECT person_id, entered_at, left_at, until_latest FROM visit "
        "WHERE venue_id = %s AND entered_at BETWEEN %s AND %s AND until_latest >= %s",
        (province.data["venue"][0]["id"], NOW.replace(hour=0), NOW, NOW.replace(hour=1)),
    ).fetchall()
    plan = "\n".join(row["QUERY PLAN"] for row in lines)
    assert "Index Only Scan" in plan and "Seq Scan on public.visit" not in plan
    assert "Index Cond: ((visit" in plan and "venue_id =" in plan.split("Index Cond:")[1].split("\n")[0]
    # In no filter of a row, but before them all.
    assert not [line for line in plan.splitlines() if "Filter:" in line and "sees_people" in line]


def test_the_tables_of_the_models_are_the_tables_that_were_tried(province):
    with psycopg.connect(province.world.urls["all"]) as connection:
        there = {row[0] for row in connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') "
            "AND NOT relispartition"
        )}  # fmt: skip
    assert there == {*TABLES, *CLOSED}
