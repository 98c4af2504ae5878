"""What each PostgreSQL role may do: the second wall behind the application's own checks.

The tables belong to the role that migrates. The public tier's role may write visits and declarations and
read back next to nothing; the staff tier's role reads. Row-level security is forced on the tables with
personal data; its scope is what `db.set_scope` sets at the start of each transaction. Applied by
`flask --app wsgi database grant`, which can be run again at any time. Which rows: `publicrows.py`, and `staffrows.py`,
which says the same as `scope.py` does in the application, a second time and without knowing of it.
"""

import hashlib
import re
import time

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from checkin import context, publiclog, staffrows
from checkin.publicrows import NOTICE_READ, PUBLIC_AFTER, PUBLIC_CHANGES, PUBLIC_ROWS, PUBLIC_WRITES
from checkin.staffrows import NOTICE_CHANGED, STAFF_AFTER, STAFF_CHANGES, STAFF_DELETES, STAFF_NEW, STAFF_ROWS

group = AppGroup("database", help="Roles and rights on PostgreSQL.")

# In thousandths of a second, and how often it is tried again.
LOCK_TIMEOUT, TRIES, PAUSE = 300, 40, 0.25
_MARK = sa.text(
    "SELECT obj_description(p.oid, 'pg_policy') || ' ' || (SELECT count(*) FROM pg_policy q WHERE q.polrelid = c.oid) "
    "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
    "WHERE p.polname = 'all_rows' AND c.relname = :table AND c.relnamespace = 'public'::regnamespace "
    "AND c.relrowsecurity AND c.relforcerowsecurity"
)

