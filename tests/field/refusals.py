"""What must be refused, and with which code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lamplit.domain.errors import LamplitError


def refused(code: str, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> LamplitError:
    """The error that a call ends in, which must bear a code."""
    with pytest.raises(LamplitError) as met:
        call(*arguments, **named)
    assert met.value.code == code
    return met.value
