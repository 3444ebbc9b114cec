"""What a server is made of, out of the garbage collector's sight."""

from __future__ import annotations

import gc


def settle() -> None:
    """Leave all that is there by now out of later collections: call it once a server is made.

    An answer of thousands of rows makes the collector go through the whole heap several times, and
    nearly all of that is modules and tables that never go: two fifths of the façade's time.
    """
    gc.collect()
    gc.freeze()