# Table: what the public role may do there. Nothing is granted that is not written here.
PUBLIC_GRANTS = {
    "place": "SELECT",
    "place_successor": "SELECT",
    # Not by whose phone a register knows it. Changed: not whose it is, nor whether staff suspended it.
    "venue": "SELECT (id, name, name_fold, kind, address, commune_id, parent_id, plate, size, latitude, longitude, "
    "opens_at, closes_at, default_minutes, state, suspended_at, suspended_reason, closed_at, owner_id, contact, "
    "registered_at), INSERT, UPDATE (name, name_fold, kind, address, search_fold, commune_id, opens_at, closes_at, "
    "contact, phone_index, parent_id, plate, latitude, longitude, size, state, closed_at)",
    "zone": "SELECT, INSERT, UPDATE (name, name_fold, kind)",
    "commitment": "SELECT, INSERT",
    # Taking one over goes through a function.
    "handover": "SELECT, INSERT, UPDATE (cancelled_at)",
    "venue_claim": "SELECT, INSERT, UPDATE (state, decided_at)",  # a function gives the venue its owner
    "code": "SELECT, INSERT, UPDATE (revoked_at)",
    "code_guess": "SELECT, INSERT, UPDATE (count)",
    "account": "SELECT, INSERT, "
    "UPDATE (signed_in_at, epoch, password_hash, password_at, factor, factor_step, contact_confirmed_at)",
    "account_session": "SELECT, INSERT, UPDATE (token_hash, epoch, whole, last_used_at, locked_at, ended_at)",
    "recovery_code": "SELECT, INSERT, UPDATE (used_at)",
    "message": "SELECT, INSERT, UPDATE (state, sealed, next_at, tries, ended_at)",
    "contact_code": "SELECT, INSERT, UPDATE (tries, used_at)",
    "desk_link": "SELECT, INSERT, "
    "UPDATE (zone_id, code_hash, secret_hash, joined_at, device_kind, used_at, revoked_at)",
    "poster_job": "SELECT, INSERT, UPDATE (asked_at, state, problem, done, total, beat_at, finished_at, gone_at)",
    "poster_file": "SELECT, INSERT",
    # What a declaration copies of a card is read by its code alone; the details stay sealed.
    "person_card": "INSERT, SELECT (id, person_id, commune_id, province_id, gender, age_band, details, "
    "masked_name, code_index, lost_index, issued_at, issued_by, device, used_on, revoked_at, revoked_how), "
    "UPDATE (used_on, revoked_at, revoked_how)",
    "person": "INSERT, SELECT (id, same_as, name_index, id_index, phone_index)",
    "declaration": "INSERT",
    "notice_answer": "INSERT (id, notice_id, made_at, person_id, commune_id, phone_index, details)",  # not set aside
    # Who somebody is and how they are called change where a form is corrected.
    "visit": "SELECT, INSERT, UPDATE (left_at, end_set_by, until_likely, until_latest, declaration_id, declared_at, "
    "person_id, masked_name)",
    "submission": "SELECT, INSERT, UPDATE (result)",
    # Neither the sealed details nor what statistics need.
    "worker": "SELECT (id, venue_id, zone_id, person_id, masked_name, job, weekdays, starts, ends, first_day, "
    "planned_from, last_day, added_at, due_at, seen_at), INSERT, "
    "UPDATE (zone_id, job, weekdays, starts, ends, planned_from, last_day, due_at)",
    "shift_change": "SELECT, INSERT, UPDATE (kind, starts, ends, left_at)",
    # A request as its sender writes it; what becomes of it is for staff.
    "rights_request": "INSERT (id, reference, kind, language, device, details, received_at, acknowledge_by, answer_by)",
    "notice": f"SELECT ({NOTICE_READ})",
    # A declaration without a venue; of those that this device sent when, whither and the reference, and neither what
    # was told nor what a station does about it.
    "station_call": "INSERT (id, made_at, kind, person_id, commune_id, day, triage, reasons, symptoms, details, "
    "reference, device, group_id), SELECT (made_at, commune_id, reference, device, group_id)",
    "alembic_version": "SELECT",
}
STAFF_GRANTS = {
    # Suspended here, and what registers say of them.
    "venue": "SELECT, INSERT, UPDATE (name, name_fold, kind, address, search_fold, commune_id, parent_id, plate, "
    "opens_at, closes_at, contact, phone_index, state, suspended_at, suspended_reason)",
    **dict.fromkeys(("place", "place_successor", "zone", "commitment", "handover"), "SELECT"),
    "api_token": "SELECT, INSERT, UPDATE (used_at, revoked_at)",  # nosec B105 - rights
    "api_call": "SELECT, INSERT, DELETE, UPDATE (case_id)",
    "list_heading": "SELECT, INSERT, UPDATE (fields, said_at)",
    "venue_claim": "SELECT, UPDATE (state, decided_at, decided_by, reason)",
    "code": "SELECT, INSERT",
    "code_guess": "SELECT",
    "account": "SELECT, INSERT, UPDATE (signed_in_at, password_hash, password_at, epoch, factor, factor_step, active)",
    "account_session": "SELECT, INSERT, DELETE, UPDATE (token_hash, epoch, whole, last_used_at, locked_at, ended_at)",
    "recovery_code": "SELECT, INSERT, DELETE, UPDATE (used_at)",
    "message": "SELECT, INSERT, DELETE, UPDATE (state, sealed, next_at, tries, ended_at)",
    "contact_code": "SELECT, DELETE",
    "notice_answer": "SELECT, DELETE, UPDATE (aside_at, aside_by_name, aside_reason)",
    "invitation": "SELECT, INSERT, UPDATE (account_id, used_at, revoked_at)",
    # Whose shifts have begun: their visits are written by a function.
    "worker": "SELECT (id, venue_id, zone_id, person_id, masked_name, job, weekdays, starts, ends, first_day, "
    "planned_from, last_day, added_at, due_at, seen_at), UPDATE (due_at, seen_at)",
    # New ones by who issues cards.
    "person": "SELECT, INSERT",
    "person_card": "SELECT, INSERT, UPDATE (revoked_at, revoked_how)",
    **dict.fromkeys(("declaration", "visit", "desk_link", "shift_change"), "SELECT"),
    "case": f"SELECT, INSERT, UPDATE ({staffrows.CASE_CHANGED})",
    "case_window": f"SELECT, INSERT, DELETE, UPDATE ({staffrows.WINDOW_CHANGED})",
    "told_move": "SELECT, INSERT, DELETE, UPDATE (withdrawn_at, withdrawn_by_name)",
    **dict.fromkeys(("case_step", "lookup", "lookup_venue", "audit"), "SELECT, INSERT"),
    "derivation": f"SELECT, INSERT, UPDATE ({staffrows.DERIVATION_CHANGED})",
    "export": "SELECT, INSERT, UPDATE (state, beat_at, done, total, finished_at, size, gone_at, problem)",
    # Freezing copies within the database, keeps ends up to date, and lets go of what no case needs.
    "kept_visit": "SELECT, INSERT, DELETE, "
    "UPDATE (left_at, end_set_by, until_likely, until_latest, declaration_id, declared_at)",
    **dict.fromkeys(("kept_declaration", "case_visit", "contact_step", "contact_check"), "SELECT, INSERT, DELETE"),
    **dict.fromkeys(("poster_file", "export_part", "register_part", "notice_text", "joined"), "SELECT, INSERT, DELETE"),
    **dict.fromkeys(("contact_near", "met_person", "notice_draft"), "SELECT, INSERT, DELETE"),
    "pair": "SELECT, UPDATE (state, version)",
    # Readings of lists go with the days they are about, as the owner of the tables.
    **dict.fromkeys(("reading", "station_step", "finding_entry", "signal_step", "pair_step"), "SELECT, INSERT"),
    **dict.fromkeys(("infection", "notice_receipt"), "SELECT, INSERT"),
    "rights_request": "SELECT, UPDATE (acknowledged_at, answer_by, extended_at, extension_reason, lookup_id, "
    "subject_id, identity_how, identity_checked_at, carried_out_at, carried_out, closed_at, closed_by, answer, ground)",
    # A station copies a declaration at a door; where it is moved to another station, a function does it.
    "station_call": "SELECT, INSERT, UPDATE (state, version, taken_by, taken_by_name, changed_at)",
    "contact": "SELECT, INSERT, DELETE, UPDATE (disease, stage, stage_at, stage_by_name, reached_at, result, due_at, "
    "commune_id, details, raised, version, taken_by, taken_by_name, quarantine_from, quarantine_until)",
    "duty_handover": "SELECT, INSERT, UPDATE (taken_at, taken_by, taken_by_name)",
    "register_import": "SELECT, INSERT, UPDATE",
    "register_number": "SELECT, INSERT, UPDATE (venue_id)",
    # What is asked, by whom and when, stays as it was asked.
    "approval": "SELECT, INSERT, UPDATE (state, mode, due_at, reason, decided_by, decided_by_name, decided_at, note)",
    "notice": f"SELECT, INSERT, DELETE, UPDATE ({NOTICE_CHANGED})",
    "finding": "SELECT, INSERT, UPDATE (count, bound, entries, who, seen_at, seen_by, seen_by_name, note)",
    # The round that finds them lets go of what is none any more; what officers said stays.
    **dict.fromkeys(("signal", "poster_job"), "SELECT, INSERT, UPDATE, DELETE"),
    **dict.fromkeys(("alembic_version", "pair_scan"), "SELECT"),
}
# With the rights of the tables' owner: sums of an owner's visits, the tables of a day, who
# read the lists that this device is on, what a device at the counter sees, the new password of an owner, a venue that
# changes hands, and what stands in it no longer.
FUNCTIONS = (
    "visit_hours(uuid[], timestamptz, timestamptz)",
    "visit_flags(uuid[], timestamptz, timestamptz)",
    "open_day(date)",
    "device_readings(timestamptz, timestamptz)",
    *("desk_visits(integer)", "desk_count()", "desk_open(uuid, timestamptz)", "desk_result(uuid)"),
    "owner_password(uuid, text)",
    "venue_visits(uuid[], timestamptz, timestamptz)",
    "venue_inside(uuid[], timestamptz, timestamptz)",
    "take_venue(bytea, timestamptz, bytea, bytea)",
    "put_outside(uuid, uuid)",
)
# Of the public tier alone: an entry of its own for the log, a venue whose phone shows whose it is, and
# likely doubles by their phone.
PUBLIC_FUNCTIONS = (
    "audit_append(timestamptz, uuid, text, text, text, text, integer, jsonb)",
    "take_claimed(uuid, timestamptz)",
    "venues_of_phone(bytea, text, text)",
)
# Of staff alone: the lock of the log, which takes in what waits, and its last link; what policies ask, sums for those
# who see no row, and what a request to delete asks for.
STAFF_FUNCTIONS = (
    *("audit_lock()", "audit_last()", "sees_people()"),
    "of_station(uuid, uuid)",
    "visit_sums(timestamptz, timestamptz)",
    "declaration_sums(timestamptz, timestamptz)",
    *("venue_count()", "owner_count()"),
    "request_counts(date, timestamptz)",
    "wall_names(uuid[])",
    "delete_for_request(uuid)",
    "venue_days(text, timestamptz, timestamptz)",
    "move_call(uuid, integer, text, timestamptz)",
    *("call_sums(timestamptz)", "told_since()", "ill_sums(timestamptz, timestamptz)"),
    "stays_shared(timestamptz, text, uuid)",
    *("contact_sums(timestamptz, date)", "contact_done(timestamptz)"),
    "contact_speed(timestamptz, timestamptz, integer, integer)",
    "case_speed(timestamptz, timestamptz, integer, integer, integer, integer, integer)",
    "case_changes(timestamptz)",
    "confirm_claim(uuid, timestamptz)",
    "same_register(uuid)",
    "write_shifts(jsonb, jsonb)",
    "people_matching(bytea, bytea, bytea)",
)


