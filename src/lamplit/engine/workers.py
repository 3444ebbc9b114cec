"""What runs in Spark's workers around a shard's function: what it is given, answers, and leaves.

What a shard leaves for later are bytes, which Spark keeps in packets: a value in Java holds 2 GB at
most and lies in memory several times while it moves, so that small ones move best.
"""

from __future__ import annotations

import base64
import os
import pickle
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from lamplit.domain.errors import LamplitError

Work = Callable[[Any, pa.Table], Any]
"""(what the shard is given, its rows) → its answer; both ends are pickled."""

Leave = Callable[[Any, pa.Table], tuple[Any, pa.Buffer]]
"""As `Work`, with what the shard leaves: → (its answer, bytes that Spark keeps)."""

Deal = Callable[[Any], Iterator[tuple[int, bytes]]]
"""What a task is given → packets of bytes, each with the shard that it goes to."""

Read = Callable[[Any], Iterator[pa.RecordBatch]]
"""What a task is given → rows for SQL to read."""

CoGrouped = Callable[[pa.Table, pa.Table], pa.Table]
Mapped = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]

ANSWER: Final = "shard int, answer binary"
PACKETS: Final = "shard int, packet binary"
LEFT: Final = "shard int, place int, packet binary"
"""`place`: the packet's among its shard's, from 0; what stands at ANSWERED is the answer."""
ANSWERED: Final = -1
TOLD: Final = "<lamplit-problem>"
_LEFT = pa.schema([("shard", pa.int32()), ("place", pa.int32()), ("packet", pa.binary())])


def both(work: Work) -> CoGrouped:
    """Run a shard's function on its rows."""

    def run(task: pa.Table, rows: pa.Table) -> pa.Table:
        if not task.num_rows:
            return _answered(pa.array([], pa.int32()), [])
        return _answered(task["shard"], [_worked(work, task["given"][0].as_py(), rows)])

    return run


def leaving(work: Leave, size: int) -> CoGrouped:
    """As `both`, with packets of `size` bytes of what the shard leaves behind its answer."""

    def run(task: pa.Table, rows: pa.Table) -> pa.Table:
        if not task.num_rows:
            return _LEFT.empty_table()
        left = pa.py_buffer(b"")

        def answer(given: Any, rows: pa.Table) -> tuple[Any, int]:
            nonlocal left
            found, left = work(given, rows)
            return found, -(-left.size // size)

        answered = pa.py_buffer(_worked(answer, task["given"][0].as_py(), rows))
        cuts = [left.slice(at, min(size, left.size - at)) for at in range(0, left.size, size)]
        shard, places = task["shard"][0].as_py(), range(ANSWERED, len(cuts))
        # A batch each, as Java takes them in batch by batch.
        batches = [_packet(shard, at, b) for at, b in zip(places, [answered, *cuts], strict=True)]
        return pa.Table.from_batches(batches, _LEFT)

    return run


def _packet(shard: int, place: int, packet: pa.Buffer) -> pa.RecordBatch:
    """A row of LEFT, whose bytes are where they are."""
    ends = pa.py_buffer(np.array([0, packet.size], np.int32))
    column = pa.Array.from_buffers(pa.binary(), 1, [None, ends, packet])
    head = [pa.array([shard], pa.int32()), pa.array([place], pa.int32())]
    return pa.record_batch([*head, column], schema=_LEFT)


def left_whole(rows: pa.Table) -> bytes:
    """What a shard left, of the rows of its packets (`place`, `packet`), in whatever order."""
    places = rows["place"].to_numpy()
    order = np.argsort(places)
    if not np.array_equal(places[order], np.arange(len(places))):
        raise ValueError(f"packets of a shard are not whole: {places[order].tolist()}")
    packets = rows["packet"]
    return b"".join(packets[int(at)].as_buffer() for at in order)


def table_left(table: pa.Table) -> pa.Buffer:
    """A table as bytes to be left, packed."""
    sink = pa.BufferOutputStream()
    packed = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=packed) as stream:
        stream.write_table(table)
    return sink.getvalue()


def left_table(left: bytes) -> pa.Table:
    """The table of `table_left`."""
    return pa.ipc.open_stream(left).read_all()


def each(work: Work) -> Mapped:
    """Run the functions of shards that need no rows."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = [_worked(work, given.as_py(), pa.table({})) for given in batch.column("given")]
            yield from _answered(batch.column("shard"), found).to_batches()

    return run


def dealt(deal: Deal) -> Mapped:
    """Run what deals packets to shards."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for given in batch.column("given"):
                for shard, packet in deal(pickle.loads(given.as_py())):
                    yield pa.record_batch(
                        {"shard": pa.array([shard], pa.int32()),
                         "packet": pa.array([packet], pa.binary())}
                    )  # fmt: skip

    return run


def reading(read: Read) -> Mapped:
    """Run what reads rows. They have no place for a problem, which is told by the failed task."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for given in batch.column("given"):
                try:
                    yield from read(pickle.loads(given.as_py()))
                except LamplitError as error:
                    told = base64.b64encode(pickle.dumps(_problem(error))).decode("ascii")
                    raise RuntimeError(f"{TOLD}{told}{TOLD}") from error

    return run


def told_in(failure: str) -> LamplitError | None:
    """The LamplitError that a failed task of `reading` tells of, in what Spark says of it."""
    found = re.search(f"{TOLD}([A-Za-z0-9+/=]+){TOLD}", failure)
    return _raised(pickle.loads(base64.b64decode(found[1]))) if found else None


def _worked(work: Work, given: bytes, rows: pa.Table) -> bytes:
    """The answer, pickled; a problem is an answer too, since trying again would not mend it."""
    try:
        return pickle.dumps((work(pickle.loads(given), rows), None))
    except LamplitError as error:
        return pickle.dumps((None, _problem(error)))


def _problem(error: LamplitError) -> tuple[Any, Any, dict[str, str]]:
    """What a LamplitError is made from, to be pickled."""
    return error.problem, error.where, {name: str(value) for name, value in error.fields.items()}


def _raised(problem: tuple[Any, Any, dict[str, str]]) -> LamplitError:
    """The LamplitError of `_problem`."""
    return LamplitError(problem[0], where=problem[1], **problem[2])


def _answered(shards: Any, answers: list[bytes]) -> pa.Table:
    return pa.table({"shard": shards, "answer": pa.array(answers, pa.binary())})


def answer_of(answer: bytes) -> Any:
    """An answer as the shard's function gave it. Raises the LamplitError that it raised."""
    found, problem = pickle.loads(answer)
    if problem is not None:
        raise _raised(problem)
    return found


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of a task's own on its worker's scratch disk (`spark.local.dir`), gone at the end.

    What a worker that is killed leaves there, Spark removes with the application.
    """
    disks = os.environ.get("SPARK_LOCAL_DIRS", tempfile.gettempdir()).split(",")
    with tempfile.TemporaryDirectory(
        prefix="lamplit-", dir=random.choice(disks), ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)
