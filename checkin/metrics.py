"""Health for those who keep it running: /healthz, /readyz, /metrics. Numbers only, nobody's data."""

import os
import time

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, abort, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from checkin.db import db

bp = Blueprint("health", __name__)

REQUESTS = Counter("checkin_requests_total", "Requests", ["method", "route", "status"])
SECONDS = Histogram(
    "checkin_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
CHECK_INS = Counter("checkin_check_ins_total", "Visits recorded", ["outcome"])
DECLARED = Counter("checkin_declared_total", "Declarations without a venue", ["kind"])
CODE_GUESSES = Counter("checkin_code_guesses_total", "Codes tried that do not exist", ["kind"])
ROUNDS_FAILED = Counter("checkin_rounds_failed_total", "Rounds of the server that failed", ["round"])
LOOKUPS = Counter("checkin_lookups_total", "Lookups made", ["kind"])

METHODS = {"GET", "HEAD", "POST", "OPTIONS"}


@bp.get("/healthz")
def healthz() -> tuple[str, int]:
    """The process answers."""
    return "ok\n", 200


@bp.get("/readyz")
def readyz() -> tuple[str, int]:
    """The process can do its work: the database answers."""
    try:
        db.session.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        return "database unreachable\n", 503
    return "ready\n", 200


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus' text format, for this machine alone: what comes through a proxy is refused."""
    if request.remote_addr not in {"127.0.0.1", "::1"} or "X-Forwarded-For" in request.headers:
        abort(404)
    registry = None
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry) if registry else generate_latest(), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    @app.after_request
    def _count(response: Response) -> Response:
        # The route, not the address: an address would let a stranger make endless series.
        route = str(request.url_rule) if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - g.get("started", time.perf_counter()))
        return response
