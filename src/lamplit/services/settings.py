"""The settings of a home: what lamplit.toml may say, and how it is read and checked."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.domain.problems import home as problems
from lamplit.meters.address import bad_address
from lamplit.services.zones import checked_zone

LANGUAGES = ("auto", "en", "zh")
_TILES = re.compile(r"(https?://[A-Za-z0-9.-]+(:\d+)?)?/[^\s\"';,]*\Z")
ENGINES = ("duckdb", "spark")
_PASSWORD = re.compile(r"//[^/\s]*@")
"""Of an address, what no message repeats."""
_MEMORY = re.compile(r"\d+(\.\d+)?\s?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)")


@dataclass(frozen=True, slots=True)
class Settings:
    """What lamplit.toml says; the defaults are what an empty file would mean.

    `memory_limit` is text such as `4GB`, empty for the engine's own choice; `threads` is 0 for
    all cores; `lake` is the address of readings and nights, empty where they lie in the home's
    folder, and `lake_copies` the room that copies of them may take there; `engine` runs the city's
    work, on the cluster `spark_master` where it is Spark, with Spark's own settings in `spark`;
    `detector` holds the constants of the detector that this home overrides; `store.url` is where
    people and campaigns are kept (empty: SQLite inside the home); `web` says how the server
    listens and signs people in.
    """

    timezone: str = "Asia/Shanghai"
    language: str = "auto"
    memory_limit: str = ""
    threads: int = 0
    lake: str = ""
    lake_copies: str = "20GB"
    engine: str = "duckdb"
    spark_master: str = "local[*]"
    spark: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    detector: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    store: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    web: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


KNOWN = tuple(Settings.__dataclass_fields__)


def read_settings(file: Path) -> Settings:
    """The settings in `file`, checked.

    Raises LamplitError `home.bad-toml`, `home.unknown-setting`, `home.bad-setting` or
    `home.unknown-timezone`.
    """
    try:
        # Notepad on Windows puts a byte order mark first, which TOML does not allow.
        found = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as reason:
        raise LamplitError(problems.BAD_TOML, where=str(file), reason=reason) from reason
    for name in found:
        if name not in KNOWN:
            raise _unknown(name, file)
    _check(found, file)
    if "timezone" in found:
        checked_zone(found["timezone"])
    for name in ("spark", "detector", "store", "web"):
        if name in found:
            found[name] = MappingProxyType(found[name])
    return Settings(**found)


def _unknown(name: str, file: Path) -> LamplitError:
    near = difflib.get_close_matches(name, KNOWN, 1, 0.0)[0]
    return LamplitError(
        problems.UNKNOWN_SETTING,
        where=str(file),
        name=name,
        known=", ".join(KNOWN),
        near=near,
    )


def _check(found: dict[str, Any], file: Path) -> None:
    """Raise LamplitError `home.bad-setting` for the first value of the wrong kind."""
    memory, threads = found.get("memory_limit", ""), found.get("threads", 0)
    checks = (
        ("timezone", isinstance(found.get("timezone", ""), str), "“Area/City”"),
        ("language", found.get("language", "auto") in LANGUAGES, " | ".join(LANGUAGES)),
        (
            "memory_limit",
            isinstance(memory, str) and (not memory or bool(_MEMORY.fullmatch(memory))),
            '"4GB", "512MB", ""',
        ),
        ("threads", type(threads) is int and 0 <= threads <= 1024, "0 … 1024"),
        ("lake", _is_address(found.get("lake", "")), '"s3://bucket/prefix", ""'),
        ("lake_copies", _is_limit(found.get("lake_copies", "20GB")), '"20GB", "500GB"'),
        ("engine", found.get("engine", "duckdb") in ENGINES, " | ".join(ENGINES)),
        ("spark_master", _is_master(found.get("spark_master", "local")), '"spark://host:7077"'),
        ("spark", _is_spark(found.get("spark", {})), '[spark] "spark.executor.memory" = "8g"'),
        ("detector", isinstance(found.get("detector", {}), dict), "[detector]"),
        ("store", _is_store(found.get("store", {})), '[store] url = "postgresql://…"'),
        ("web", isinstance(found.get("web", {}), dict), "[web]"),
        ("web", _is_size(found.get("web", {})), '[web] max_upload = "10GB"'),
        ("web", _are_tiles(found.get("web", {})), '[web] map_tiles = "https://…/{z}/{x}/{y}.png"'),
    )
    for name, holds, wanted in checks:
        if not holds:
            raise LamplitError(
                problems.BAD_SETTING,
                where=str(file),
                name=name,
                value=_PASSWORD.sub("//…@", str(found[name])),
                wanted=wanted,
            )


def bytes_of(size: str) -> int:
    """A size such as `4GB` or `512MiB` in bytes. Raises ValueError for what is none."""
    if not _MEMORY.fullmatch(size):
        raise ValueError(f"not a size: {size!r}")
    number, unit = re.split(r"\s*(?=[KMGT])", size, maxsplit=1)
    base = 1024 if "i" in unit else 1000
    return int(float(number) * base ** (1 + "KMGT".index(unit[0])))


def _is_size(web: Any) -> bool:
    return _is_limit(web.get("max_upload", "10GB") if isinstance(web, dict) else "")


def _is_limit(size: Any) -> bool:
    return isinstance(size, str) and bool(_MEMORY.fullmatch(size))


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and (not value or not bad_address(value))


def _are_tiles(web: Any) -> bool:
    """A raster template on a host of the operator's choice, or on this one; none by default."""
    if not isinstance(web, dict):
        return False
    tiles, said = web.get("map_tiles", ""), web.get("map_attribution", "")
    return isinstance(said, str) and isinstance(tiles, str) and (
        not tiles
        or (bool(_TILES.match(tiles)) and all(part in tiles for part in ("{z}", "{x}", "{y}")))
    )  # fmt: skip


