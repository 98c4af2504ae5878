from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checkin.accounts.models import OWNER, Account
from checkin.accounts.service import login_of
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.claims import queries
from checkin.claims.models import CONFIRMED, REFUSED, WAITING, WITHDRAWN, VenueClaim
from checkin.db import is_postgresql
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.messages import service as messages
from checkin.messages.letter import Letter
from checkin.messages.models import OWNER as TO_OWNER
from checkin.owners.service import channel_of
from checkin.vault import Vault, VaultError
from checkin.venues.models import CLOSED, Venue

# Nobody has more places that a register knows and no owner does.
MOST_WAITING, MOST_MADE, SPAN = 5, 20, timedelta(days=30)
# The letter that says what became of it: address, the venue's name, whether it is theirs, why not.
Write = Callable[[str, str, bool, str], Letter]


def ask(
    session: Session, vault: Vault, *, now: datetime, account: Account, venue: Venue, name: str, note: str
) -> VenueClaim:
    """Say that a venue without owner is this owner's. Where the phone that the register holds shows it, it is at once.

    That phone must be the one the owner signs in with, confirmed by a code. Raises DomainError: 'role', 'owned',
    'closed', 'waiting' (asked already), 'many'.
    """
    if account.role != OWNER:
        raise DomainError("role")
    if venue.owner_id is not None:
        raise DomainError("owned")
    if venue.state == CLOSED:
        raise DomainError("closed")
    waiting, made = queries.counts_of(session, account.id, now - SPAN)
    if waiting >= MOST_WAITING or made >= MOST_MADE:
        raise DomainError("many")
    login = login_of(vault, account)
    claim = VenueClaim(
        id=new_id(now),
        venue_id=venue.id,
        account_id=account.id,
        made_at=now,
        asker=vault.lock("owner", {"name": name, "login": login, "note": note}),
        state=WAITING,
    )
    session.add(claim)
    try:
        session.flush()
    except IntegrityError as error:
        raise DomainError("waiting") from error
    audit.record(session, now=now, actor=account.actor, action="claim.ask", subject=str(venue.id))
    prove(session, vault, now=now, account=account, claim=claim)
    return claim


def prove(session: Session, vault: Vault, *, now: datetime, account: Account, claim: VenueClaim) -> bool:
    """Make the venue of a waiting claim this owner's where its phone in the register is theirs; True if it is now."""
    login = login_of(vault, account)
    if account.contact_confirmed_at is None or not login.startswith("+"):
        return False
    claim_id, venue_id = claim.id, claim.venue_id
    if is_postgresql(session):
        # A function of the tables' owner: the public role gives no venue an owner.
        done = bool(session.scalar(sa.select(sa.func.take_claimed(claim_id, now))))
    else:
        done = _give(session, now=now, claim=claim, by=None, conditions=(Venue.phone_index == account.login_index,))
    if done:
        session.expire_all()
        audit.record(session, now=now, actor=account.actor, action="claim.take", subject=str(venue_id))
    return done


def withdraw(session: Session, *, now: datetime, account: Account, venue_id: UUID) -> None:
    """Take back what this owner asked and nobody decided. Raises AccessDenied where nothing waits."""
    mine = VenueClaim.account_id == account.id, VenueClaim.venue_id == venue_id, VenueClaim.state == WAITING
    if not _set(session, *mine, state=WITHDRAWN, decided_at=now):
        raise AccessDenied("claim")
    audit.record(session, now=now, actor=account.actor, action="claim.withdraw", subject=str(venue_id))


