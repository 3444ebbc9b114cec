"""Readings in text are read on Spark as DuckDB reads them, in whatever encoding, cut anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sparks import LOCAL, Sessions
from story import ZONE, batches, lake_rows, rejected
from test_parquet import Taken, said, take

from lamplit.services.compact import verify
from lamplit.services.home import Home
from lamplit.services.ingest import lines as dealing

pytestmark = pytest.mark.slow

HEADER = "表号,时间,电量"
BROKEN = b"\x81\x30"
"""Half a character of GB18030, and no text at all in UTF-8. Where a file's start has some, it is
refused; here they stand further on."""


def rows(meters: list[str], days: int = 3, delimiter: str = ",") -> list[str]:
    return [delimiter.join([meter, f"2025-03-{day:02d} {hour:02d}:00", str((hour + day) % 5 / 4)])
            for day in range(1, days + 1) for meter in meters for hour in range(24)]  # fmt: skip


def text(lines: list[str], encoding: str, header: str = HEADER, end: str = "\n") -> bytes:
    return (end.join([header, *lines]) + end).encode(encoding)


NAMES = ["甲-1", "联通", "\u3000甲-1", "丙|丁", "M9"]
"""联通 in GBK happens to be valid UTF-8; the third is the first, from a careless hand."""
FILES: dict[str, tuple[bytes, set[str]]] = {
    "gb18030": (text(rows(NAMES), "gb18030"), set()),
    "gb18030-broken": (
        text(rows(NAMES, 28), "gb18030")
        + "甲-1,2025-03-29 00:00,".encode("gb18030") + BROKEN + b"\n"
        + BROKEN + b",2025-03-29 01:00,1\n"
        + "甲-1,\"2025-03-29 02:00,1\n".encode("gb18030")
        + "甲-1,2025-03-29 03:00,".encode("gb18030") + b"1" * 40_000 + b"\n"
        + "甲-1,2025-03-29 04:00,1,\n".encode("gb18030"),
        {"not-a-number", "quotes", "too-long"},
    ),
    "gb18030-pipes": (
        text(rows(["甲", b"\x81|\x82|".decode("gb18030")], delimiter="|"), "gb18030",
             header="表号|时间|电量"),
        set(),
    ),
    "gb18030-later": (
        text(rows([f"M{n}" for n in range(40)]), "gb18030", header="meter_id,time,kwh")
        + "\n".join(rows(["联通", "甲-2"])).encode("gb18030"),
        set(),
    ),
    "utf8-broken": (
        text(rows(["甲-1", "乙-2", "丙-3", "丁-4"], 28), "utf-8")
        + b"\xe7,2025-03-29 00:00,1\n"
        + "甲-1,2025-03-29 01:00,".encode() + BROKEN + b"\n"
        + "乙-2,2025-03-29 02:00,1\n甲-1,2025-03-29 03:00,much\n".encode(),
        {"encoding", "not-a-number"},
    ),
    "utf8-long": (
        text(rows(["甲-1", "M2"]), "utf-8") + b"M2,2025-03-29 00:00," + b"1" * 40_000 + b"\n",
        {"too-long"},
    ),
    "utf8-mark": (text(rows(["甲-1", "M2"]), "utf-8-sig", end="\r\n")[:-2], set()),
    "utf8-macintosh": (text(rows(["甲-1", "M2"]), "utf-8", end="\r"), set()),
    "utf8-replaced": (text(rows(["\ufffd-1", '"M,2"']), "utf-8"), set()),
    "utf8-ends": (
        text(rows(["M1", "M2"]), "utf-8").replace(b"\n", b"\r\n", 40).replace(b"0\n", b"0\n\n\r"),
        set(),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text") / "in"
    folder.mkdir()
    for name, (content, _) in FILES.items():
        (folder / f"{name}.csv").write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    home = Home.create(tmp_path_factory.mktemp("duckdb") / "home", ZONE)
    files = [take(home, f"file://{file}").files for file in sorted(folder.iterdir())]
    return Taken(home, {name: result for file in files for name, result in file.items()})


@pytest.fixture(scope="module")
def found(
    folder: Path, sessions: Sessions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Taken]:
    """Of files at an address, in many cuts."""
    home = Home.create(tmp_path_factory.mktemp("spark") / "home", ZONE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dealing, "LEAST_BYTES", 1_001)
        yield take(home.with_engine("spark", sessions.at(LOCAL)), f"file://{folder}")


@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_to_the_same_on_both(name: str, expected: Taken, found: Taken) -> None:
    file = expected.files[name]
    assert not file.failed and set(file.reasons) == FILES[name][1]
    assert said(found.files[name]) == said(file)


def test_the_lake_the_quarantine_and_the_manifest_are_the_same(
    expected: Taken, found: Taken
) -> None:
    assert lake_rows(found.home).equals(lake_rows(expected.home))
    assert rejected(found.home) == rejected(expected.home)
    assert batches(found.home) == batches(expected.home)
    assert verify(found.home) == []
