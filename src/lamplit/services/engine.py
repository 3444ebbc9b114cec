"""The engine as a home's settings ask for it, and what Spark leaves to DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import engines as problems
from lamplit.engine.duckdb import Duck
from lamplit.engine.spark import Spark
from lamplit.services.home import Home
from lamplit.services.settings import bytes_of


def open_engine(home: Home, share: float = 1.0) -> Duck:
    """DuckDB within the home's memory and threads, spilling to the home's own disk.

    `share`: the part of the home's memory limit that the engine may take.
    """
    config = home.config
    limit = config.memory_limit
    if limit and share < 1:
        limit = f"{int(bytes_of(limit) * share) // 1_000_000}MB"
    return Duck(
        memory_limit=limit or None,
        threads=config.threads or None,
        temp_dir=home.tmp_dir,
    )


def open_spark(home: Home) -> Spark:
    """Spark on the home's master, with the home's settings for it.

    Raises the errors of `Spark.open`.
    """
    return Spark.open(home.config.spark_master, home.config.spark)


@contextmanager
def maybe_spark(home: Home) -> Iterator[Spark | None]:
    """Spark where the home's engine is Spark; None where it is DuckDB."""
    if home.config.engine != "spark":
        yield None
        return
    with open_spark(home) as spark:
        yield spark


GAPS: Final[dict[str, tuple[Text, Text]]] = {
    "layout": (
        Text("reading the layout “{name}”", "读取布局“{name}”"),
        Text(
            "Only long, wide and registers come line by line, so that lines can be dealt out.",
            "只有 long、wide、registers 逐行独立，可以分发。",
        ),
    ),
    "packed": (
        Text("reading a packed file or a workbook ({name})", "读取压缩包或工作簿（{name}）"),
        Text(
            "It can only be read from its start; unpack it first.",
            "只能从头顺序读取；请先解压。",
        ),
    ),
    "encoding": (
        Text("reading UTF-16 and its like ({name})", "读取 UTF-16 一类编码的文本（{name}）"),
        Text(
            "The bytes of a line end also stand within characters there, so that lines can't be "
            "dealt out; save it as UTF-8 first.",
            "此类编码中，换行符的字节也会出现在字符内，无法按行分发；请先另存为 UTF-8。",
        ),
    ),
    "quotes": (
        Text("reading cells that hold line ends ({name})", "读取含换行的单元格（{name}）"),
        Text("Spark deals lines out one by one.", "Spark 按行分发。"),
    ),
}
"""What Spark leaves out, and why; each is refused when it is met."""

ON_DUCKDB: Final[dict[str, Text]] = {
    "rework": Text(
        "which homes late readings and registry changes touch: by their ids, on the driver; those "
        "homes are worked again on workers",
        "判断迟到读数与台账变更影响哪些住户：在驱动端按户号进行；这些住户由各节点重算",
    ),
    "evidence": Text(
        "a list's sentences, of the doors on it, and its broken routines, of those who agreed: on "
        "the driver, from the weeks that workers have laid down",
        "上门清单的依据（仅限清单住户）与独居作息判断（仅限已同意者）：在驱动端进行，所据各周读数由各节点备好",
    ),
    "other": Text(
        "explain, facade, what-if, score, quality, compact and the pages: few homes at a time",
        "explain、facade、what-if、score、数据质量、compact 与网页：一次只涉及少量住户",
    ),
}
"""What runs on DuckDB beside Spark, and why that is enough."""


def gap(name: str, what: str) -> LamplitError:
    """The error `engine.not-on-spark` for an entry of GAPS; `what`: the file or layout."""
    says, why = GAPS[name]
    told = Text(says.en.format(name=what), says.zh.format(name=what))
    return LamplitError(problems.NOT_ON_SPARK, what=told, why=why)
