"""What every shelf holds to: a file is there whole under its name, or not at all."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from lamplit.domain.errors import LamplitError
from lamplit.meters import address
from lamplit.meters.address import AddressShelf
from lamplit.meters.manifest import digest_of
from lamplit.meters.shelf import FolderShelf, Shelf, written
from stores import Store, open_store

NAME, OTHER = "days/202501-base-b000001-cafe.parquet", "days/other.parquet"
HOME, STRANGER = "f00d", "beef"


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with open_store() as store:
        yield store


@pytest.fixture
def store(running: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    running.begin_anew()
    address.owned.cache_clear()  # each test is a run of its own
    return running


def at_address(where: str, folder: Path, home: str = HOME, most: int = 1 << 30) -> AddressShelf:
    folder.mkdir(exist_ok=True)
    return AddressShelf(where, "lake", home, most, folder / "copies", folder / "claimed")


@pytest.fixture(params=["folder", "file", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, store: Store) -> Shelf:
    if request.param == "folder":
        return FolderShelf(tmp_path / "there")
    return at_address(store.address if request.param == "s3" else f"file://{tmp_path}/there",
                      tmp_path / "here")  # fmt: skip


@pytest.fixture
def far(tmp_path: Path, store: Store) -> AddressShelf:
    return at_address(store.address, tmp_path / "here")


def keep(shelf: Shelf, name: str, content: bytes) -> None:
    with written(shelf, name) as draft:
        draft.write_bytes(content)


def emptied(shelf: AddressShelf) -> AddressShelf:
    """The same shelf on a machine that has no copies yet."""
    assert shelf.copies is not None
    return at_address(shelf.address, shelf.copies.parent.parent / "elsewhere")


def copies_of(shelf: AddressShelf) -> set[str]:
    assert shelf.copies is not None
    return {path.name for path in shelf.copies.rglob("*") if path.is_file()}


# --- every shelf ------------------------------------------------------------------------------


def test_what_is_put_is_fetched_opened_and_sized(shelf: Shelf):
    keep(shelf, NAME, b"days and days")
    shelf.settle([NAME])
    (path,) = shelf.fetch([NAME])
    assert path.read_bytes() == b"days and days"
    with shelf.open(NAME) as stream:
        stream.seek(-4, 2)
        assert stream.read() == b"days"
    assert shelf.sizes() == {NAME: 13}


def test_a_file_that_is_not_there_is_told_of_by_its_place(shelf: Shelf):
    with pytest.raises(FileNotFoundError) as found:
        shelf.fetch([NAME])
    assert found.value.filename == shelf.where(NAME)
    with pytest.raises(FileNotFoundError):
        shelf.open(NAME).close()
    shelf.remove([NAME])  # removed already, as another sweep may have done


def test_a_file_whose_writing_breaks_off_is_not_there(shelf: Shelf):
    with pytest.raises(ZeroDivisionError), written(shelf, NAME) as draft:
        draft.write_bytes(b"half of it")
        1 / 0  # noqa: B018
    assert shelf.sizes() == {}


def test_a_removed_file_is_gone(shelf: Shelf):
    keep(shelf, NAME, b"old")
    shelf.remove([NAME])
    assert shelf.sizes() == {}
    with pytest.raises(FileNotFoundError):
        shelf.fetch([NAME])


def test_a_name_that_is_put_again_has_what_was_put_last(shelf: Shelf):
    """Names of a night that was cut off are given once more."""
    keep(shelf, NAME, b"of the night that was cut off")
    shelf.fetch([NAME])
    keep(shelf, NAME, b"of the next")
    assert shelf.fetch([NAME])[0].read_bytes() == b"of the next"
    assert shelf.sizes() == {NAME: 11}


def test_a_worker_has_the_same_files(shelf: Shelf):
    keep(shelf, NAME, b"driver")
    worker: Shelf = pickle.loads(pickle.dumps(shelf.for_workers()))
    keep(worker, OTHER, b"worker")
    assert [p.read_bytes() for p in shelf.fetch([NAME, OTHER])] == [b"driver", b"worker"]
    assert [p.read_bytes() for p in worker.fetch([NAME, OTHER])] == [b"driver", b"worker"]
    worker.remove([NAME, OTHER])


# --- at an address ----------------------------------------------------------------------------


def test_a_large_file_is_sent_and_fetched_in_pieces(far: AddressShelf):
    content = bytes(range(256)) * 90_000  # 23 MB: S3 takes such in parts
    keep(far, NAME, content)
    assert emptied(far).fetch([NAME])[0].read_bytes() == content


def test_what_was_sent_or_fetched_is_not_asked_for_again(far: AddressShelf, store: Store):
    keep(far, NAME, b"days")
    there = emptied(far)
    there.fetch([NAME])
    store.asked.clear()
    assert [s.fetch([NAME])[0].read_bytes() for s in (far, there)] == [b"days", b"days"]
    assert store.asked == []


def test_a_list_of_more_files_than_one_answer_holds_is_whole(far: AddressShelf, store: Store):
    keep(far, NAME, b"days")
    names = {f"days/{n:05d}.parquet" for n in range(1200)}
    store.kept |= {f"city/lake/{name}": b"." for name in names}
    assert far.sizes().keys() == names | {NAME}


def test_a_store_that_keeps_other_bytes_is_found_out(far: AddressShelf, store: Store):
    """The name is not given back, and what is kept under it is taken away."""
    keep(far, OTHER, b"well")
    store.swallow = 3
    with pytest.raises(LamplitError) as told:
        keep(far, NAME, b"day after day")
    assert told.value.code == "lake.address-unreached"
    assert told.value.where == "s3://bucket/city/lake/" + NAME
    assert far.sizes().keys() == {OTHER} and copies_of(far) == {"other.parquet"}


@pytest.mark.slow
def test_a_connection_that_is_cut_gives_no_part_of_a_file(far: AddressShelf, store: Store):
    keep(far, NAME, b"x" * 5000)
    there = emptied(far)
    store.cut_at = 1000
    with pytest.raises(LamplitError, match=r"lake\.address-unreached"):
        there.fetch([NAME])
    assert copies_of(there) == set()
    store.cut_at = None
    assert there.fetch([NAME])[0].stat().st_size == 5000


def test_a_file_with_other_bytes_than_its_digest_is_refused(far: AddressShelf, store: Store):
    keep(far, NAME, b"day after day")
    (path,) = far.fetch([NAME])
    digest, there = digest_of(path), emptied(far)
    store.kept[f"city/lake/{NAME}"] = b"dax after day"
    with pytest.raises(LamplitError) as told:
        there.fetch([NAME], {NAME: digest})
    assert told.value.code == "lake.file-altered" and copies_of(there) == set()


def test_a_store_that_is_busy_for_a_while_is_waited_for(far: AddressShelf, store: Store):
    store.refused = {"PUT": 2, "GET": 2}
    keep(far, NAME, b"days")
    store.refused = {"HEAD": 1, "GET": 1}
    assert emptied(far).fetch([NAME])[0].read_bytes() == b"days"


@pytest.mark.slow
def test_a_store_that_stays_busy_or_away_is_told_of(far: AddressShelf, store: Store):
    keep(far, OTHER, b"well")
    store.refused = {"PUT": 1000}
    with pytest.raises(LamplitError) as told:
        keep(far, NAME, b"days")
    assert told.value.code == "lake.address-unreached"
    assert "SLOW_DOWN" in told.value.says("en") and "secret" not in told.value.says("en")
    store.refused = {}
    assert NAME not in far.sizes()
    keep(far, NAME, b"days")  # the same run could go on


def test_copies_make_room_for_others_once_nobody_asks_for_them(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
):
    far = at_address(store.address, tmp_path / "here", most=250)
    for name in "abc":
        keep(far, f"days/{name}", name.encode() * 100)
    assert copies_of(far) == {"a", "b", "c"}  # in use until a moment ago: they stay
    monkeypatch.setattr(address, "IN_USE_SECONDS", -1)
    far.fetch(["days/a"])
    far.fetch(["days/c"])
    keep(far, "days/d", b"d" * 100)
    assert copies_of(far) == {"c", "d"}
    assert far.fetch(["days/b"])[0].read_bytes() == b"b" * 100


def test_what_is_removed_leaves_no_copy_on_this_machine(far: AddressShelf):
    keep(far, NAME, b"who is at home")
    far.remove([NAME])
    assert copies_of(far) == set()


# --- the copy of a manifest -------------------------------------------------------------------


@pytest.fixture(params=["file", "s3"])
def beside(request: pytest.FixtureRequest, tmp_path: Path, store: Store) -> AddressShelf:
    where = store.address if request.param == "s3" else f"file://{tmp_path}/there"
    return at_address(where, tmp_path / "here")


def saved(folder: Path, number: int, after: str) -> Path:
    file = folder / "manifest.json"
    file.write_text(json.dumps({"next_batch": number, "after": after}), "utf-8")
    return file


def test_a_manifest_is_abreast_of_its_copy_or_one_step_before_it(
    beside: AddressShelf, tmp_path: Path
):
    """The next manifest names the one before by its digest; what lags is brought up."""
    assert beside.abreast(tmp_path / "manifest.json") == ""
    for number in (1, 2, 3):
        file = saved(tmp_path, number, beside.abreast(tmp_path / "manifest.json"))
        if number == 1:
            beside.note(file)
    assert beside.abreast(file) == digest_of(file)
    assert "manifest.json.new" not in beside.sizes()


def test_a_manifest_that_did_not_take_the_place_of_what_lies_there_is_not_abreast(
    beside: AddressShelf, tmp_path: Path
):
    file = saved(tmp_path, 7, "")
    beside.note(file)
    for number, after in ((8, ""), (6, ""), (7, "cafe"), (8, "cafe")):
        saved(tmp_path, number, after)
        with pytest.raises(LamplitError) as told:
            beside.abreast(file)
        assert told.value.code == "home.address-differs"
        assert (told.value.fields["there"], told.value.fields["here"]) == (7, number)
    file.unlink()
    with pytest.raises(LamplitError, match=r"home\.address-differs"):
        beside.abreast(file)


@pytest.mark.slow
def test_a_copy_of_a_manifest_that_comes_in_part_is_no_other_manifest(
    far: AddressShelf, store: Store, tmp_path: Path
):
    file = saved(tmp_path, 7, "x" * 2000)
    far.note(file)
    store.cut_at = 1000
    with pytest.raises(LamplitError, match=r"lake\.address-unreached"):
        far.abreast(file)


# --- whose address it is ----------------------------------------------------------------------


def test_an_address_is_marked_as_the_homes_own(far: AddressShelf, store: Store):
    assert far.sizes() == {}
    assert "city/lamplit-home-f00d" in store.kept
    address.owned.cache_clear()
    keep(far, NAME, b"days")


def test_another_homes_address_is_refused_before_anything_is_done(
    far: AddressShelf, store: Store, tmp_path: Path
):
    keep(far, NAME, b"days")
    stranger = at_address(store.address, tmp_path / "stranger", STRANGER)
    for attempt in (stranger.sizes, lambda: keep(stranger, OTHER, b"."),
                    lambda: stranger.remove([NAME])):  # fmt: skip
        with pytest.raises(LamplitError) as told:
            attempt()
        assert told.value.code == "home.address-taken"
        assert "lamplit-home-f00d" in told.value.remedy("en")
    assert store.named("lake") == {NAME} and "city/lamplit-home-beef" not in store.kept
    assert far.fetch([NAME])


def test_two_homes_that_come_at_the_same_moment_both_stand_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Between one's look and its mark the other has looked as well."""
    first, put = at_address(store.address, tmp_path / "a"), store.put

    def just_after(key: str, body: bytes) -> None:
        put(key, body)
        store.kept[f"city/lamplit-home-{STRANGER}"] = b""

    monkeypatch.setattr(store, "put", just_after)
    with pytest.raises(LamplitError, match=r"home\.address-taken"):
        first.sizes()
    assert not any(key.endswith(HOME) for key in store.kept)
    assert not (tmp_path / "a" / "claimed").exists()


def test_a_mark_that_was_taken_away_stops_the_next_run(far: AddressShelf, store: Store):
    keep(far, NAME, b"days")
    del store.kept["city/lamplit-home-f00d"]
    address.owned.cache_clear()
    with pytest.raises(LamplitError) as told:
        far.sizes()
    assert told.value.code == "home.address-lost"
    store.kept["city/lamplit-home-f00d"] = b""  # as the remedy says
    assert far.sizes() == {NAME: 4}


def test_a_worker_never_marks_an_address(far: AddressShelf, store: Store):
    with pytest.raises(LamplitError, match=r"home\.address-lost"):
        far.for_workers().sizes()
    assert store.kept == {}
