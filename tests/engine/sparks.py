"""Real Sparks for tests: how they are set, a cluster of processes, one session at a time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from lamplit.engine.spark import Spark
from lamplit.services.home import Home
from stores import KEYS

LIGHT = (
    "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)
"""Each Java lives for a minute or so: it compiles little, and takes Spark's classes as they are."""
SETTINGS = {
    # Two of everything, so that small data is shuffled like large.
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    # No time for code that would pay on large data only.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": LIGHT,
    "spark.executor.extraJavaOptions": LIGHT,
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.driver.memory": "512m",
    # For the store of the tests, whose client on a worker finds them as on any other machine.
    **{f"spark.executorEnv.{name}": value for name, value in KEYS.items()},
}
LOCAL = "local[2]"
HIDDEN = 777
"""The number of an open file that nobody else opens."""
PATIENCE = 400
"""Seconds that a cluster may take to start, on a machine with much else to do."""


class Standalone:
    """Spark's own cluster manager: a master and two workers, each a process of its own.

    Each worker has one core, so that an application of ours has two executors.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lamplit-cluster-")
        self._port, self._pages = _free_port(), _free_port()
        self.master = f"spark://127.0.0.1:{self._port}"
        self._started: list[subprocess.Popen[bytes]] = []
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        self._start("master.Master", "--port", self._port, "--webui-port", self._pages)
        self._wait(0)
        for _ in range(2):
            self._start(
                "worker.Worker", "--cores", 1, "--memory", "1g", "--webui-port", 0,
                "--work-dir", f"{self._folder.name}/work", self.master,
            )  # fmt: skip
        self._wait(2)

    def _start(self, what: str, *words: object) -> None:
        home = Path(str(find_spec("pyspark").origin)).parent  # type: ignore[union-attr]
        main = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}"]
        here = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
        set_to = f"{LIGHT} -Dspark.master.rest.enabled=false"
        small = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": set_to}
        with (Path(self._folder.name) / f"{len(self._started)}.log").open("wb") as log:
            run = subprocess.Popen(
                [*main, "--host", "127.0.0.1", *map(str, words)],
                env=os.environ | here | small, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self._started.append(run)

    def _wait(self, workers: int) -> None:
        """Wait until the master knows so many workers."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._pages}/json/") as answer:
                    if json.load(answer)["aliveworkers"] >= workers:
                        return
            except (OSError, ValueError):  # its pages are there before its JSON is
                pass
            assert all(run.poll() is None for run in self._started), self.log()
            time.sleep(0.2)
        raise AssertionError(f"no cluster after {PATIENCE} s\n{self.log()}")

    def log(self) -> str:
        """What the processes said."""
        return "\n".join(p.read_text() for p in sorted(Path(self._folder.name).glob("*.log")))

    def close(self) -> None:
        """End the processes, workers first; executors end with their workers."""
        for run in reversed(self._started):
            run.terminate()
        for run in self._started:
            run.wait(30)
        self._folder.cleanup()


class Sessions:
    """One session at a time, since a process has but one; and one cluster, when it is asked for."""

    def __init__(self) -> None:
        self.open: tuple[str, Spark] | None = None
        self._cluster: Standalone | None = None

    @property
    def cluster(self) -> str:
        """The master of a cluster, which is started when it is first asked for."""
        self._cluster = self._cluster or Standalone()
        return self._cluster.master

    def at(self, master: str) -> str:
        """Have a session at this master: commands of this process use it."""
        if self.open is None or self.open[0] != master:
            self.leave()
            self.open = (master, Spark.open(master, SETTINGS))
        return master

    def leave(self) -> None:
        """End the session, so that another process can have the cluster."""
        if self.open is not None:
            self.open[1].close()
        self.open = None

    def close(self) -> None:
        self.leave()
        if self._cluster is not None:
            self._cluster.close()


@contextmanager
def set_in(home: Home, more: Mapping[str, str] | None = None) -> Iterator[None]:
    """SETTINGS, and more, in a home's own, for a process that opens a session by itself."""
    toml = home.path / "lamplit.toml"
    plain = toml.read_text("utf-8")
    lines = "".join(
        f'"{name}" = "{value}"\n' for name, value in (SETTINGS | dict(more or {})).items()
    )
    toml.write_text(plain.replace("\n[spark]\n", f"\n[spark]\n{lines}"), "utf-8")
    try:
        yield
    finally:
        toml.write_text(plain, "utf-8")


def hidden(home: Path) -> Path:
    """A home's path by which this process finds it, and no other finds anything.

    As the link is this process's own: the Java of a driver, workers and executors can't follow it.
    """
    handle = os.open(home, os.O_RDONLY)
    os.dup2(handle, HIDDEN, inheritable=False)
    os.close(handle)
    link = home.with_name("hidden")
    link.symlink_to(f"/proc/self/fd/{HIDDEN}")
    return link


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
