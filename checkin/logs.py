"""Structured logs: one JSON object a line, without personal data.

A request is logged by its route, never by its address or its form; what a person typed is in neither.
"""

import logging
import time

import structlog
from flask import Flask, Response, g, request

from checkin.config import Config

log = structlog.get_logger()


def configure(config: Config) -> None:
    """Set up structlog for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, config.log_level.upper())),
        cache_logger_on_first_use=True,
    )


def init_app(app: Flask) -> None:
    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _finish(response: Response) -> Response:
        took = time.perf_counter() - g.get("started", time.perf_counter())
        route = str(request.url_rule) if request.url_rule else "none"
        if route != "/static/<path:filename>":
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(took * 1000, 1),
            )
        return response