def statements(owner: str, public: str, staff: str) -> list[str]:
    """The SQL that gives both roles their rights, and no others."""
    return [*grants(public, staff), *(one for group in policies(owner, public, staff).values() for one in group)]


def grants(public: str, staff: str) -> list[str]:
    """What each role may do with which table and function."""
    # Whoever may make tables of a session's own could shadow ours.
    database = "quote_ident(current_database())"
    out = [f"DO $$ BEGIN EXECUTE 'REVOKE TEMPORARY ON DATABASE ' || {database} || ' FROM PUBLIC'; END $$"]
    for role, rights_of in ((public, PUBLIC_GRANTS), (staff, STAFF_GRANTS)):
        out += [
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            f"GRANT USAGE ON SCHEMA public TO {role}",
            *(f'GRANT {rights} ON "{table}" TO {role}' for table, rights in rights_of.items()),
        ]
    out.append(publiclog.function())
    for functions, roles in ((FUNCTIONS, f"{public}, {staff}"), (PUBLIC_FUNCTIONS, public), (STAFF_FUNCTIONS, staff)):
        for function in functions:
            out += [
                f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {public}, {staff}",
                f"GRANT EXECUTE ON FUNCTION {function} TO {roles}",
            ]
    return out


def policies(owner: str, public: str, staff: str) -> dict[str, list[str]]:
    """Which rows each role may touch, by table."""
    return {
        table: [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            *(f'DROP POLICY IF EXISTS {name} ON "{table}"' for name in POLICIES),
            f'CREATE POLICY all_rows ON "{table}" TO {owner} USING (true) WITH CHECK (true)',
            *_staffs(table, staff),
            *(_publics(table, public) if table in PUBLIC_ROWS else ()),
        ]
        for table in sorted({*PUBLIC_ROWS, *STAFF_ROWS})
    }