def confirm(session: Session, vault: Vault, *, now: datetime, actor: Actor, claim_id: UUID, write: Write) -> None:
    """Give the venue of a claim of the scope to who asked; whoever else asked for it is refused. All are told.

    Raises DomainError('done') where somebody decided, the venue has an owner or closed, or the account is out of use.
    """
    line = _seen(session, claim_id)
    others = list(queries.others(session, line))
    told = [(line.claim.asker, True), *((other.asker, False) for other in others)]
    venue_id, venue_name = line.venue.id, line.venue.name
    if is_postgresql(session):
        # A function of the tables' owner: staff give no venue an owner but over a claim.
        done = bool(session.scalar(sa.select(sa.func.confirm_claim(claim_id, now))))
    else:
        done = _give(session, now=now, claim=line.claim, by=actor.id, conditions=())
    if not done:
        raise DomainError("done")
    rest = VenueClaim.venue_id == venue_id, VenueClaim.state == WAITING
    _set(session, *rest, state=REFUSED, decided_at=now, decided_by=actor.id)
    session.expire_all()
    audit.record(session, now=now, actor=actor, action="claim.confirm", subject=str(venue_id))
    for asker, theirs in told:
        _tell(session, vault, now=now, asker=asker, letter=write, venue_name=venue_name, theirs=theirs, reason="")


def refuse(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, claim_id: UUID, reason: str, write: Write
) -> None:
    """Refuse a claim of the scope, with the reason that its owner is told. Raises as `confirm` does."""
    line = _seen(session, claim_id)
    asker, venue_id, name = line.claim.asker, line.venue.id, line.venue.name
    one = VenueClaim.id == claim_id, VenueClaim.state == WAITING
    if not _set(session, *one, state=REFUSED, decided_at=now, decided_by=actor.id, reason=reason):
        raise DomainError("done")
    audit.record(session, now=now, actor=actor, action="claim.refuse", subject=str(venue_id), reason=reason)
    _tell(session, vault, now=now, asker=asker, letter=write, venue_name=name, theirs=False, reason=reason)


def asker_of(vault: Vault, claim: VenueClaim) -> dict[str, str]:
    """Who asks: 'name', 'login', 'note'; empty where the key is not here."""
    try:
        return vault.unlock("owner", claim.asker)
    except VaultError:
        return {}


def contact_of(vault: Vault, venue: Venue) -> str:
    """The phone number that the register holds of a venue; empty where there is none, or the key is not here."""
    try:
        return str(vault.unlock("owner", venue.contact).get("phone", "")) if venue.contact else ""
    except VaultError:
        return ""


def _seen(session: Session, claim_id: UUID) -> queries.Line:
    line = queries.one_waiting(session, claim_id)
    if line is None:
        raise DomainError("done")
    return line


def _give(
    session: Session,
    *,
    now: datetime,
    claim: VenueClaim,
    by: UUID | None,
    conditions: tuple[sa.ColumnElement[bool], ...],
) -> bool:
    """What `take_claimed` and `confirm_claim` do on PostgreSQL, under the same conditions."""
    waits = sa.exists().where(VenueClaim.id == claim.id, VenueClaim.state == WAITING)
    owner = sa.exists().where(Account.id == claim.account_id, Account.role == OWNER, Account.active)
    given = session.execute(
        sa.update(Venue)
        .where(Venue.id == claim.venue_id, Venue.owner_id.is_(None), Venue.state != CLOSED, waits, owner, *conditions)
        .values(owner_id=claim.account_id)
        .execution_options(synchronize_session=False)
    )
    if given.rowcount != 1:  # type: ignore[attr-defined]
        return False
    return _set(session, VenueClaim.id == claim.id, state=CONFIRMED, decided_at=now, decided_by=by)


def _set(session: Session, *conditions: sa.ColumnElement[bool], **values: object) -> bool:
    done = session.execute(
        sa.update(VenueClaim).where(*conditions).values(**values).execution_options(synchronize_session=False)
    )
    session.expire_all()
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _tell(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    asker: bytes,
    letter: Write,
    venue_name: str,
    theirs: bool,
    reason: str,
) -> None:
    try:
        to = str(vault.unlock("owner", asker)["login"])
    except VaultError:
        return  # of a key that this tier does not have: the owner reads it on their own page
    words = letter(to, venue_name, theirs, reason)
    messages.put(session, vault, now=now, audience=TO_OWNER, channel=channel_of(to), about="claim", letter=words)
