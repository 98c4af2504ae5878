"""What the tests of the log share."""

import contextlib
import sqlite3
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin.audit import queries, service
from checkin.audit.entry import GENESIS, Actor, entry_hash
from checkin.db import db
from tests.conftest import NOW

HANH = Actor(UUID(int=7), "hanh@cdc", "cdc")


def put(session, count, start=0):
    """So many entries, one a second."""
    for number in range(start, start + count):
        service.record(
            session, now=NOW + timedelta(seconds=number), actor=HANH, action="lookup.read", subject=f"TC-{number:06d}",
            case_number="F0-0001", reason="Chợ Hạ Long 1", rows=number, detail={"n": number},
        )  # fmt: skip
    session.commit()


class Intruder:
    """Somebody with the run of the machine: what refuses them is taken away first."""

    def __init__(self, world):
        self.world = world

    def run(self, *statements):
        db.session.rollback()  # what the test read holds SQLite's lock
        if self.world.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(self.world.folder / "checkin.db")) as connection:
                connection.execute("DROP TRIGGER IF EXISTS audit_no_update")
                connection.execute("DROP TRIGGER IF EXISTS audit_no_delete")
                for statement in statements:
                    connection.execute(statement)
                connection.commit()
        else:
            engine = sa.create_engine(self.world.superuser_url)
            with engine.begin() as connection:
                connection.exec_driver_sql("SET session_replication_role = replica")
                for statement in statements:
                    connection.exec_driver_sql(statement)
            engine.dispose()
        db.session.expire_all()

    def rewrite(self, session, seq, reason):
        """Change an entry, and make the hashes of all that follow anew: the chain is whole again."""
        statements, previous = [], GENESIS
        for fields, _, _ in list(queries.fields_of(session, 1, queries.LARGEST)):
            if fields["seq"] == seq:
                fields["reason"] = reason
            own = entry_hash(previous, fields)
            value, before = self._bytes(own), self._bytes(previous)
            change = f", reason = '{reason}'" if fields["seq"] == seq else ""
            statements.append(
                f"UPDATE audit SET hash = {value}, previous = {before}{change} WHERE seq = {fields['seq']}"
            )
            previous = own
        self.run(*statements)

    def _bytes(self, value):
        return f"X'{value.hex()}'" if self.world.kind == "sqlite" else f"'\\x{value.hex()}'"


@pytest.fixture
def intruder(world):
    return Intruder(world)
