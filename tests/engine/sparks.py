"""Real Sparks for tests: how they are set, and one session after another."""

from __future__ import annotations

from lamplit.engine.spark import Spark

LIGHT = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
SETTINGS = {
    # Two of everything, and files cut in pieces, so that small data is shuffled like large.
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.files.maxPartitionBytes": "60000",
    # No time for code that would pay on large data only.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": LIGHT,
    "spark.executor.extraJavaOptions": LIGHT,
    "spark.executor.memory": "512m",
    "spark.driver.memory": "512m",
}
LOCAL, CLUSTER = "local[2]", "local-cluster[2,1,1024]"


class Sessions:
    """One session at a time, since a process has but one."""

    def __init__(self) -> None:
        self.open: tuple[str, Spark] | None = None

    def at(self, master: str) -> str:
        """Have a session at this master: commands of this process use it."""
        if self.open is None or self.open[0] != master:
            self.close()
            self.open = (master, Spark.open(master, SETTINGS))
        return master

    def close(self) -> None:
        if self.open is not None:
            self.open[1].close()
        self.open = None
