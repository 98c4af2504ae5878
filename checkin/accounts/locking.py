"""The lock: what is answered to a session that may not go on as it is, and how it comes back."""

from typing import NamedTuple

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin import clock, context
from checkin.accounts import kept, sessions
from checkin.accounts.forms import UnlockForm
from checkin.accounts.models import OWNER
from checkin.accounts.sessions import Here

# Pages whose forms hold secrets and little else: nothing of them is kept.
OWN_PAGES = ("own", "accounts")


class Carried(NamedTuple):
    """A posted form on its way through the lock, or the note that it could not be kept."""

    text: str
    lost: bool


def way_back(here: Here) -> ResponseReturnValue:
    """What a page answers to a session that is locked, or that still lacks its second factor."""
    if here.state == "pending":
        step = "accounts.code" if here.account.factor else "accounts.enrol"
        return redirect(url_for(step, next=_next()))
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("accounts.unlock", next=_next()))
    return page(here, UnlockForm(formdata=None), carried=_carry(here), next_path=""), 403


def key_of(here: Here) -> str:
    """The key of the vault for what this session carries through the lock."""
    return "owner" if here.account.role == OWNER else "staff"


def page(here: Here, form: UnlockForm, *, carried: Carried, next_path: str) -> str:
    """The lock: who it is, and the password."""
    return render_template(
        "accounts/locked.html", form=form, account=here.account, carried=carried, next_path=next_path
    )


def resume(here: Here, text: str) -> ResponseReturnValue | None:
    """The page that sends on what was carried through the lock; None where nothing was."""
    found = kept.open_kept(context.vault(), key_of(here), account_id=here.account.id, text=text, now=clock.now())
    if found is None:
        return None
    return make_response(render_template("accounts/resume.html", path=found.path, fields=found.fields))


def _carry(here: Here) -> Carried:
    if request.blueprint in OWN_PAGES:
        return Carried("", False)
    text = kept.keep(
        context.vault(),
        key_of(here),
        account_id=here.account.id,
        path=sessions.local_path(),
        fields=list(request.form.items(multi=True)),
        now=clock.now(),
    )
    if text is None or any(file.filename for _, file in request.files.items(multi=True)):
        return Carried("", True)
    return Carried(text, False)


def _next() -> str | None:
    return sessions.local_path() if request.method in {"GET", "HEAD"} else None
