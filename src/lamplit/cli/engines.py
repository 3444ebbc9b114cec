"""`lamplit engines`: which engines there are, which one is set, and what Spark leaves out."""

from __future__ import annotations

from typing import Any

import typer

from lamplit.cli.common import DEFAULT_HOME, HomeOption, JsonOption, open_home, print_json, stdout
from lamplit.cli.text import LANGUAGE, tr


def register(app: typer.Typer) -> None:
    """Add `engines` to the app."""

    @app.command(
        "engines",
        help=tr("The engines: which is set, which are installed, what Spark leaves out.",
                "计算引擎：当前设置、已安装的版本，以及 Spark 不支持的内容。"),
    )  # fmt: skip
    def engines(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
        answer = _answer(home)
        if as_json:
            print_json(answer)
        else:
            _show(answer)


def _answer(home: Any) -> dict[str, Any]:
    from lamplit.engine.duckdb import duckdb_version
    from lamplit.engine.spark import spark_version
    from lamplit.services.engine import GAPS, ON_DUCKDB
    from lamplit.services.settings import Settings

    config = open_home(home).config if (home / "lamplit.toml").exists() else Settings()
    return {
        "engine": config.engine,
        "spark_master": config.spark_master,
        "duckdb": duckdb_version(),
        "pyspark": spark_version() or None,
        "not_on_spark": [
            {"code": code, "what": what.say(LANGUAGE, name="…"), "why": why.say(LANGUAGE)}
            for code, (what, why) in GAPS.items()
        ],
        "on_the_driver": [text.say(LANGUAGE) for text in ON_DUCKDB.values()],
    }


def _show(answer: dict[str, Any]) -> None:
    def line(text: str) -> None:
        stdout().print(text, markup=False)

    spark = answer["pyspark"] or tr("not installed", "未安装")
    line(tr(f"Set: {answer['engine']}", f"当前：{answer['engine']}"))
    line(f"  duckdb {answer['duckdb']}")
    line(f"  pyspark {spark}, {answer['spark_master']}")
    line(tr("Spark leaves out, and refuses:", "Spark 不支持，遇到即报错："))
    for gap in answer["not_on_spark"]:
        line(f"  {gap['what']}: {gap['why']}")
    line(tr("Beside Spark, on the driver:", "与 Spark 并行、在驱动端进行："))
    for text in answer["on_the_driver"]:
        line(f"  {text}")
