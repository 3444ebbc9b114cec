"""The server's own log: one JSON line a request, with templates of paths and no personal data."""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """Write JSON lines on stderr. uvicorn's own access log stays off: it shows ids and queries."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("uvicorn.access").disabled = True
