"""One module per layout: a declarative profile, or a small reader.

Each module offers `LAYOUT`. The list below is the whole registry: order breaks ties.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.util import find_spec
from typing import Final

from lamplit.meters.layouts.base import Layout

MODULES: Final = (
    "nem12",
    "nem13",
    "mscons",
    "greenbutton",
    "iec61968",
    "london",
    "ausgrid",
    "wide",
    "registers",
    "long",
)


@cache
def layouts() -> dict[str, Layout]:
    """Every layout by its name, in the order in which ties are broken."""
    found: dict[str, Layout] = {}
    for module in MODULES:
        path = f"{__name__}.{module}"
        if find_spec(path) is None:
            continue
        layout: Layout = importlib.import_module(path).LAYOUT
        found[layout.name] = layout
    return found
