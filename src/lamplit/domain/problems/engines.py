"""What can be wrong with an engine, or with what is asked of it."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

NO_PYSPARK = Problem(
    "engine.no-pyspark",
    Text("Spark is asked for, and pyspark is not installed.", "要求使用 Spark，但未安装 pyspark。"),
    Text(
        "Install it with `pip install 'lamplit[spark]'`, or leave the engine to be duckdb.",
        "请运行 `pip install 'lamplit[spark]'` 安装，或将引擎改回 duckdb。",
    ),
    on_pages=Text(
        "Ask the operator to install Spark for lamplit, or to leave the engine to be duckdb.",
        "请系统管理员为 lamplit 安装 Spark，或将引擎改回 duckdb。",
    ),
)

NO_JAVA = Problem(
    "engine.no-java",
    Text("Spark needs Java, and there is none here.", "Spark 需要 Java，但此处没有。"),
    Text(
        "Install Java 17 or 21 (Debian: `apt install openjdk-17-jre-headless`), or set JAVA_HOME.",
        "请安装 Java 17 或 21（Debian：`apt install openjdk-17-jre-headless`），或设置 JAVA_HOME。",
    ),
    on_pages=Text(
        "Ask the operator to install Java 17 or 21 on the server.",
        "请系统管理员在服务器上安装 Java 17 或 21。",
    ),
)

NO_CLUSTER = Problem(
    "engine.no-cluster",
    Text(
        "no Spark session at `{master}`: {reason}.", "无法在 {master} 建立 Spark 会话：{reason}。"
    ),
    Text(
        "Check the master's address (--master, or spark_master in lamplit.toml), that it runs, "
        "and that pyspark here is of its version.",
        "请检查主节点地址（--master 或 lamplit.toml 的 spark_master）、其是否在运行，"
        "以及本机 pyspark 与其版本是否一致。",
    ),
    on_pages=Text(
        "Ask the operator to check the master's address in the settings, and that it runs.",
        "请系统管理员核对设置中的主节点地址，并确认其正在运行。",
    ),
)

JOB_FAILED = Problem(
    "engine.job-failed",
    Text("a Spark job failed: {reason}.", "Spark 作业失败：{reason}。"),
    Text(
        "Nothing of it counts: the home is as the last commit left it. See Spark's log for the "
        "executor's own words, and begin it again.",
        "该作业的结果一概不算：主目录仍为上次提交时的状态。请查看 Spark 日志中执行器的说明，"
        "再重新开始。",
    ),
)

NOT_ON_SPARK = Problem(
    "engine.not-on-spark",
    Text("Spark does not do this: {what}. {why}", "Spark 不支持：{what}。{why}"),
    Text(
        "Run it with `--engine duckdb`; both engines work on the same home. "
        "`lamplit engines` lists what Spark leaves out.",
        "请改用 `--engine duckdb`；两种引擎使用同一主目录。"
        "`lamplit engines` 会列出 Spark 不支持的内容。",
    ),
    on_pages=Text(
        "Ask the operator to leave the engine to be duckdb; both engines work on the same home.",
        "请系统管理员将引擎改回 duckdb；两种引擎使用同一主目录。",
    ),
)
