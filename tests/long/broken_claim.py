"""The product with a claim that holds nobody back: a form that is sent again counts again. A control for the proof."""

from checkin.batch import together
from checkin.visits import service

_claim = service.claim


def _no_claim(session, now, submission_id, body, visit, device, asked):
    earlier, answers = _claim(session, now, submission_id, body, visit, device, asked)
    return None, answers if earlier is None else together(session, asked)


service.claim = _no_claim

from wsgi import app  # noqa: E402

__all__ = ["app"]