POLICIES = (
    "all_rows", "staff_rows", "staff_writes", "staff_changes", "staff_deletes", "own_rows", "own_writes", "own_changes",
)  # fmt: skip


def _staffs(table: str, staff: str) -> list[str]:
    # A table that nobody has thought of yet: no row.
    rows = STAFF_ROWS.get(table, "false")
    changes = STAFF_CHANGES.get(table, rows)
    new, after, deletes = (of.get(table, changes) for of in (STAFF_NEW, STAFF_AFTER, STAFF_DELETES))
    return [
        f'CREATE POLICY staff_rows ON "{table}" FOR SELECT TO {staff} USING ({rows})',
        f'CREATE POLICY staff_writes ON "{table}" FOR INSERT TO {staff} WITH CHECK ({new})',
        f'CREATE POLICY staff_changes ON "{table}" FOR UPDATE TO {staff} USING ({changes}) WITH CHECK ({after})',
        f'CREATE POLICY staff_deletes ON "{table}" FOR DELETE TO {staff} USING ({deletes})',
    ]


def _publics(table: str, public: str) -> list[str]:
    rows, writes = PUBLIC_ROWS[table], PUBLIC_WRITES[table]
    changes = PUBLIC_CHANGES.get(table) or rows or writes
    after = PUBLIC_AFTER.get(table, changes)
    return [
        f'CREATE POLICY own_rows ON "{table}" FOR SELECT TO {public} USING ({rows or "true"})',
        f'CREATE POLICY own_writes ON "{table}" FOR INSERT TO {public} WITH CHECK ({writes})',
        f'CREATE POLICY own_changes ON "{table}" FOR UPDATE TO {public} USING ({changes}) WITH CHECK ({after})',
    ]


