"""Asking for a code from a page, right after signing up or later."""

from functools import partial

from sqlalchemy.orm import Session

from checkin import clock, context, throttle
from checkin.accounts import tries
from checkin.accounts.models import Account
from checkin.accounts.service import login_of
from checkin.messages.senders import is_set_up
from checkin.owners import service
from checkin.owners.letters import code_letter
from checkin.owners.models import CONFIRM
from checkin.owners.service import Write

# In the browser's own session: which code it waits for. Knowing the id without the digits helps nobody.
CONFIRMING = "confirm_code"


# Codes for one contact that one browser, or one network, is sent in an hour.
MOST_HERE, HOUR = 5, 3600


def share_of(contact: str) -> tuple[bool, bool]:
    """Whether this browser was used for this contact's account before, and whether it (else its network) had its share.

    Each has a share of its own, so nobody can use up the codes of somebody else; this request is counted.
    """
    login_key = tries.key(context.vault(), contact)
    browser = tries.known_browser(login_key)
    asked = throttle.count("reset", f"{login_key}/{browser or throttle.here()}", HOUR)
    return bool(browser), asked > MOST_HERE


def letter_of(purpose: str) -> Write:
    """How a letter with a code is written here."""
    return partial(code_letter, purpose=purpose, cdc_name=context.config().cdc_name)


def reaches(account: Account) -> bool:
    """True where a message to this owner goes out by itself."""
    contact = login_of(context.vault(), account)
    return is_set_up(context.config(), service.channel_of(contact))


def send_code(session: Session, account: Account) -> str:
    """Send the owner a code to confirm their contact by; returns what the browser is to remember.

    The caller commits. Raises DomainError('enough').
    """
    write = letter_of(CONFIRM)
    return str(service.ask_confirm(session, context.vault(), now=clock.now(), account=account, write=write))
