"""Inviting staff, and the page on which the invited person sets a password."""

from functools import partial
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from checkin import clock, context
from checkin.accounts import sessions
from checkin.db import db
from checkin.errors import DomainError
from checkin.invitations import queries, service
from checkin.invitations.forms import AcceptForm, InvitationForm
from checkin.invitations.letters import invitation_letter
from checkin.invitations.models import Invitation
from checkin.messages.letter import Letter
from checkin.messages.models import MAIL
from checkin.messages.senders import is_set_up
from checkin.places import queries as places
from checkin.roles import ROLE_NAMES
from checkin.web import limiter

bp = Blueprint("invitations", __name__, url_prefix="/accounts/invitations")
door = Blueprint("invitation", __name__, url_prefix="/invitation")

TOKEN = "invitation"  # noqa: S105  # nosec B105 - where the session keeps it, not what it is
LONGEST_TOKEN = 100
REASONS = {
    "commune": ("commune", _l("Trạm y tế cần đúng một xã, phường; vai trò khác thì để trống.")),
    "login": ("login", _l("Tên đăng nhập ngắn quá.")),
    "taken": ("login", _l("Tên đăng nhập này đã có tài khoản.")),
    "mail": ("mail", _l("Ghi địa chỉ email không dấu, ví dụ ten@cdc.vn.")),
}


@bp.route("/", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form = InvitationForm()
    communes = places.communes_of(db.session(), context.config().province) or ()
    form.commune.choices = [("", "–"), *((place.id, place.full_name) for place in communes)]
    made: tuple[Invitation, str] | None = None
    mail_goes_out = is_set_up(context.config(), MAIL)
    if form.validate_on_submit():
        made = _invite(form)
        if made and form.mail.data and mail_goes_out:
            flash(gettext("Lời mời đang được gửi đi."), "ok")
            return redirect(url_for(".index"))
    return render_template(
        "invitations/index.html",
        form=form,
        made=made[0] if made else None,
        # On this answer and never again: only its hash is kept.
        link=link_of(made[1]) if made else "",
        invitations=queries.newest(db.session()),
        role_names=ROLE_NAMES,
        communes={place.id: place.full_name for place in communes},
        mail_goes_out=mail_goes_out,
    ), 422 if form.errors else 200


@bp.post("/<uuid:invitation_id>/revoke")
def revoke(invitation_id: UUID) -> ResponseReturnValue:
    service.revoke(db.session(), now=clock.now(), actor=current_user.actor, invitation_id=invitation_id)
    db.session.commit()
    flash(gettext("Đã thu hồi lời mời. Liên kết không dùng được nữa."), "ok")
    return redirect(url_for(".index"))


@door.get("/<token>")
def take(token: str) -> ResponseReturnValue:
    """Take the token out of the address at once: no page of ours is shown under it, so it is passed on to none."""
    session[TOKEN] = token[:LONGEST_TOKEN]
    response = redirect(url_for(".accept"))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@door.route("/", methods=["GET", "POST"])
@limiter.limit("30 per minute", methods=["POST"])
def accept() -> ResponseReturnValue:
    token = str(session.get(TOKEN, ""))
    invitation = service.of_token(db.session(), now=clock.now(), token=token)
    if invitation is None:
        return _gone()
    form = AcceptForm()
    form.own_login = invitation.login
    if form.validate_on_submit():
        try:
            service.accept(
                db.session(), context.vault(), now=clock.now(), token=token, password=form.password.data or ""
            )
            sessions.leave()
            db.session.commit()
        except DomainError:
            # Somebody was faster, or the login was given away meanwhile.
            db.session.rollback()
            return _gone()
        flash(gettext("Đã đặt mật khẩu. Bây giờ hãy đăng nhập."), "ok")
        return redirect(url_for("accounts.sign_in"))
    return render_template(
        "invitations/accept.html",
        form=form,
        invitation=invitation,
        role=ROLE_NAMES[invitation.role],
        commune=places.commune(db.session(), invitation.commune_id) if invitation.commune_id else None,
    ), 422 if form.errors else 200


def link_of(token: str) -> str:
    """The address that the invited person opens, on this tier's own origin."""
    return context.config().public_origin + url_for("invitation.take", token=token)


def _gone() -> Response:
    session.pop(TOKEN, None)
    return Response(render_template("invitations/gone.html"), 410)


def _invite(form: InvitationForm) -> tuple[Invitation, str] | None:
    try:
        made = service.invite(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            login=form.login.data or "",
            role=form.role.data,
            commune_id=form.commune.data or None,
            write=partial(_letter, form.mail.data) if form.mail.data else None,
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        field, why = REASONS[error.reason]
        form[field].errors = [str(why)]
        return None
    return made


def _letter(to: str, invitation: Invitation, token: str) -> Letter:
    return invitation_letter(
        to,
        link=link_of(token),
        by=invitation.made_by_name,
        role=str(ROLE_NAMES[invitation.role]),
        login=invitation.login,
        cdc_name=context.config().cdc_name,
    )
