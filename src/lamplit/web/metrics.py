"""Figures for Prometheus: how many requests, how they ended, how long they took."""

from __future__ import annotations

import os

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter(
    "lamplit_requests", "Requests answered.", ("method", "path", "status"), registry=REGISTRY
)
SECONDS = Histogram(
    "lamplit_request_seconds",
    "Time to answer.",
    ("method", "path"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
STREAMS = Gauge(
    "lamplit_event_streams",
    "Boards that listen.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)


def figures() -> bytes:
    """All figures, of all server processes where there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def seen(method: str, path: str, status: int, seconds: float) -> None:
    """Count one request, by its route's template: ids would be personal, and without number."""
    method = method if method in METHODS else "OTHER"
    REQUESTS.labels(method, path, str(status)).inc()
    SECONDS.labels(method, path).observe(seconds)
