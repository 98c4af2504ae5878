"""What tests of the account's pages share."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pyotp
import sqlalchemy as sa

from checkin import clock
from checkin.accounts import factors, service
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODES = ["100000000001", "200000000002"]
WHO = {"cdc": cast.CDC, "admin": cast.ADMIN, "owner": cast.OWNER}


@contextmanager
def behind(world):
    """The database behind the pages. Left before the next request, which must not find this context's state."""
    with clock.fixed(NOW), inside(world.app()):
        yield db.session()
        db.session.commit()


def make(world, role, *, factor=False):
    """An account of the cast; with `factor` it has a second one, whose secret and codes are above."""
    with behind(world) as session:
        vault = vault_of(world.app())
        account = factories.account(session, vault, role, WHO[role])
        if factor:
            row, _ = service.begin_session(session, now=NOW, account=account, user_agent="", whole=True)
            hashes = [factors.code_hash(account.id, one) for one in CODES]
            service.enrol(session, vault, now=NOW, account=account, secret=SECRET, step=0, code_hashes=hashes, kept=row)
            service.end_sessions(session, account)
        return account.id


@contextmanager
def strict(world):
    """With REQUIRE_SECOND_FACTOR on."""
    extensions = world.app().extensions
    config = extensions["checkin_config"]
    extensions["checkin_config"] = replace(config, require_second_factor=True)
    try:
        yield
    finally:
        extensions["checkin_config"] = config


@contextmanager
def later(**by):
    """The clock, that much after NOW."""
    with clock.fixed(NOW + timedelta(**by)):
        yield


def code(**by):
    """What the phone shows, that much after NOW."""
    return pyotp.TOTP(SECRET).at(NOW + timedelta(**by))


def send(client, page, address=None, **fields):
    """Fill in the form of a page."""
    return client.post(address or page, data={**fields, "csrf_token": factories.token(client, page)})


def password_step(client, role="cdc"):
    """Sign in as far as the password goes."""
    login, password = WHO[role]
    return send(client, "/sign-in", login=login, password=password)


def actions(world):
    """What the log holds, without the making of accounts."""
    with behind(world) as session:
        found = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq))
        return [action for action in found if not action.startswith("account.create")]


def account_of(world, account_id):
    """The account as it is stored now."""
    with behind(world) as session:
        account = session.get_one(Account, account_id)
        session.expunge(account)
        return account
