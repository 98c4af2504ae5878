"""The session of this request: who is signed in in this browser, and what they may do by now.

The browser's cookie carries a random token and nothing else of it; the rest is a row of `account_session`.
"""

from dataclasses import dataclass

import structlog
from flask import Response, g, request, session
from sqlalchemy import exc
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.accounts import limits, queries, service, tries
from checkin.accounts.models import OWNER, STAFF, Account, AccountSession
from checkin.db import IN_PASSING, db, is_read_only, let_go, reading, set_scope, writing

log = structlog.get_logger()
TOKEN = "token"  # noqa: S105  # nosec B105 - the name of what the cookie carries
# Said by pages that ask again and again by themselves, in a header or in the address: that is not somebody at work.
BACKGROUND, BACKGROUND_ARG = "X-Background", "background"


@dataclass(frozen=True)
class Here:
    """Somebody's session in this browser."""

    row: AccountSession
    account: Account
    state: limits.State


def here() -> Here | None:
    """The session of this request; None when nobody is signed in, or it is over."""
    if "here" not in g:
        g.here = _find()
    found: Here | None = g.here
    return found


def _look_again() -> None:
    for known in ("here", "_login_user"):  # the latter is Flask-Login's
        g.pop(known, None)


def _find() -> Here | None:
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    store, hashed = db.session(), service.token_hash(token)
    begun, reads_only = store.in_transaction(), is_read_only()
    # Of the application that runs, not of the one made last.
    tier = context.config().tier
    if tier != "all":
        # Before it is known who asks, the database shows what belongs to this token.
        set_scope(store, browser=hashed)
    with reading():
        found = queries.by_token(store, hashed)
    if not reads_only and not begun:
        let_go(store)  # what follows may hash a password first, or write
    if found is None:
        return None
    row, account = found
    # A session of the other tier is nobody's here.
    if (tier == "public" and account.role != OWNER) or (tier == "staff" and account.role == OWNER):
        return None
    state = limits.state(row, account.role, clock.now())
    if state == "over":
        return None
    _name(account)
    return Here(row, account, state)


def _name(account: Account) -> None:
    """Let the database know whose sessions and codes these are; what else they may see, the door says."""
    owner = account.id if account.role == OWNER else None
    set_scope(db.session(), account=account.id, owner=owner)


def needs_factor(account: Account) -> bool:
    """True when the password alone does not sign this account in."""
    return account.factor is not None or must_have_factor(account)


def must_have_factor(account: Account) -> bool:
    """True for staff where the setting says so."""
    return account.role in STAFF and context.config().require_second_factor


def begin(account: Account, *, whole: bool) -> AccountSession:
    """Sign the account in in this browser with a new token; whoever was signed in here before is not any more.

    The caller commits.
    """
    store, now, before = db.session(), clock.now(), here()
    if before is not None:
        service.end_session(store, now=now, account=before.account, session_id=before.row.id, action="session.end")
    _name(account)
    row, token = service.begin_session(
        store, now=now, account=account, user_agent=request.user_agent.string, whole=whole
    )
    session.clear()
    session[TOKEN] = token
    # Staff are signed out when the browser is closed; an owner's shop computer is not.
    session.permanent = account.role == OWNER
    _look_again()
    return row


def renew(found: AccountSession) -> None:
    """Give the session another token, after more of what one signs in with was shown. The caller commits."""
    session[TOKEN] = service.renew_token(db.session(), now=clock.now(), found=found)
    _look_again()


def leave() -> None:
    """Sign whoever is signed in here out of this browser. The caller commits."""
    found = here()
    if found is not None:
        service.end_session(
            db.session(), now=clock.now(), account=found.account, session_id=found.row.id, action="sign_out"
        )
    forget()


def forget() -> None:
    """Take the session off this browser."""
    session.clear()
    _look_again()


def know(response: Response, account: Account) -> None:
    """Count the account's failures in this browser apart from those of others, from now on."""
    login_key = tries.key(context.vault(), service.login_of(context.vault(), account))
    tries.succeeded(login_key)
    tries.remember(response, login_key)


def note_use(found: Here) -> None:
    """Write that the session is in use, once a minute at most and apart from what the request does.

    Where SQLite's writer is busy it is left for the next request.
    """
    by_itself = BACKGROUND in request.headers or BACKGROUND_ARG in request.args
    if by_itself or not limits.use_is_due(found.row, clock.now()):
        return
    store = db.session()
    scope, session_id = dict(store.info.get("scope", {})), found.row.id
    let_go(store)
    with writing(), Session(db.engine.execution_options(**{IN_PASSING: True}), info={"scope": scope}) as short:
        try:
            service.used(short, now=clock.now(), session_id=session_id)
            short.commit()
        except (exc.OperationalError, exc.TimeoutError) as error:
            log.info("use of a session not noted", kind=type(error).__name__)


def local_path() -> str:
    """This request's path with its question, to come back to."""
    return request.full_path.rstrip("?")
