"""From cards that were made to the file that the browser gets; it is kept nowhere."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response

from checkin import context
from checkin.personcards.codes import address_of
from checkin.personcards.face import Paper, cards_pdf
from checkin.personcards.service import Made


def as_file(made: Sequence[Made], form: str, now: datetime) -> Response:
    """The answer with the PDF of these cards; its name says nothing of anybody."""
    config = context.config()
    papers = [
        Paper(
            full_name=one.full_name,
            code=one.code,
            lost_code=one.lost_code,
            url=address_of(one.code, config),
            issuer=f"{config.cdc_name} · {config.hotline}",
            trial=config.trial,
        )
        for one in made
    ]
    return Response(
        cards_pdf(papers, form, made_at=now),
        mimetype="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="the-qua-cua.pdf"', "Cache-Control": "no-store"},
    )
