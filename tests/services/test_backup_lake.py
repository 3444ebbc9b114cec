"""A backup that fetches what lies at an address is a whole home in a folder by itself."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from night_worlds import link, write_registry

from lamplit.cli.app import run
from lamplit.domain.errors import LamplitError
from lamplit.meters import address
from lamplit.meters.address import AddressShelf
from lamplit.meters.lake import Lake
from lamplit.meters.layouts.base import Options
from lamplit.services.backup import backup
from lamplit.services.backup_lake import resumed
from lamplit.services.compact import compact, verify
from lamplit.services.home import Home
from lamplit.services.ingest import ingest
from lamplit.services.lock import writing
from lamplit.services.night.advance import run_nights
from lamplit.services.night.snapshots import read_manifest
from lamplit.services.settings import without_lake
from lamplit.services.states import states_between
from stores import Store, open_store

FIRST, LAST = date(2025, 3, 28), date(2025, 4, 3)
HOMES = 6


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with open_store() as store:
        yield store


@pytest.fixture(scope="module")
def made(running: Store, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, bytes]]:
    """A home at an address, and what the store has of it."""
    folder = tmp_path_factory.mktemp("made")
    home = Home.create(folder / "home")
    write_registry(home, [link(f"M{n}", f"H{n}") for n in range(HOMES)])
    settings = home.path / "lamplit.toml"
    settings.write_text(f'lake = "{running.address}"\n{settings.read_text("utf-8")}', "utf-8")
    home = Home.open(home.path)
    take(home, FIRST, LAST - timedelta(1))
    take(home, LAST, LAST)
    run_nights(home, LAST)
    return home, dict(running.kept)


@pytest.fixture
def store(running: Store, made: tuple[Home, dict[str, bytes]]) -> Iterator[Store]:
    running.begin_anew()
    running.kept = dict(made[1])
    address.owned.cache_clear()
    yield running


@pytest.fixture
def home(made: tuple[Home, dict[str, bytes]], store: Store, tmp_path: Path) -> Home:
    """The home as it was made, with no copies yet of what lies at the address."""
    left_out = shutil.ignore_patterns("copies")
    return Home.open(shutil.copytree(made[0].path, tmp_path / "home", ignore=left_out))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "monday"


def take(home: Home, first: date, last: date) -> None:
    header = ",".join(["meter_id", "date", *(f"P{n + 1}" for n in range(24))])
    rows = [
        ",".join([f"M{n}", str(first + timedelta(d)), *(str((n * h + d) % 9) for h in range(24))])
        for n in range(HOMES)
        for d in range((last - first).days + 1)
    ]
    file = home.path.parent / f"{first}.csv"
    file.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    (done,) = ingest(home, [file], Options(timezone=home.timezone)).files
    assert not done.failed


def named(home: Home) -> set[str]:
    """All files that the manifests name, under the folders of a home."""
    lake = {f"lake/{file.path}" for file in Lake(home).files()}
    return lake | {f"state/{name}" for name in read_manifest(home.state_dir).named()}


def fetched_from(store: Store) -> list[str]:
    """The files that were downloaded since the store was asked to remember."""
    start = "GET /bucket/city/"
    return [a.removeprefix(start) for a in store.asked if a.startswith(start) and ".parquet" in a]


def bulk_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")
            if path.parts[len(folder.parts)] in ("lake", "state")}  # fmt: skip


def hidden(target: Path) -> list[Path]:
    return list(target.parent.glob(".*"))


def states(home: Home) -> pa.Table:
    return pa.concat_tables(states_between(home, FIRST, LAST))


def test_the_copy_is_a_whole_home_that_asks_nothing_of_the_address(
    home: Home, store: Store, target: Path
):
    before, files = states(home), named(home)
    done = backup(home, target, with_lake=True)
    assert (done.problems, done.lake, done.fetched) == ([], "", len(files))
    assert done.files > done.fetched and hidden(target) == [] == list(target.glob(".*"))
    store.kept.clear()
    store.asked.clear()
    copy = Home.open(target)
    assert copy.config.lake == "" and bulk_in(target) == files
    assert verify(copy, deep=True) == [] and states(copy).equals(before)
    take(copy, LAST + timedelta(1), LAST + timedelta(1))
    assert run_nights(copy).nights == 1
    assert store.asked == []


def test_the_settings_are_the_homes_but_for_the_address(home: Home, store: Store, target: Path):
    backup(home, target, with_lake=True)
    own = tomllib.loads((home.path / "lamplit.toml").read_text("utf-8"))
    copied = (target / "lamplit.toml").read_text("utf-8")
    assert tomllib.loads(copied) == {k: v for k, v in own.items() if k != "lake"}
    assert f'# lake = "{store.address}"' in copied and "lamplit backup --with-lake" in copied


def test_the_homes_own_copies_are_left_as_they_are(home: Home, target: Path):
    states(home)
    copies = sorted((home.tmp_dir / "copies").rglob("*"))
    backup(home, target, with_lake=True)
    assert sorted((home.tmp_dir / "copies").rglob("*")) == copies


def test_a_backup_that_was_cut_off_goes_on_with_what_had_come(
    home: Home, store: Store, target: Path, monkeypatch: pytest.MonkeyPatch
):
    fill, came = AddressShelf._fill, []

    def cut_off(shelf: AddressShelf, name: str, *more: object) -> None:
        if len(came) == 3:
            raise KeyboardInterrupt
        fill(shelf, name, *more)  # type: ignore[arg-type]
        came.append(name)

    monkeypatch.setattr(address, "AT_ONCE", 1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(AddressShelf, "_fill", cut_off)
        backup(home, target, with_lake=True)
    assert not target.exists()
    (waiting,) = hidden(target)
    assert len(bulk_in(waiting)) == 3
    assert {path.name for path in waiting.iterdir()} <= {"lake", "state", ".lock"}
    cut, *_ = had = sorted(bulk_in(waiting))
    (waiting / cut).write_bytes(b"half")  # as a disk may leave it
    store.asked.clear()
    done = backup(home, target, with_lake=True)
    assert set(fetched_from(store)) == named(home) - set(had) | {cut}
    assert done.problems == [] and done.fetched == len(named(home)) and hidden(target) == []
    assert verify(Home.open(target), deep=True) == []


def test_a_backup_that_waits_for_the_homes_lock_leaves_nothing_but_what_was_fetched(
    home: Home, store: Store, target: Path
):
    with writing(home.path, "nightly"), pytest.raises(LamplitError, match=r"lake\.locked"):
        backup(home, target, with_lake=True)
    (waiting,) = hidden(target)
    assert {path.name for path in waiting.iterdir()} <= {"lake", "state", ".lock"}
    store.asked.clear()
    assert backup(home, target, with_lake=True).fetched == len(named(home))
    assert fetched_from(store) == [] and hidden(target) == []


def test_others_may_write_while_most_of_it_comes_and_the_copy_is_of_one_moment(
    home: Home, target: Path
):
    """Compaction puts other files in the place of those that come."""
    said: list[tuple[int, int]] = []

    def meanwhile(done: int, total: int) -> None:
        said.append((done, total))
        if len(said) == 1:
            compact(home, everything=True)

    first = named(home)
    done = backup(home, target, with_lake=True, progress=meanwhile)
    assert named(home) != first and done.problems == []
    assert bulk_in(target) == named(home) == named(Home.open(target))
    assert verify(Home.open(target), deep=True) == []


def test_progress_is_told_in_bytes_up_to_all(home: Home, store: Store, target: Path):
    said: list[tuple[int, int]] = []
    backup(home, target, with_lake=True, progress=lambda *now: said.append(now))
    total = sum(len(store.kept[f"city/{name}"]) for name in named(home))
    assert said[-1] == (total, total) and said == sorted(said)


def test_a_disk_that_is_too_small_is_told_of_before_anything_comes(
    home: Home, store: Store, target: Path, monkeypatch: pytest.MonkeyPatch
):
    room = sum(len(store.kept[f"city/{name}"]) for name in named(home))
    free = SimpleNamespace(free=room - 1)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _: free)
        with pytest.raises(LamplitError) as told:
            backup(home, target, with_lake=True)
    assert told.value.code == "backup.no-room"
    assert fetched_from(store) == [] and list(target.parent.iterdir()) == []
    free.free = room
    monkeypatch.setattr("shutil.disk_usage", lambda _: free)
    assert backup(home, target, with_lake=True).problems == []


def test_a_file_that_is_damaged_or_gone_there_is_told_of_and_all_others_are_in_the_copy(
    home: Home, store: Store, target: Path
):
    altered, gone = (f"lake/{file.path}" for file in Lake(home).files()[:2])
    content = store.kept[f"city/{altered}"]
    store.kept[f"city/{altered}"] = content[:-1] + bytes([content[-1] ^ 1])
    del store.kept[f"city/{gone}"]
    done = backup(home, target, with_lake=True)
    told = [(one.code, Path(one.where).name) for one in done.problems]
    names = Path(altered).name, Path(gone).name
    assert told == [("lake.file-altered", names[0]), ("lake.file-missing", names[0]),
                    ("lake.file-missing", names[1])]  # fmt: skip
    assert bulk_in(target) == named(home) - {altered, gone}


def test_what_had_come_stays_where_it_is_lost_at_the_address_since(
    home: Home, store: Store, target: Path
):
    file = f"lake/{Lake(home).files()[0].path}"
    with resumed(home, target) as coming, pytest.raises(LamplitError) as told:
        (coming / file).parent.mkdir(parents=True)
        (coming / file).write_bytes(store.kept.pop(f"city/{file}"))
        backup(home, target, with_lake=True)  # one at a time: the other's files stay
    assert told.value.code == "lake.locked"
    done = backup(home, target, with_lake=True)
    assert done.problems == [] and bulk_in(target) == named(home)


def test_the_command_tells_what_was_fetched_and_a_home_in_a_folder_has_nothing_to_fetch(
    home: Home, target: Path, capsys: pytest.CaptureFixture[str]
):
    files = len(named(home))
    asked = ["--with-lake", "--json", "--home"]
    assert run(["backup", str(target), *asked, str(home.path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["fetched"], told["lake"], told["problems"]) == (files, "", [])
    again = target.with_name("tuesday")
    assert run(["backup", str(again), *asked, str(target)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["fetched"], told["lake"], told["problems"]) == (0, "", [])
    assert bulk_in(again) == bulk_in(target)


@pytest.mark.parametrize(
    ("said", "around", "rest"),
    [
        ('lake = "s3://b/p"', "threads = 2\n{}\nlanguage = 'en'\n",
         {"threads": 2, "language": "en"}),
        ("'lake'='s3://b/p'  # ours", "# lake = x\n{}\n[web]\nlake = 1\n", {"web": {"lake": 1}}),
        ('lake = """\\\ns3://b/p"""', "{}\nthreads = 2\n", {"threads": 2}),
    ],
    ids=["a line", "quoted, beside others of the name", "several lines"],
)  # fmt: skip
def test_the_address_is_taken_out_of_the_settings_and_nothing_else(
    said: str, around: str, rest: object
):
    after = without_lake(around.format(said))
    assert tomllib.loads(after) == rest
    commented = "\n".join("# " + line for line in said.splitlines())
    assert f"{commented}\n" in after
