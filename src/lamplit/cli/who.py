"""Who is at the keyboard, for watermarks."""

from __future__ import annotations

import getpass


def who() -> str:
    """The login name; a question mark where the system knows none (some containers)."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"
