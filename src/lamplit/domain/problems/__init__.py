"""The catalogue: every problem of every room, found here by its code."""

from __future__ import annotations

import importlib
import pkgutil

from lamplit.domain.errors import Problem


def catalogue() -> dict[str, Problem]:
    """All problems by code, gathered from the modules of this package.

    Raises ValueError where two problems share a code.
    """
    found: dict[str, Problem] = {}
    for module_info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for value in vars(module).values():
            if not isinstance(value, Problem):
                continue
            if found.setdefault(value.code, value) is not value:
                raise ValueError(f"two problems share the code {value.code}")
    return found
