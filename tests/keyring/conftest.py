"""Applications with a folder of keys of their own, which a test may change: filled anew for each."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask.ctx import AppContext
from flask.testing import FlaskClient

from checkin import clock, create_app, keys, keywatch
from checkin.config import Config
from checkin.db import Model, db
from checkin.exposure import service as exposure
from checkin.vault import Vault
from tests import cast, factories
from tests.conftest import NOW

_APPS: dict[str, Flask] = {}
MADE = NOW - timedelta(days=300)


@dataclass
class Holder:
    """Whoever holds the keys: an application, and the folders of both tiers."""

    app: Flask
    folder: Path
    public: Path
    context: AppContext | None = None

    def browser(self) -> FlaskClient:
        """A browser; from then on outside the application, else its requests would share what is kept of one."""
        if self.context is not None:
            db.session.remove()
            self.context.pop()
            self.context = None
        return self.app.test_client()

    def run(self, *arguments: str | Path) -> Result:
        """A command of the group, as typed."""
        if self.context is not None:
            db.session.rollback()  # on SQLite whoever reads here would keep it from writing
        return self.app.test_cli_runner().invoke(args=["keys", *map(str, arguments)])

    def done(self, *arguments: str | Path) -> str:
        """What a command that went well said."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def refused(self, *arguments: str | Path) -> str:
        """What a command said that did not do it."""
        result = self.run(*arguments)
        assert result.exit_code == 1, result.output
        return result.output

    @property
    def vault(self) -> Vault:
        """The keys as a process finds them that starts now."""
        return Vault.load(self.folder, "all")


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """A folder of keys made long ago."""
    folder = tmp_path_factory.mktemp("pristine") / "keys"
    with clock.fixed(MADE):
        keys.generate(folder)
    return folder


@pytest.fixture
def holder(world, pristine, tmp_path_factory):
    """Somebody with keys that nothing is under yet; the clock stands at NOW."""
    folder = world.folder / "keys-that-change"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pristine, folder)
    name = str(folder)
    if name not in _APPS:
        _APPS[name] = create_app(Config.from_env({**world.env(), "CHECKIN_KEYS": name}))
        _APPS[name].config.update(TESTING=True, PROPAGATE_EXCEPTIONS=True)
    app = _APPS[name]
    # Whatever a test before left in it: what signs sessions belongs to the same keys.
    keywatch._use(app, Vault.load(folder, "all"))
    with clock.fixed(NOW):
        made = Holder(app, folder, tmp_path_factory.mktemp("tiers") / "keys-public", app.app_context())
        made.context.push()
        yield made
        made.browser()
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def filled(holder):
    """Something under every key that rows are under: two days of visits, a lookup, contacts."""
    session, vault = db.session(), holder.app.extensions["checkin_vault"]
    officer = factories.account(session, vault, "cdc", cast.CDC)
    where = factories.venue(session, vault)
    for n in range(4):
        who = cast.CITIZEN if n % 2 else cast.NEIGHBOUR
        factories.check_in(holder.app, session, vault, where, cast.healthy(who), at=NOW - timedelta(hours=7 * n + 1))
    case = factories.case(session)
    asked = exposure.PersonAsked(start=NOW - timedelta(days=1), end=NOW, phone="+84912345678")
    bound = exposure.Bound(case=case, signal=None, reason="Truy vết")
    exposure.ask_person(session, vault, now=NOW, actor=officer.actor, bound=bound, asked=asked)
    session.execute(sa.text("INSERT INTO kept_declaration SELECT * FROM declaration"))
    session.commit()
    return holder


def sealed_rows(name: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that has a column under the key, by the models' marks; read without `keyring`."""
    db.session.rollback()
    return {
        table.name: sorted(map(tuple, db.session.execute(sa.select(table))), key=repr)
        for table in Model.metadata.sorted_tables
        if any(column.info.get("key") == name for column in table.columns)
    }


def values_under(name: str) -> list[bytes]:
    """Every value under the key."""
    db.session.rollback()
    return [
        bytes(value)
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if column.info.get("key") == name
        for value in db.session.scalars(sa.select(column).where(column.is_not(None)))
    ]
