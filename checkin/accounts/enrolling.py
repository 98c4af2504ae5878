"""Setting up a second factor: the same steps at the first sign-in and later, from the account's own page."""

import base64
import io
from datetime import timedelta

import qrcode
from flask import render_template
from flask_babel import gettext
from qrcode.image.svg import SvgPathImage

from checkin import clock, context
from checkin.accounts import factors, service, sessions
from checkin.accounts.forms import EnrolForm
from checkin.accounts.models import Account
from checkin.accounts.sessions import Here
from checkin.db import db
from checkin.vault import VaultError

# From the QR to the first code of it.
GOOD_FOR = timedelta(minutes=30)


def page(account: Account, form: EnrolForm, *, first: bool) -> str:
    """The page with the QR; a secret that was shown before stays, so that a mistyped code can be mended."""
    secret = _told(account, form.secret.data or "")
    if secret is None:
        secret = factors.new_secret()
        form.secret.data = _carried(account, secret)
    name, issuer = service.login_of(context.vault(), account), context.config().cdc_name
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    code = qrcode.make(factors.address(secret, name, issuer), image_factory=SvgPathImage, border=2)
    drawn = io.BytesIO()
    code.save(drawn)
    picture = "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()
    return render_template(
        "accounts/enrol.html", form=form, picture=picture, secret=grouped, first=first, account=account
    )


def finish(found: Here, form: EnrolForm) -> list[str] | None:
    """Set up the factor whose code was typed; gives its recovery codes, or None with an error in the form.

    The session gets a new token, all others end. The caller commits.
    """
    account, now = found.account, clock.now()
    secret = _told(account, form.secret.data or "")
    step = factors.matching_step(secret, factors.digits_of(form.factor.data or ""), now, None) if secret else None
    if secret is None or step is None:
        form.factor.errors = [gettext("Mã không đúng. Chờ ứng dụng hiện mã mới rồi thử lại.")]
        return None
    # Hashed before anything is written.
    codes = factors.new_codes()
    hashes = [factors.code_hash(account.id, one) for one in codes]
    service.enrol(
        db.session(),
        context.vault(),
        now=now,
        account=account,
        secret=secret,
        step=step,
        code_hashes=hashes,
        kept=found.row,
    )
    sessions.renew(found.row)
    return codes


def is_carried(account: Account, form: EnrolForm) -> bool:
    """True when the form carries a secret that this account was shown a while ago."""
    return _told(account, form.secret.data or "") is not None


def codes_page(codes: list[str], target: str) -> str:
    """Recovery codes, shown this once."""
    return render_template(
        "accounts/codes.html",
        codes=[factors.shown(one) for one in codes],
        target=target,
        day=clock.now(),
    )


def _carried(account: Account, secret: str) -> str:
    locked = context.vault().lock(
        account.factor_key, {"enrol": str(account.id), "totp": secret, "at": clock.now().timestamp()}
    )
    return base64.urlsafe_b64encode(locked).decode()


def _told(account: Account, text: str) -> str | None:
    try:
        values = context.vault().unlock(account.factor_key, base64.urlsafe_b64decode(text[:2000].encode()))
        age = clock.now().timestamp() - float(values["at"])
        fits = values["enrol"] == str(account.id) and 0 <= age < GOOD_FOR.total_seconds()
        return str(values["totp"]) if fits else None
    except (VaultError, KeyError, TypeError, ValueError):
        return None
