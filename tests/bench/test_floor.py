"""From a server's log to what pgbench runs."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench import floor
from checkin.ids import new_id

NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
DEVICE = "0f" * 16
KNOWN, VISIT = new_id(NOW - timedelta(days=9)), new_id(NOW)


def log(*, process: int = 71) -> str:
    """What PostgreSQL writes of a small check-in."""
    return f"""\
{process} LOG:  statement: BEGIN
{process} LOG:  execute <unnamed>: SELECT set_config($1::VARCHAR, $2::VARCHAR, $3) AS a
{process} DETAIL:  parameters: $1 = 'checkin.device', $2 = '{DEVICE}', $3 = 't'
{process} LOG:  execute <unnamed>: SELECT person.id
\tFROM person WHERE note = $1 AND person.name_index = $2
{process} DETAIL:  parameters: $1 = 'it''s $2, said', $2 = '\\x{"ab" * 16}'
{process} LOG:  execute <unnamed>:{" "}
{process} LOG:  execute <unnamed>: INSERT INTO visit VALUES ($1::UUID, $2::UUID, $3, $4)
{process} DETAIL:  parameters: $1 = '{VISIT}', $2 = '{KNOWN}', $3 = '\\x{DEVICE}', $4 = NULL
{process} LOG:  statement: COMMIT
"""


def test_it_reads_transactions_with_their_values_in_place():
    (statements,) = floor.transactions(log())
    assert statements == [
        "BEGIN",
        f"SELECT set_config('checkin.device'::VARCHAR, '{DEVICE}'::VARCHAR, 't') AS a",
        f"SELECT person.id\nFROM person WHERE note = 'it''s $2, said' AND person.name_index = '\\x{'ab' * 16}'",
        f"INSERT INTO visit VALUES ('{VISIT}'::UUID, '{KNOWN}'::UUID, '\\x{DEVICE}', NULL)",
        "COMMIT",
    ]


def test_it_keeps_apart_what_two_connections_send_at_once():
    lines = [line for pair in zip(log().splitlines(), log(process=72).splitlines(), strict=True) for line in pair]
    lines = [line for line in lines if "note" not in line and "SELECT person" not in line and "it''s" not in line]
    found = floor.transactions("\n".join(lines))
    assert [len(statements) for statements in found] == [4, 4]


def test_ids_made_since_and_the_device_are_new_each_time_and_all_else_stays():
    (statements,) = floor.transactions(log())
    script = floor.script(statements, NOW)
    assert str(KNOWN) in script
    assert str(VISIT) not in script
    assert DEVICE not in script
    assert script.count(":d0:d1") == 2
    assert "\\set u0 random(" in script
    assert script.rstrip().endswith("COMMIT;")


def test_what_it_puts_in_the_place_of_an_id_is_an_id():
    (statements,) = floor.transactions(log())
    line = next(line for line in floor.script(statements, NOW).splitlines() if line.startswith("INSERT"))
    first = line.split("'")[1].replace(":u0", "999999999999")
    assert UUID(first).version == 7
