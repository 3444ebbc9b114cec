"""A home whose readings and nights lie at an address: the same in all that it comes to as a home
in a folder, and never less than it was when something in between fails.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from night_worlds import assert_same, link, outcome, write_registry

from lamplit.cli.app import run
from lamplit.domain.errors import LamplitError
from lamplit.engine.duckdb import Duck
from lamplit.meters import address
from lamplit.meters.address import AddressShelf
from lamplit.meters.lake import Lake
from lamplit.meters.layouts.base import Options
from lamplit.services.backup import backup
from lamplit.services.compact import compact, stats, verify
from lamplit.services.doctor.examine import examine
from lamplit.services.expire import expire
from lamplit.services.home import Home
from lamplit.services.ingest import ingest
from lamplit.services.night.advance import run_nights
from lamplit.services.night.courses import carried_courses
from lamplit.services.night.gather import has_shape
from lamplit.services.night.snapshots import read_manifest
from stores import Store, open_store

FIRST, TURN, LAST = date(2025, 3, 1), date(2025, 3, 25), date(2025, 4, 3)
HOMES = 24


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with open_store() as store:
        yield store


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Hourly readings by evening: those of the first, of the second, and what came late."""
    folder = tmp_path_factory.mktemp("readings")
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
    early = [row for day in days if day <= TURN for row in of_day(day)]
    later = [row for day in days if day > TURN for row in of_day(day)]
    late = of_day(date(2025, 3, 20), dark={3, 4}) + of_day(date(2025, 3, 30), dark={5})
    return {
        name: write(folder / f"{name}.csv", rows)
        for name, rows in (("early", early), ("later", later), ("late", late))
    }


def of_day(day: date, dark: set[int] | None = None) -> list[str]:
    """Each meter's day: some are empty from a day on, and no two are alike."""
    rows = []
    for meter in range(HOMES):
        empty = meter in (dark or set()) or (meter % 7 == 0 and day.day > 12)
        hours = [0 if empty else round(0.05 + (meter * 7 + h * h + day.day) % 23 / 20, 3)
                 for h in range(24)]  # fmt: skip
        rows.append(",".join([f"M{meter:02d}", str(day), *map(str, hours)]))
    return rows


def write(path: Path, rows: list[str]) -> Path:
    header = ",".join(["meter_id", "date", *(f"P{n + 1}" for n in range(24))])
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def new_home(path: Path, lake: str = "") -> Home:
    home = Home.create(path)
    place = {"community_id": "C1", "collector_id": "K1", "lives_alone": True}
    write_registry(home, [link(f"M{n:02d}", f"H{n:02d}", **place) for n in range(HOMES)])
    if lake:
        settings = home.path / "lamplit.toml"
        settings.write_text(f'lake = "{lake}"\n{settings.read_text("utf-8")}', "utf-8")
    return Home.open(path)


def first_evening(home: Home, files: dict[str, Path]) -> None:
    take(home, files["early"])
    run_nights(home, TURN)


def second_evening(home: Home, files: dict[str, Path]) -> None:
    take(home, files["later"])
    run_nights(home, LAST)
    take(home, files["late"])
    assert run_nights(home, LAST).reworked_homes == 3


def parquet(store: Store, part: str) -> set[str]:
    return {name for name in store.named(part) if name.endswith(".parquet")}


def take(home: Home, file: Path) -> None:
    (done,) = ingest(home, [file], Options(timezone=home.timezone)).files
    assert not done.failed


def lake_rows(home: Home) -> list[tuple[Any, ...]]:
    with Duck() as duck:
        return duck.rows(f"SELECT * FROM {Lake(home).sql()} ORDER BY meter_id, day")


