"""The replay's server: a real one in this process, quiet, reading the story's clock."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from lamplit.services.field.office import Office
from lamplit.web.serving import serve


@contextmanager
def served(office: Office) -> Iterator[str]:
    """Serve an office for the length of the `with`; gives its address, http://127.0.0.1:PORT.

    RuntimeError where the server does not come up.
    """
    # A line for each of some ten thousand requests would drown what the story tells.
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    before = structlog.get_config()
    structlog.configure(wrapper_class=quiet)
    try:
        with serve(office) as running:
            yield running.url
    finally:
        structlog.configure(**before)
