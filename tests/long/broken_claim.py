"""The product with a claim that holds nobody back: a form that is sent again counts again. A control for the proof."""

from checkin.visits import service

_claim = service._claim


def _no_claim(*args):
    _claim(*args)


service._claim = _no_claim

from wsgi import app  # noqa: E402

__all__ = ["app"]