def _is_master(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_spark(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name.startswith("spark.") and isinstance(said, str) for name, said in value.items()
    )


def _is_store(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"url"}
        and all(isinstance(v, str) for v in value.values())
    )


_LAKE = re.compile(r"""\s*["']?lake["']?\s*=""")


def without_lake(toml: str) -> str:
    """The text of a lamplit.toml with its `lake` made a comment, which says that a backup did so.

    The text has such a setting. All else stays as it is.
    """
    lines = toml.splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if _LAKE.match(line))
    for last in range(first + 1, len(lines) + 1):  # a value may go over several lines
        out = ["# " + line for line in lines[first:last]]
        text = "".join([*lines[:first], _TAKEN_OUT, *out, *lines[last:]])
        try:
            if "lake" not in tomllib.loads(text):
                return text
        except tomllib.TOMLDecodeError:
            continue
    raise ValueError("no lake is set here")


_TAKEN_OUT = """\
# Taken out by `lamplit backup --with-lake`: readings and nights are in this folder.
# 已由 `lamplit backup --with-lake` 停用：读数与夜间状态就在本目录内。
"""


def new_toml(timezone: str) -> str:
    """The text of a new lamplit.toml, commented in both languages."""
    return f'''\
# The settings of this lamplit home.
# 本 lamplit 主目录的设置。

# What a local day is. Settle it before the first ingest: days already read are not moved.
# 决定“本地日”的时区。请在首次导入读数前确定：已入湖的日期不会改动。
timezone = "{timezone}"

# The language of screens: "auto" follows LAMPLIT_LANG or the locale; or "en", "zh".
# 界面语言："auto" 随 LAMPLIT_LANG 或系统区域设置；也可写 "en" 或 "zh"。
language = "auto"

# Memory that lamplit may use, such as "4GB": the engine, and a night, which is then worked in
# shards. Empty lets the engine take most of the machine's, and a night half.
# 可用内存，例如 "4GB"：引擎与夜间计算均受此限（夜间计算会自动分片）。
# 留空则引擎取用大部分内存，夜间计算取用一半。
memory_limit = ""

# Processor threads; 0 uses all cores.
# 线程数；0 表示使用全部核心。
threads = 0

# Where readings and nights lie, where that is not this folder: an address that PyArrow knows, such
# as "s3://bucket/prefix?region=eu-west-1" or, of another maker's store,
# "s3://bucket/prefix?endpoint_override=store.example.org:9000&scheme=https". Credentials are found
# in the environment or with the machine, and never stand here. docs/how-to/lake-at-an-address.md
# 读数与夜间状态的存放地址（默认在本目录内）：PyArrow 支持的地址，写法如上。
# 凭据取自环境变量或主机，切勿写在此处。
# lake = "s3://bucket/prefix"
# lake_copies = "20GB"

# What runs the city's work: "duckdb" on this machine, or "spark" on a cluster (pip install
# 'lamplit[spark]'). Both work on the same home, and a home may change from night to night.
# 计算引擎："duckdb" 为本机；"spark" 为集群（pip install 'lamplit[spark]'）。两者共用同一主目录，
# 可随时更换。
engine = "duckdb"
# spark_master = "spark://host:7077"

# Spark's own settings, such as "spark.executor.memory" = "8g".
# Spark 自身的设置，例如 "spark.executor.memory" = "8g"。
[spark]

# Where people, places and campaigns are kept: without a url, SQLite inside this folder. For a
# city, PostgreSQL; LAMPLIT_STORE_URL outdoes both.
# 人员、地点与行动的数据库：不写 url 即为本目录内的 SQLite；城市级请用 PostgreSQL。
[store]
# url = "postgresql://lamplit@localhost/lamplit"

# How `lamplit serve` listens and signs people in; docs/reference/config.md lists the settings.
# `lamplit serve` 的监听与登录设置；各项见 docs/reference/config.md。
[web]

# Constants of the detector that this home overrides; `lamplit explain` shows those in force.
# 本主目录覆盖的判别常数；`lamplit explain` 会显示当前生效的数值。
[detector]
'''
