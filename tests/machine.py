"""What tests need of a machine beside Python: servers, a browser, a Java, a Node."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

NEEDED = "LAMPLIT_NEEDS_TOOLS"
"""Set where a merge is decided: what was not tried has not passed."""


def lacking(reason: str) -> NoReturn:
    """Skip a test for want of a tool, saying which; fail it where none may be left untried."""
    if os.environ.get(NEEDED):
        pytest.fail(f"{reason} ({NEEDED} is set)")
    pytest.skip(reason)
