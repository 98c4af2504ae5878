"""The answer to a declaration: recorded, and the result as the visitor sees it, whichever page it came from."""

from dataclasses import dataclass

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context
from checkin.db import db
from checkin.declarations.service import judge
from checkin.declarations.told import Told
from checkin.declarations.triage import needs_help
from checkin.metrics import CHECK_INS
from checkin.places import queries as places
from checkin.venues.kinds import HEALTH
from checkin.venues.queries import Door
from checkin.visits import corrections, device, page, service, sheet, tokens
from checkin.visits.cardfill import fill
from checkin.visits.flags import Arrivals
from checkin.visits.later import Later
from checkin.visits.newday import with_day
from checkin.visits.remembered import Remembered
from checkin.visits.sheet import Sheet
from checkin.visits.tokens import StaleForm, VisitToken


@dataclass(frozen=True)
class Shown:
    """What the result says of one person."""

    name: str
    help_needed: bool
    doubts: tuple[str, ...]
    token: str


def is_whole(sent: Sheet) -> bool:
    """True for a sheet that can be recorded, filled in from a card told with it; else its fields say why not."""
    if sent.first.card.data:
        fill(sent.first, sent.first.today, context.config().province)
    sent.resolve()
    return sent.validate(context.vault())


def answer(
    door: Door, told: list[Told], sent: Sheet | None, arrivals: Arrivals, kept: Later | None = None
) -> ResponseReturnValue:
    """Record what was told, commit, and say what came of it. `kept` is what a phone says of one that comes later;
    `sent` is shown again where the page is too old."""
    now, vault = clock.now(), context.vault()
    secret = vault.session_secret
    try:
        submission_id = (
            kept.submission_id
            if kept
            else tokens.read_submission(vault.session_ring, request.form.get("submission", ""), door.code, now)
        )
    except StaleForm:
        notice = gettext("Trang này mở đã lâu. Những gì bạn ghi vẫn còn: xem lại rồi gửi một lần nữa.")
        return page.form(door, sent or sheet.blank([one.who for one in told]), status=422, notice=notice)
    known_secret = device.secret()
    own_secret = known_secret or tokens.device_secret(secret, submission_id)
    at = kept.at if kept else now
    rules = context.rules(clock.to_local(at).date())
    done = with_day(
        at,
        lambda: service.check_in_together(
            db.session(),
            vault,
            now=at,
            rules=rules,
            door=door,
            told=told,
            submission_id=submission_id,
            device=vault.device(own_secret),
            seen_before=known_secret is not None,
            arrivals=arrivals,
            received_at=now,
        ),
    )
    shown = [
        Shown(
            one.who.full_name,
            needs_help(judge(one.answers, rules).level),
            one.who.doubts(),
            tokens.visit_token(secret, VisitToken(came.visit_id, came.entered_at)),
        )
        for one, came in zip(told, done, strict=True)
    ]
    unwell = next((one.who for one, result in zip(told, shown, strict=True) if result.help_needed), None)
    # Asked for before the commit: the page must not begin another writing transaction.
    station = places.commune(db.session(), unwell.commune_id) if unwell else None
    db.session.commit()
    for came in done:
        CHECK_INS.labels(came.outcome).inc()
    response = make_response(
        render_template(
            "visits/result.html",
            **page.of_door(door),
            people=shown,
            help_needed=unwell is not None,
            health=door.kind == HEALTH,
            declared_at=done[0].declared_at,
            station=station if station and station.parent_id == context.config().province else None,
            submission=tokens.submission_token(secret, door.code, now, submission_id)
            if kept
            else request.form["submission"],
            minutes=corrections.MINUTES,
        )
    )
    day = clock.to_local(at).date()
    declared = [Remembered(one.who, day, one.all_no) for one in told]
    if kept is None:
        device.remember(response, own_secret, *declared, form=device.LastForm(submission_id, door.code, now))
    elif device.people() and all(one.all_no for one in told):
        # What was declared since must not be taken back by what was declared before it.
        device.give(response, own_secret)
    else:
        device.remember(response, own_secret, *declared)
    return response
