"""Apache Spark: SQL over many machines, and a Python function for each shard of the rows.

The only module that imports pyspark, and only once a session is asked for. What a shard's function
writes it writes under names of its own and tells of in its answer, so that a task that Spark runs
again, or twice, leaves nothing but files that nobody names.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import engines as problems
from lamplit.engine import workers
from lamplit.engine.workers import Deal, Leave, Read, Work

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TASKS_A_CORE = 2
PACKET_BYTES = 4 << 20
"""What is kept is cut in packets of so much, of which Java holds some at once for each task."""
PACKETS_A_JOB = 8
"""As many come to the driver at a time."""
BATCH_BYTES = 32 << 20
"""Of an Arrow batch to a worker: a column of one holds 2 GB at most."""
BROADCAST_BYTES = 10 << 20
"""What goes to every executor whole, so that what it is joined with need not be dealt out."""
LOG_SETTINGS = Path(__file__).with_name("log4j2.properties")
_JAVA_HOMES = "/usr/lib/jvm/*/bin/java"


class Spark:
    """A Spark session that runs the SQL and the functions that it is given.

    Views are the session's own and are dropped with it. Raises LamplitError `engine.job-failed`
    where a job fails for good; what a shard's function raised as a LamplitError is raised as such.
    """

    def __init__(self, session: SparkSession, *, owned: bool) -> None:
        """`owned`: whether `close` stops the session."""
        self._session, self._owned = session, owned
        self._views: list[str] = []
        self._kept: list[Kept] = []
        self._made = 0

    @classmethod
    def open(cls, master: str, settings: Mapping[str, str]) -> Spark:
        """A session on `master`, or the one that this process has there already.

        `settings`: Spark's own, by name. Raises LamplitError `engine.no-pyspark`,
        `engine.no-java` or `engine.no-cluster`.
        """
        check_spark()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return cls._opened(master, settings)

    @classmethod
    def _opened(cls, master: str, settings: Mapping[str, str]) -> Spark:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        # A process has one context, whichever thread asks: a second would be the first in disguise.
        running = SparkContext._active_spark_context
        if running is not None and running.master != master:
            reason = f"this process has one at {running.master}"
            raise LamplitError(problems.NO_CLUSTER, master=master, reason=reason)
        if running is not None:
            return cls(SparkSession.Builder().getOrCreate(), owned=False)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.Builder().master(master).appName("lamplit")
        for name, value in (_DEFAULTS | _of_master(master) | dict(settings)).items():
            builder = builder.config(name, value)
        try:
            return cls(builder.getOrCreate(), owned=True)
        except Exception as fault:  # py4j's and pyspark's have no common base
            raise LamplitError(problems.NO_CLUSTER, master=master, reason=_short(fault)) from fault

    # --- relations ----------------------------------------------------------------------------

    def view(self, table: pa.Table) -> str:
        """Let SQL read an Arrow table; gives its name."""
        return self._named(self._session.createDataFrame(table))

    def packets(self, given: Sequence[Any], deal: Deal) -> str:
        """Let SQL read what `deal` makes of each thing given, as (`shard`, `packet`); the name.

        Each is a task of its own, and is run again each time that the view is read.
        """
        with self._faults():
            frame = self._one_by_one(dict(enumerate(given)))
            return self._named(frame.mapInArrow(workers.dealt(deal), workers.PACKETS))

    def read(self, given: Sequence[Any], read: Read, schema: pa.Schema) -> str:
        """Let SQL read the batches of `schema` that `read` makes of each thing given; the name.

        Each is a task of its own, and is run again each time that the view is read. What it raises
        as a LamplitError is raised as such by whoever reads.
        """
        from pyspark.sql.pandas.types import from_arrow_schema

        with self._faults():
            frame = self._one_by_one(dict(enumerate(given)))
            made = frame.mapInArrow(workers.reading(read), from_arrow_schema(schema))
            return self._named(made)

    def _named(self, frame: DataFrame) -> str:
        self._made += 1
        name = f"lamplit_{id(self):x}_{self._made}"
        frame.createOrReplaceTempView(name)
        self._views.append(name)
        return name

    # --- work ---------------------------------------------------------------------------------

    def arrow(self, sql: str) -> pa.Table:
        """What a query gives, as an Arrow table."""
        with self._faults():
            table: pa.Table = self._session.sql(sql).toArrow()
            return table

    def by_shard(self, sql: str, given: Mapping[int, Any], work: Work) -> dict[int, Any]:
        """The answer of every shard in `given`, with the rows that `sql` has of it (`shard`).

        A shard without rows is worked too; rows of a shard that is not given are left out.
        """
        with self._faults():
            return _answers(self._cogrouped(sql, given, workers.both(work), workers.ANSWER))

    def kept(self, sql: str, given: Mapping[int, Any], work: Leave) -> Kept:
        """As `by_shard`; what the shards leave stays on Spark's disks until `Kept.close`.

        What a lost executor held is made again, by the same function of the same rows.
        """
        from pyspark import StorageLevel

        with self._faults():
            leave = workers.leaving(work, PACKET_BYTES)
            frame = self._cogrouped(sql, given, leave, workers.LEFT)
            kept = Kept(self, frame.persist(StorageLevel.DISK_ONLY))
            self._kept.append(kept)
            try:
                kept.work()
            except BaseException:
                kept.close()
                raise
            return kept

    def each(self, given: Mapping[int, Any], work: Work) -> dict[int, Any]:
        """The answer of every shard, which needs no rows; each is a task of its own."""
        with self._faults():
            return _answers(self._one_by_one(given).mapInArrow(workers.each(work), workers.ANSWER))

    def _cogrouped(
        self, sql: str, given: Mapping[int, Any], work: workers.CoGrouped, schema: str
    ) -> DataFrame:
        # Each shard is a partition of its own: hashed, some tasks would have two, and most none.
        shards = max(given, default=0) + 1
        tasks, rows = (
            frame.repartitionById(shards, "shard").groupBy("shard")
            for frame in (self._tasks(given), self._session.sql(sql))
        )
        return tasks.cogroup(rows).applyInArrow(work, schema)

    def _one_by_one(self, given: Mapping[int, Any]) -> DataFrame:
        return self._tasks(given).repartitionById(max(given, default=0) + 1, "shard")

    def _tasks(self, given: Mapping[int, Any]) -> DataFrame:
        table = pa.table(
            {"shard": pa.array(list(given), pa.int32()),
             "given": pa.array([pickle.dumps(one) for one in given.values()], pa.binary())}
        )  # fmt: skip
        return self._session.createDataFrame(table)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            try:
                yield
            except (LamplitError, OSError):
                raise
            except Exception as fault:  # py4j's and pyspark's have no common base
                told = workers.told_in(str(fault))
                if told is not None:
                    raise told from fault
                raise LamplitError(problems.JOB_FAILED, reason=_short(fault)) from fault

    @property
    def parallelism(self) -> int:
        """How many tasks the cluster runs at once, as far as is known."""
        return int(self._session.sparkContext.defaultParallelism)

    @property
    def tasks(self) -> int:
        """How many tasks work is cut into at least, so that every core has some."""
        return TASKS_A_CORE * self.parallelism

    def fair_share(self, count: int) -> int:
        """How many of `count` things a task takes at most, where every core is to have some."""
        return max(1, -(-count // self.tasks))

    def close(self) -> None:
        """Forget the views and what is kept; stop the session where it is this one's own."""
        if self._owned:
            self._session.stop()
            return
        for kept in list(self._kept):
            kept.close()
        for name in self._views:
            self._session.catalog.dropTempView(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Kept:
    """What shards answered, and what they left on Spark's disks.

    `answers`: shard → its answer. `sql`: SELECT of the packets of what they left, as (`shard`,
    `place`, `packet`), for `Spark.by_shard`; `workers.left_whole` puts a shard's together.
    """

    def __init__(self, spark: Spark, frame: DataFrame) -> None:
        self._spark, self._frame = spark, frame
        self.answers: dict[int, Any] = {}
        self._counts: dict[int, int] = {}
        self.sql = ""

    def work(self) -> None:
        """Have the shards worked. Raises the LamplitError of one that raised one."""
        told = self._frame.where(f"place = {workers.ANSWERED}").select("shard", "packet").collect()
        for row in sorted(told, key=lambda row: row["shard"]):
            found = workers.answer_of(row["packet"])
            self.answers[row["shard"]], self._counts[row["shard"]] = found
        packets = self._spark._named(self._frame.where(f"place > {workers.ANSWERED}"))
        self.sql = f"SELECT shard, place, packet FROM {packets}"

    def left(self) -> Iterator[tuple[int, bytes]]:
        """Each shard, in order, with what it left; here there is one at a time."""
        counts = list(self._counts.items())
        numbers = np.cumsum([0, *(n for _, n in counts)]).tolist()
        firsts = dict(zip(self._counts, numbers, strict=False))
        listed = ", ".join(str(firsts.get(i, 0)) for i in range(max(self._counts, default=0) + 1))
        with self._spark._faults():
            # A job brings a partition, which Java holds whole: so a few packets are one.
            packets = (
                self._spark._session.sql(
                    f"SELECT packet, number, CAST(number DIV {PACKETS_A_JOB} AS INT) AS job FROM ("
                    f"SELECT packet, element_at(array({listed}), shard + 1) + place AS number "
                    f"FROM ({self.sql}))"
                )
                .repartitionById(max(-(-numbers[-1] // PACKETS_A_JOB), 1), "job")
                .sortWithinPartitions("number")
                .select("packet")
            )
            arriving = packets.toLocalIterator()
        for shard, count in counts:
            with self._spark._faults():
                whole = b"".join(next(arriving)["packet"] for _ in range(count))
            yield shard, whole

    def close(self) -> None:
        """Give the disks back."""
        if self in self._spark._kept:
            self._spark._kept.remove(self)
            self._frame.unpersist()


def _answers(frame: DataFrame) -> dict[int, Any]:
    """The answer of each shard. Raises the LamplitError of one that raised one."""
    return {row["shard"]: workers.answer_of(row["answer"]) for row in frame.collect()}


# --- the session ------------------------------------------------------------------------------

_DEFAULTS: dict[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.session.timeZone": "UTC",
    # A shard is the unit of work: partitions put together again would run it on one core.
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
    # Of what tasks of ours read, Spark knows no size before it is there, and takes it for small:
    # it would send a city's days to every executor. Once they are there it may still do so.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.autoBroadcastJoinThreshold": str(BROADCAST_BYTES),
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(BATCH_BYTES),
    "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}",
}


def _of_master(master: str) -> dict[str, str]:
    """What a master of this kind needs: local ones stay on this machine, with this Python path."""
    if not master.startswith("local"):
        return {}
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    return {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.executorEnv.PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }


def check_spark() -> None:
    """Raise LamplitError `engine.no-pyspark` or `engine.no-java` where Spark can't be started."""
    if find_spec("pyspark") is None:
        raise LamplitError(problems.NO_PYSPARK)
    _find_java()


def _find_java() -> None:
    """Let Spark's launcher find a Java. Raises LamplitError `engine.no-java`."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        return
    if shutil.which("java"):
        os.environ.pop("JAVA_HOME", None)
        return
    found = sorted(Path("/").glob(_JAVA_HOMES.lstrip("/")))
    if not found:
        raise LamplitError(problems.NO_JAVA)
    os.environ["JAVA_HOME"] = str(found[0].parents[1])


def spark_version() -> str:
    """The version of pyspark that is installed; empty where none is."""
    if find_spec("pyspark") is None:
        return ""
    from importlib.metadata import version

    return version("pyspark")


def _short(fault: BaseException) -> str:
    """The line of a long fault that says what happened."""
    text = str(fault) or type(fault).__name__
    told = re.findall(
        r"^(?:: |Caused by: )?((?:\w+\.)*\w+(?:Error|Exception): .+)$", text, re.MULTILINE
    )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (told[-1] if told else lines[0])[:300]
