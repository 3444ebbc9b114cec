"""Which file of the lake is damaged, when an engine stumbled over one without naming it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import lake as problems
from lamplit.domain.problems.engines import JOB_FAILED
from lamplit.engine.duckdb import Duck, DuckError
from lamplit.meters.lake import Lake


def blamed(lake: Lake, duck: Duck, columns: Sequence[str], fault: Exception) -> Exception:
    """The damaged file of the lake behind a fault of the engine's; the fault itself if none is.

    `columns`: those that were being read.
    """
    for file in lake.files():
        source = lake.paths_sql([file])
        try:
            duck.row(f"SELECT bit_xor(hash({', '.join(columns)})) FROM read_parquet({source})")
        except DuckError as cause:
            short = str(cause).splitlines()[0]
            return LamplitError(problems.FILE_DAMAGED, where=lake.where(file), cause=short)
    return fault


@contextmanager
def blaming(lake: Lake, duck: Duck, columns: Sequence[str]) -> Iterator[None]:
    """Name the damaged file of the lake where one is behind a fault of either engine's.

    Raises LamplitError `lake.file-damaged`, or the fault itself where every file can be read.
    """
    try:
        yield
    except (DuckError, LamplitError) as fault:
        if isinstance(fault, LamplitError) and fault.code != JOB_FAILED.code:
            raise
        raise blamed(lake, duck, columns, fault) from fault