@pytest.fixture(scope="module")
def in_folder(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = new_home(tmp_path_factory.mktemp("folder") / "home")
    first_evening(home, files)
    second_evening(home, files)
    return home


@pytest.fixture(scope="module")
def at_address(
    running: Store, files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Home:
    running.begin_anew()
    home = new_home(tmp_path_factory.mktemp("address") / "home", running.address)
    first_evening(home, files)
    shutil.rmtree(home.tmp_dir)  # as on a machine that has no copies yet
    second_evening(Home.open(home.path), files)
    return Home.open(home.path)


@pytest.fixture
def store(running: Store) -> Iterator[Store]:
    """The store, put back afterwards as it was."""
    kept = dict(running.kept)
    address.owned.cache_clear()
    yield running
    running.begin_anew()
    running.kept = kept
    address.owned.cache_clear()


@pytest.fixture
def copied(at_address: Home, store: Store, tmp_path: Path) -> Home:
    """The home at the address, to be changed: the same home, put back afterwards with the store."""
    before = tmp_path / "before"
    shutil.copytree(at_address.path, before)
    return Home.open(shutil.copytree(before, tmp_path / "home"))


def test_lake_nights_states_and_courses_are_those_of_a_home_in_a_folder(
    in_folder: Home, at_address: Home
):
    assert lake_rows(at_address) == lake_rows(in_folder)
    assert_same(outcome(at_address), outcome(in_folder))
    stored = [
        carried_courses(home.state_shelf, read_manifest(home.state_dir))
        for home in (in_folder, at_address)
    ]
    expected, found = (one for one in stored if one is not None)
    assert found.index.equals(expected.index) and found.index.count == HOMES


def test_what_is_bulky_lies_at_the_address_and_nowhere_else(at_address: Home, running: Store):
    lake, night = Lake(at_address).manifest, read_manifest(at_address.state_dir)
    assert running.named("lake") >= {file.path for file in lake.files}
    assert running.named("state") >= night.named()
    for folder in (at_address.lake_dir, at_address.state_dir):
        assert not list(folder.rglob("*.parquet"))


def test_the_manifests_lie_there_too_as_they_were_committed_last(at_address: Home, running: Store):
    """Whoever loses the folder can tell which files count."""
    for part, folder in (("lake", at_address.lake_dir), ("state", at_address.state_dir)):
        there = running.kept[f"city/{part}/manifest.json"]
        assert json.loads(there) == json.loads((folder / "manifest.json").read_bytes())


def test_pages_and_checks_tell_the_same(in_folder: Home, at_address: Home):
    assert stats(at_address) == stats(in_folder)
    assert verify(at_address, deep=True) == []
    levels = [
        {c.name: [p.code for p in (*c.problems, *c.warnings)] for c in examine(home, now_of(LAST))}
        for home in (in_folder, at_address)
    ]
    assert levels[1] == levels[0]


def test_the_list_is_the_same_door_by_door(in_folder: Home, at_address: Home, tmp_path: Path):
    told = []
    for home in (in_folder, at_address):
        doors = tmp_path / f"{len(told)}.csv"
        assert run(["sweep", "-o", str(doors), "--home", str(home.path)]) == 0
        told.append(doors.read_text("utf-8"))
    assert told[0] == told[1] and len(told[0].splitlines()) > 3


def test_hardly_a_byte_is_fetched_to_know_what_rules_run(copied: Home, store: Store):
    """Each night, list and page asks whether the lake has intervals; all of it was fetched once."""
    shutil.rmtree(copied.tmp_dir / "copies")
    lake = Lake(copied)
    whole = sum(size or 0 for size in lake.sizes(lake.files()))
    before = store.sent
    with Duck() as con:
        assert has_shape(con, lake)
    assert store.sent - before < whole / 2
    assert not list((copied.tmp_dir / "copies").rglob("*.parquet"))


def test_compaction_and_expiry_come_to_the_same_and_leave_nothing_behind(
    in_folder: Home, copied: Home, store: Store, tmp_path: Path
):
    plain = Home.open(shutil.copytree(in_folder.path, tmp_path / "plain"))
    for home in (plain, copied):
        compact(home)
        expire(home, date(2025, 3, 31))
    assert lake_rows(copied) == lake_rows(plain)
    assert_same(outcome(copied), outcome(plain))
    lake, night = Lake(copied).manifest, read_manifest(copied.state_dir)
    assert parquet(store, "lake") == {f.path for f in lake.files}
    assert parquet(store, "state") == night.named()


def test_what_a_run_that_was_cut_off_left_there_is_swept_by_the_next(
    copied: Home, store: Store, files: dict[str, Path]
):
    store.kept["city/lake/days/202503-base-b000009-dead.parquet"] = b"half"
    store.kept["city/state/homes-2025-03-22-99.parquet"] = b"half"
    store.kept["city/notes.txt"] = b"of somebody's"
    ingest(copied, [files["late"]], Options(timezone=copied.timezone))
    run_nights(copied, LAST)
    assert not any("dead" in name or "-99." in name for name in store.kept)
    assert "city/notes.txt" in store.kept


def test_a_file_that_is_gone_or_damaged_there_is_named(copied: Home, store: Store):
    lake = Lake(copied)
    (victim, *_) = lake.files()
    key = f"city/lake/{victim.path}"
    whole = store.kept.pop(key)
    shutil.rmtree(copied.tmp_dir / "copies")
    with pytest.raises(LamplitError) as told:
        lake_rows(copied)
    assert (told.value.code, told.value.where) == ("lake.file-missing", f"s3://bucket/{key}")
    store.kept[key] = whole[:-9] + b"x" + whole[-8:]
    assert [e.code for e in verify(copied, deep=True)] == ["lake.file-altered"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "answered"),
    [("PUT", 0), ("PUT", 1), ("PUT", 4), ("GET", 5)],
    ids=["at the lake's file", "at the copy of its manifest", "in the night", "at a download"],
)
def test_a_store_that_fails_midway_leaves_the_home_whole_and_the_next_run_goes_on(
    kind: str, answered: int, copied: Home, store: Store, in_folder: Home, tmp_path: Path
):
    more = write(tmp_path / "more.csv", of_day(LAST + timedelta(1)))
    before = outcome(copied, states=False)
    shutil.rmtree(copied.tmp_dir / "copies")
    store.after = (kind, answered)
    with pytest.raises(LamplitError) as told:
        take(copied, more)
        run_nights(copied, LAST + timedelta(1))
    assert told.value.code == "lake.address-unreached"
    store.after = None
    assert verify(copied) == []
    assert_same(outcome(copied, states=False), before)
    plain = Home.open(shutil.copytree(in_folder.path, tmp_path / "plain"))
    for home in (copied, plain):
        take(home, more)
        run_nights(home, LAST + timedelta(1))
    assert_same(outcome(copied), outcome(plain))
    assert verify(copied, deep=True) == []


@pytest.mark.slow
def test_a_driver_killed_at_any_moment_loses_nothing(
    files: dict[str, Path], in_folder: Home, store: Store, tmp_path: Path
):
    """Each run is cut off a few uploads later than the one before, until one is whole."""
    store.begin_anew()
    home = new_home(tmp_path / "home", store.address)
    first_evening(home, files)
    script = (
        "import sys; from lamplit.cli.app import run; "
        "h = ['--home', sys.argv[1]]; "
        "sys.exit(run(['ingest', *sys.argv[2:], *h]) or run(['nightly', '--through', "
        f"'{LAST}', *h]))"
    )
    command = [sys.executable, "-c", script, str(home.path), str(files["later"]),
               str(files["late"])]  # fmt: skip
    for uploads in (1, 3, 5, 9, 14):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        store.kill_at = (uploads, lambda process=process: process.send_signal(signal.SIGKILL))
        process.wait()
        assert verify(Home.open(home.path), deep=True) == []
        if process.returncode == 0:
            break
    store.kill_at = None
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert_same(outcome(Home.open(home.path)), outcome(in_folder))


def test_a_second_home_at_the_address_is_refused_and_takes_nothing_away(
    at_address: Home, store: Store, files: dict[str, Path], tmp_path: Path
):
    before = dict(store.kept)
    second = new_home(tmp_path / "second", store.address)
    with pytest.raises(LamplitError) as told:
        take(second, files["early"])
    assert told.value.code == "home.address-taken"
    assert store.kept == before


def test_a_restored_backup_is_another_home_until_it_is_told_to_stand_in(
    copied: Home, store: Store, tmp_path: Path
):
    """Two homes that go by one mark would sweep away each other's files."""
    done = backup(copied, tmp_path / "backup")
    assert done.problems == [] and done.lake == "s3://bucket/city"
    restored = Home.open(tmp_path / "backup")
    with pytest.raises(LamplitError, match=r"home\.address-taken"):
        lake_rows(restored)
    (mark,) = [key for key in store.kept if "lamplit-home-" in key]
    del store.kept[mark]  # as the remedy says
    assert lake_rows(restored) == lake_rows(copied)


# --- a folder that was copied, and run twice at one address -----------------------------------


@pytest.fixture
def twin(copied: Home, tmp_path: Path) -> Home:
    """The folder of `copied`, copied with all that it has: both go by one mark."""
    return Home.open(shutil.copytree(copied.path, tmp_path / "twin"))


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """The readings of one day more."""
    return write(tmp_path / "more.csv", of_day(LAST + timedelta(1)))


def as_it_is(home: Home) -> dict[str, bytes]:
    """The manifests of a home, byte by byte."""
    files = (home.lake_dir / "manifest.json", home.state_dir / "manifest.json")
    return {f"{file.parent.name}/{file.name}": file.read_bytes() for file in files}


@pytest.mark.parametrize("ran", ["ingest", "nightly"])
def test_once_one_copy_has_run_every_writer_of_the_other_is_refused_and_takes_nothing_away(
    ran: str, copied: Home, twin: Home, store: Store, more: Path
):
    if ran == "ingest":
        take(copied, more)
    else:
        run_nights(copied, LAST + timedelta(1))
    there, here = dict(store.kept), as_it_is(twin)
    for writer in (
        lambda: take(twin, more),
        lambda: run_nights(twin, LAST + timedelta(1)),
        lambda: run_nights(twin, afresh=True),
        lambda: compact(twin),
        lambda: expire(twin, date(2025, 3, 31)),
    ):
        with pytest.raises(LamplitError) as told:
            writer()
        part = "lake" if ran == "ingest" else "state"
        assert told.value.code == "home.address-differs"
        assert told.value.where == f"s3://bucket/city/{part}/manifest.json"
    assert (store.kept, as_it_is(twin)) == (there, here)
    run_nights(copied, LAST + timedelta(1))  # the true one goes on


def test_of_two_copies_that_each_went_one_step_further_the_one_that_came_first_is_refused(
    copied: Home, twin: Home, store: Store, more: Path, files: dict[str, Path]
):
    """Both count alike then, and are not the same."""
    kept = store.kept["city/lake/manifest.json"]
    take(copied, more)
    store.kept["city/lake/manifest.json"] = kept  # as it was when the other looked
    take(twin, write(more.with_name("other.csv"), of_day(LAST + timedelta(2))))
    with pytest.raises(LamplitError) as told:
        take(copied, files["late"])
    assert told.value.code == "home.address-differs"
    assert told.value.fields["there"] == told.value.fields["here"]
    take(twin, more)


def test_of_two_copies_at_work_at_once_the_one_that_commits_later_commits_nothing(
    copied: Home, twin: Home, more: Path
):
    """It looked before the other had committed, and looks again before it commits itself."""
    here, said = as_it_is(twin), []

    def meanwhile(*_: object) -> None:
        if not said:
            said.append("once")
            take(copied, more)

    with pytest.raises(LamplitError, match=r"home\.address-differs"):
        ingest(twin, [more], Options(timezone=twin.timezone), report=meanwhile)
    assert said and as_it_is(twin) == here
    assert verify(copied, deep=True) == []


@pytest.mark.parametrize("part", ["lake", "state"])
def test_a_run_killed_between_its_commit_and_the_copy_of_the_manifest_goes_on(
    part: str, copied: Home, store: Store, more: Path, in_folder: Home,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    note = AddressShelf.note

    def killed(shelf: AddressShelf, file: Path) -> None:
        if shelf.part == part:
            raise KeyboardInterrupt
        note(shelf, file)

    before = store.kept[f"city/{part}/manifest.json"]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(AddressShelf, "note", killed)
        take(copied, more)
        run_nights(copied, LAST + timedelta(1))
    own = as_it_is(copied)[f"{part}/manifest.json"]
    assert store.kept[f"city/{part}/manifest.json"] == before != own
    plain = Home.open(shutil.copytree(in_folder.path, tmp_path / "plain"))
    for home in (copied, plain):
        take(home, more)
        run_nights(home, LAST + timedelta(1))
    assert_same(outcome(copied), outcome(plain))
    for name, own in as_it_is(copied).items():
        assert store.kept[f"city/{name}"] == own


def test_an_older_backup_goes_on_only_from_what_is_at_the_address(
    copied: Home, store: Store, more: Path, tmp_path: Path
):
    backup(copied, tmp_path / "backup")
    take(copied, more)
    run_nights(copied, LAST + timedelta(1))
    (mark,) = [key for key in store.kept if "lamplit-home-" in key]
    del store.kept[mark]
    address.owned.cache_clear()
    restored, there = Home.open(tmp_path / "backup"), dict(store.kept)
    with pytest.raises(LamplitError, match=r"home\.address-differs"):
        compact(restored)
    assert store.kept.items() >= there.items()
    for name in as_it_is(restored):  # as the remedy says
        (restored.path / name).write_bytes(store.kept[f"city/{name}"])
    compact(restored)
    assert lake_rows(restored)[-1][1] == LAST + timedelta(1)
    assert_same(outcome(restored), outcome(copied))


def test_a_new_home_at_the_address_of_a_lost_one_does_not_sweep_it_away(
    at_address: Home, store: Store, files: dict[str, Path], tmp_path: Path
):
    """Whoever loses the folder makes another, and takes the lost one's mark away."""
    (mark,) = [key for key in store.kept if "lamplit-home-" in key]
    del store.kept[mark]
    there = dict(store.kept)
    new = new_home(tmp_path / "new", store.address)
    with pytest.raises(LamplitError, match=r"home\.address-differs"):
        take(new, files["early"])
    assert store.kept.items() >= there.items()


def test_without_a_manifest_at_the_address_a_home_goes_on_and_puts_its_own(
    copied: Home, store: Store, files: dict[str, Path]
):
    """As the remedy says where this home is the true one."""
    for part in ("lake", "state"):
        store.kept[f"city/{part}/manifest.json"] = b"of another"
    with pytest.raises(LamplitError, match=r"home\.address-differs"):
        take(copied, files["late"])
    for part in ("lake", "state"):
        del store.kept[f"city/{part}/manifest.json"]
    take(copied, files["late"])
    for name, own in as_it_is(copied).items():
        assert store.kept[f"city/{name}"] == own


def now_of(day: date) -> Any:
    from datetime import UTC, datetime, time

    return datetime.combine(day, time(20), UTC)
