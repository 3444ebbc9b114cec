"""Readings and registries that lie at an address are taken in as those on this machine are."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lamplit.cli.app import run
from lamplit.domain.errors import LamplitError
from lamplit.engine.duckdb import Duck
from lamplit.meters import sources
from lamplit.meters.lake import Lake
from lamplit.meters.layouts.base import Options
from lamplit.meters.quarantine import read_quarantine
from lamplit.services import registry
from lamplit.services.home import Home
from lamplit.services.ingest import IngestReport, ingest
from stores import BUCKET, Store, open_store

SAYS = "meter_id, day, kwh, intervals, quality, line"
FAULT = "M9,2025-03-01 00:00,much\n"


def readings(day: int, meters: str = "AB") -> str:
    rows = [f"M{m},2025-03-{day:02d} {h:02d}:00,{(h + day) % 7 / 4}"
            for m in meters for h in range(24)]  # fmt: skip
    return "\n".join(["meter_id,time,kwh", *rows]) + "\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with open_store() as store:
        yield store


@pytest.fixture
def store(running: Store) -> Store:
    running.begin_anew()
    return running


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "home")


def lay(store: Store, key: str, content: str | bytes) -> str:
    """Put a file into the store; gives its address."""
    store.kept[key] = content.encode() if isinstance(content, str) else content
    return at(store, key)


def at(store: Store, key: str) -> str:
    return f"s3://{BUCKET}/{key}?{store.address.partition('?')[2]}"


def told(key: str) -> str:
    return f"s3://{BUCKET}/{key}"


def take(home: Home, *given: Path | str, **more: Any) -> IngestReport:
    return ingest(home, given, Options(timezone=home.timezone), **more)


def codes(report: IngestReport) -> dict[str, str]:
    return {file.name: file.error.code if file.error else "" for file in report.files}


def rows(home: Home) -> list[tuple[Any, ...]]:
    with Duck() as duck:
        return duck.rows(f"SELECT {SAYS} FROM {Lake(home).sql()} ORDER BY meter_id, day")


def left_over(home: Home) -> list[Path]:
    return [path for path in home.tmp_dir.rglob("*") if path.is_file()]


def downloads(store: Store) -> int:
    return sum(asked.startswith("GET") and asked.endswith(".csv") for asked in store.asked)


# --- what is found ------------------------------------------------------------------------------


def test_a_file_at_an_address_comes_to_the_same_as_on_this_machine(
    home: Home, store: Store, tmp_path: Path
):
    plain = Home.create(tmp_path / "plain")
    file = tmp_path / "01.csv"
    file.write_text(readings(1) + FAULT)
    (expected,) = take(plain, file).files
    (found,) = take(home, lay(store, "exports/01.csv", readings(1) + FAULT)).files
    assert rows(home) == rows(plain)
    assert (found.rows, found.sha256) == (expected.rows, expected.sha256)
    assert left_over(home) == []


def test_the_manifest_and_the_quarantine_name_the_address_without_its_settings(
    home: Home, store: Store
):
    (file,) = take(home, lay(store, "exports/01.csv", readings(1) + FAULT)).files
    (batch,) = Lake(home).manifest.batches
    assert batch.source == file.name == told("exports/01.csv")
    assert file.quarantine is not None
    (bad,) = read_quarantine(file.quarantine)
    assert (bad["file"], bad["line"]) == (told("exports/01.csv"), "50")


def test_a_prefix_stands_for_all_files_below_it_but_hidden_ones(home: Home, store: Store):
    for key in ("in/b/02.csv", "in/a/01.csv", "in/.part.csv", "in/.new/04.csv", "inner/03.csv"):
        lay(store, key, readings(int(key[-5]) if key[-5].isdigit() else 9))
    for asked in ("in", "in/"):
        assert list(codes(take(home, at(store, asked)))) == [told("in/a/01.csv"),
                                                             told("in/b/02.csv")]  # fmt: skip


def test_a_star_in_the_last_part_stands_for_any_letters_of_a_name(home: Home, store: Store):
    for key in ("in/2025-03-01.csv", "in/2025-03-02.csv", "in/2025-04-01.csv", "in/03/x.csv"):
        lay(store, key, readings(1))
    report = take(home, at(store, "in/2025-03-*.csv"))
    assert list(codes(report)) == [told("in/2025-03-01.csv"), told("in/2025-03-02.csv")]


def test_names_are_typed_as_people_read_them_or_with_escapes(home: Home, store: Store):
    name = "导出 三月/1#日.csv"
    lay(store, name, readings(1))
    for typed in (name, "%E5%AF%BC%E5%87%BA%20%E4%B8%89%E6%9C%88/1%23%E6%97%A5.csv"):
        report = take(home, at(store, typed))
        assert codes(report) == {told(name): ""}


def test_packed_files_and_archives_are_unpacked_and_each_member_told_of(home: Home, store: Store):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("02.csv", readings(2))
        archive.writestr("03.csv", readings(3))
    lay(store, "in/1.csv.gz", gzip.compress(readings(1).encode()))
    lay(store, "in/2.zip", sink.getvalue())
    report = take(home, at(store, "in"))
    assert list(codes(report)) == [
        told("in/1.csv.gz"), told("in/2.zip/02.csv"), told("in/2.zip/03.csv"),
    ]  # fmt: skip
    assert [e.error for e in report.failed] == [] and len(rows(home)) == 6


def test_what_lies_in_a_folder_is_found_by_its_address_too(home: Home, tmp_path: Path):
    folder = tmp_path / "自 己"
    folder.mkdir()
    (folder / "01.csv").write_text(readings(1))
    report = take(home, f"file://{folder}/*.csv", f"file://{folder}")
    assert [f.name for f in report.files] == [f"file://{folder}/01.csv"] * 2
    assert [f.seen_before for f in report.files] == [0, 1]


# --- what is not, and what goes wrong -----------------------------------------------------------


@pytest.mark.parametrize("key", ["in/02.csv", "out", "in/x*.csv", "out/*.csv", "i*/01.csv"])
def test_what_is_not_there_is_told_as_a_missing_file_of_this_machine_is(
    key: str, home: Home, store: Store
):
    lay(store, "in/01.csv", readings(1))
    with pytest.raises(LamplitError) as missing:
        take(home, at(store, key))
    assert (missing.value.code, missing.value.where) == ("ingest.no-such-file", told(key))


@pytest.mark.parametrize(
    "address",
    ["s3a://bucket/01.csv", "https://host/01.csv", "s3://me:hush@bucket/01.csv",
     "s3://KEY@bucket/01.csv", "abfs://c@a.dfs.core.windows.net/01.csv?client_secret=hush"],
)  # fmt: skip
def test_an_address_without_a_client_or_with_a_password_is_refused_and_the_password_not_told(
    address: str, home: Home
):
    with pytest.raises(LamplitError) as refused:
        take(home, address)
    assert refused.value.code == "source.bad-address"
    assert "hush" not in refused.value.describe("en") and "KEY" not in refused.value.describe("en")
    assert "s3://" in refused.value.remedy("zh")


@pytest.mark.slow
def test_a_store_that_is_not_reached_is_told_of_before_anything_is_begun(home: Home):
    where = "s3://bucket/in?endpoint_override=127.0.0.1:1&scheme=http&region=us-east-1"
    with pytest.raises(LamplitError) as told_of:
        take(home, where)
    assert told_of.value.code == "source.address-unreached"
    assert told_of.value.where == told("in") and "127.0.0.1:1" not in told_of.value.where


def test_a_setting_that_the_client_does_not_know_is_named(home: Home):
    with pytest.raises(LamplitError, match="regoin") as told_of:
        take(home, "s3://bucket/in?regoin=us-east-1")
    assert told_of.value.code == "source.address-unreached"


def test_a_download_that_breaks_off_stops_no_other_file_and_is_mended_by_the_next_run(
    home: Home, store: Store
):
    lay(store, "in/01.csv", readings(1))
    lay(store, "in/02.csv", readings(2, "ABCDEF"))
    store.cut_at = 2000  # the second is longer
    report = take(home, at(store, "in"))
    assert codes(report) == {
        told("in/01.csv"): "", told("in/02.csv"): "source.address-unreached",
    }  # fmt: skip
    assert len(rows(home)) == 2 and left_over(home) == []
    store.cut_at = None
    again = take(home, at(store, "in"))
    assert [f.seen_before for f in again.files] == [1, 0] and not again.failed
    assert len(rows(home)) == 8


def test_a_file_that_goes_between_the_list_and_its_turn_is_told_of_as_missing(
    home: Home, store: Store
):
    lay(store, "in/01.csv", readings(1))
    lay(store, "in/02.csv", readings(2))

    def gone(done: float, total: float | None, label: str | None) -> None:
        store.kept.pop("in/01.csv", None)

    report = take(home, at(store, "in"), report=gone)
    assert codes(report) == {told("in/01.csv"): "ingest.no-such-file", told("in/02.csv"): ""}


def test_a_file_that_is_another_when_its_turn_comes_is_not_taken_for_whole(
    home: Home, store: Store
):
    address = lay(store, "in/01.csv", readings(1))

    def shorter(done: float, total: float | None, label: str | None) -> None:
        store.kept["in/01.csv"] = readings(1).encode()[:700]

    report = take(home, address, report=shorter)
    assert codes(report) == {told("in/01.csv"): "source.address-unreached"}
    assert take(home, address).failed == []


def test_what_does_not_fit_on_the_disk_is_refused_before_it_is_fetched(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
):
    address = lay(store, "in/01.csv", readings(1))
    usage = shutil.disk_usage(home.path)
    full = usage._replace(free=sources.ROOM_LEFT + len(readings(1)) - 1)
    monkeypatch.setattr(sources.shutil, "disk_usage", lambda path: full)
    with pytest.raises(LamplitError) as refused:
        take(home, address)
    assert refused.value.code == "home.disk-full" and refused.value.where == told("in/01.csv")
    assert downloads(store) == 0
    room = full._replace(free=full.free + 1)
    monkeypatch.setattr(sources.shutil, "disk_usage", lambda path: room)
    assert take(home, address).failed == []


def test_a_run_killed_in_a_download_leaves_a_copy_that_the_next_run_sweeps(
    home: Home, store: Store
):
    address = lay(store, "in/01.csv", readings(1) * 400)
    command = [sys.executable, "-m", "lamplit", "ingest", address, "--home", str(home.path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store.at_download = lambda: (process.send_signal(signal.SIGKILL), process.wait())
    assert process.wait() == -signal.SIGKILL
    assert [path.name for path in left_over(home)] == ["copy.csv"]
    assert Lake(home).manifest.batches == ()
    store.begin_anew()
    assert take(home, lay(store, "in/02.csv", readings(2))).failed == []
    assert left_over(home) == []


# --- as for local files -------------------------------------------------------------------------


def test_a_second_run_fetches_again_and_doubles_nothing(home: Home, store: Store):
    address = lay(store, "in/01.csv", readings(1))
    take(home, address)
    before, fetched = rows(home), downloads(store)
    (again,) = take(home, address).files
    assert (again.seen_before, again.rows.duplicate) == (1, 48)
    assert rows(home) == before and len(Lake(home).manifest.batches) == 1
    assert downloads(store) == 2 * fetched


def test_the_same_file_is_known_whichever_way_it_comes(home: Home, store: Store, tmp_path: Path):
    file = tmp_path / "january.csv"
    file.write_text(readings(1))
    take(home, lay(store, "in/01.csv", readings(1)))
    (again,) = take(home, file).files
    assert again.seen_before == 1


def test_the_bar_moves_with_the_bytes_that_come_and_never_back(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sources, "PIECE", 1000)
    lay(store, "in/01.csv", readings(1, "ABCDEFGHIJKLMNOP"))
    lay(store, "in/02.csv", readings(2))
    seen: list[tuple[float, float | None, str | None]] = []
    take(home, at(store, "in"), report=lambda *said: seen.append(said))
    done = [d for d, _, _ in seen]
    assert done == sorted(done) and done[0] == 0 and done[-1] == seen[-1][1]
    assert {total for _, total, _ in seen} == {2.0 * sum(map(len, store.kept.values()))}
    coming = [label for _, _, label in seen if label and " MB)" in label]
    assert len(coming) > 8 and f"{told('in/01.csv')} (0.0 / 0.0 MB)" in coming


def test_what_the_report_raises_ends_the_run_in_the_middle_of_a_download(home: Home, store: Store):
    def stop(done: float, total: float | None, label: str | None) -> None:
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(home, lay(store, "in/01.csv", readings(1)), report=stop)
    assert left_over(home) == [] and Lake(home).manifest.batches == ()


def test_the_command_answers_as_for_a_local_file(
    home: Home, store: Store, capsys: pytest.CaptureFixture[str]
):
    good, empty = lay(store, "in/01.csv", readings(1)), lay(store, "in/02.csv", "")
    into = ["--home", str(home.path), "--json"]
    assert run(["ingest", good, "--dry-run", *into]) == 0
    assert Lake(home).manifest.batches == () and left_over(home) == []
    assert run(["ingest", at(store, "in"), *into]) == 3
    assert run(["ingest", empty, *into]) == 1
    assert run(["ingest", at(store, "out"), *into]) == 1
    out, err = capsys.readouterr()
    assert [f["file"] for f in json.JSONDecoder().raw_decode(out)[0]["files"]] == [
        told("in/01.csv")
    ]
    said = [json.loads(line)["error"]["code"] for line in err.splitlines() if line[:1] == "{"]
    assert said == ["ingest.empty-file", "ingest.empty-file", "ingest.no-such-file"]
    assert "endpoint_override" not in out + err


# --- a registry ---------------------------------------------------------------------------------

REGISTRY = "表号,户号,社区编码\nM1,H1,C1\nM2,H2,C1\n"


def test_a_registry_comes_from_an_address_as_from_a_file(
    home: Home, store: Store, capsys: pytest.CaptureFixture[str]
):
    address = lay(store, "in/台账.csv", REGISTRY)
    into = ["--home", str(home.path), "--json"]
    assert run(["registry", "import", address, *into]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["added"]) == (told("in/台账.csv"), 2)
    assert registry.Registry.table(home)["meter_id"].to_pylist() == ["M1", "M2"]
    assert left_over(home) == []


def test_refused_rows_of_a_registry_at_an_address_are_kept_under_its_name(home: Home, store: Store):
    address = lay(store, "in/reg.csv", REGISTRY + ",H3,C1\n")
    plan = registry.plan_import(home, address)
    kept = registry.apply_import(home, plan, skip_bad=True)
    assert kept is not None and kept.name.startswith("registry-reg-")
    assert "reg.csv,4," in kept.read_text("utf-8-sig")


def test_what_is_wrong_with_a_registry_at_an_address_is_told_of_its_address(
    home: Home, store: Store
):
    for key, code in (("in/a.csv", "registry.empty-file"), ("in/a.doc", "registry.unknown-format")):
        with pytest.raises(LamplitError) as told_of:
            registry.plan_import(home, lay(store, key, ""))
        assert (told_of.value.code, told_of.value.where) == (code, told(key))
    with pytest.raises(LamplitError) as several:
        registry.plan_import(home, at(store, "in"))
    assert several.value.code == "source.not-one-file"
    assert told("in/a.csv") in several.value.remedy("en")
    assert run(["registry", "import", at(store, "out.csv"), "--home", str(home.path)]) == 1


def test_a_copy_that_a_killed_import_left_is_swept_by_the_next_and_one_in_use_is_not(
    home: Home, store: Store
):
    address = lay(store, "in/reg.csv", REGISTRY)
    dead = home.tmp_dir / "fetched-dead" / "copy.csv"
    dead.parent.mkdir()
    dead.write_text("half")
    from lamplit.services.fetched import fetched

    with fetched(home, address) as (copy, name):
        assert name == told("in/reg.csv") and not dead.exists()
        registry.plan_import(home, address)
        assert copy.read_text("utf-8") == REGISTRY
    assert left_over(home) == []