def give(engine: sa.Engine, public: str, staff: str) -> None:
    """Give both roles their rights while people check in: each table by itself, and only where something is new.

    Policies lock their table against everybody. So what stands there already, by its mark, is left alone; and a
    table that somebody holds is let go of and tried again, since check-ins queue behind it meanwhile.
    """
    with engine.begin() as connection:
        owner = f'"{connection.scalar(sa.text("SELECT current_user"))}"'
        for statement in grants(public, staff):
            connection.exec_driver_sql(statement)
    for table, group_of in policies(owner, public, staff).items():
        mark = hashlib.sha256("\n".join(group_of).encode()).hexdigest()[:16]
        # With how many there are: a migration down takes some and leaves the one that carries the mark.
        marked = f"{mark} {sum(statement.startswith('CREATE POLICY') for statement in group_of)}"
        for tries_left in reversed(range(TRIES)):
            try:
                with engine.begin() as connection:
                    if connection.scalar(_MARK, {"table": table}) == marked:
                        break
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
                    for statement in group_of:
                        connection.exec_driver_sql(statement)
                    connection.exec_driver_sql(f"COMMENT ON POLICY all_rows ON \"{table}\" IS '{mark}'")
                break
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", "") != "55P03" or not tries_left:
                    raise
                time.sleep(PAUSE)


def renew(url: str) -> bool:
    """Give the roles that have rights already those of this version; True where there are such roles.

    A migration that makes a table anew drops the rights on it: without this the public tier would stop.
    """
    engine = sa.create_engine(url)
    try:
        if engine.dialect.name != "postgresql":
            return False
        with engine.begin() as connection:
            # Also where the public tier has no role of its own.
            connection.exec_driver_sql(publiclog.function())
            found = connection.execute(
                sa.text(
                    "SELECT policyname, roles[1] AS role FROM pg_policies WHERE tablename = 'submission' "
                    "AND policyname IN ('own_rows', 'staff_rows')"
                )
            )
            roles = {row.policyname: f'"{row.role}"' for row in found}
        if len(roles) == 2:
            give(engine, roles["own_rows"], roles["staff_rows"])
        return len(roles) == 2
    finally:
        engine.dispose()


@group.command("grant")
@click.option("--public", "public", required=True, help="Role of the public tier.")
@click.option("--staff", required=True, help="Role of the staff tier.")
def grant(public: str, staff: str) -> None:
    """Give the roles of both tiers their rights, as the owner of the tables (MIGRATE_URL)."""
    for role in (public, staff):
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,60}", role):
            raise click.ClickException(f"not a role's name: {role}")
    engine = sa.create_engine(context.config().migrate_url)
    if engine.dialect.name != "postgresql":
        raise click.ClickException("only PostgreSQL has roles; SQLite has one wall, the application's")
    give(engine, f'"{public}"', f'"{staff}"')
    engine.dispose()
    click.echo(f"rights given: {public} (public tier), {staff} (staff tier)")
