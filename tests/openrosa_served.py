"""Our server in a thread of the test, at a port of its own, doing nothing by itself."""

from __future__ import annotations

from typing import Any

from lamplit.services.field.office import Office
from lamplit.web import serving


class Served(serving.Served):
    """As `lamplit.web.serving.Served`, without the minder."""

    def __init__(self, office: Office, **options: Any) -> None:
        super().__init__(office, lifespan="off", **options)
