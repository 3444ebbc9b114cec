"""The night cut off, in its own way, out of room, over damaged files, with nothing to work on."""

from __future__ import annotations

import fcntl
import os
import random
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
import pytest
from night_worlds import LakeWriter, assert_same, link, nights, outcome, reading, write_registry

from lamplit.domain.errors import LamplitError
from lamplit.services.home import Home
from lamplit.services.lock import NAME, writing
from lamplit.services.night.snapshots import read_manifest
from lamplit.services.states import states_between

FIRST = date(2025, 3, 3)

RUN = """
import sys
from datetime import date
from lamplit.domain.errors import LamplitError
from lamplit.services.home import Home
from lamplit.services.night import advance
advance.VALUES_AT_ONCE = int(sys.argv[3])
try:
    advance.run_nights(Home.open(sys.argv[1]), date.fromisoformat(sys.argv[2]))
except LamplitError as error:
    sys.exit(f"{error.code} {error.where}")
"""


def on(day):
    return FIRST + timedelta(day)


def town(folder, homes=30, days=30, *, level=6.0):
    """A home with this many neighbours under one collector, and its writer; no night yet."""
    home = Home.create(folder)
    rng = np.random.default_rng(2)
    write_registry(
        home,
        [link(f"M{i:04d}", f"H{i:04d}", community_id=f"C{i % 7}", collector_id=f"K{i % 7}")
         for i in range(homes)],
    )  # fmt: skip
    writer = LakeWriter(home)
    writer.put(
        {(f"M{i:04d}", on(d)): reading(float(level * rng.lognormal(0, 0.3)))
         for i in range(homes) for d in range(days)}
    )  # fmt: skip
    return home, writer


def said(code, *arguments, **more):
    with pytest.raises(LamplitError) as caught:
        nights(*arguments, **more)
    assert caught.value.code == code
    return caught.value


def in_a_process(home, through, values=10_000_000, **more):
    command = [sys.executable, "-c", RUN, str(home.path), str(through), str(values)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **more)


def wait_for_night(home, day, process):
    """Wait until the night of `day` has been committed."""
    while process.poll() is None and read_manifest(home.state_dir).through < str(on(day)):
        time.sleep(0.005)


# --- cut off ----------------------------------------------------------------------------------


def test_killed_at_any_moment_the_next_run_comes_to_the_same_states(tmp_path):
    """Stretches are made short, so that there are many commits to be killed between."""
    told, _ = town(tmp_path / "told", 200, 60)
    nights(told)
    home, writer = town(tmp_path / "home", 200, 60)
    rng = random.Random(5)
    for reach in (0, 7, 20, 33, 46):
        process = in_a_process(home, on(59), 4 * 200)
        wait_for_night(home, reach, process)
        time.sleep(rng.uniform(0, 0.06))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    assert read_manifest(home.state_dir).through < str(on(59))
    late = ("M0003", on(20))
    row = reading(0.0)
    for one in (writer, LakeWriter(told, dict(writer.rows))):
        one.put({late: row})
    nights(told)
    nights(home)
    assert_same(outcome(home), outcome(told))


def test_cut_off_before_any_commit_of_a_rework_or_a_stretch_nothing_has_changed(
    tmp_path, monkeypatch
):
    home, writer = town(tmp_path / "home")
    nights(home, on(19))
    before = outcome(home)
    writer.put({("M0003", on(15)): reading(0.0)})
    commits = []

    def cut(*_):
        commits.append(1)
        raise KeyboardInterrupt

    for place in ("rework", "advance"):
        with monkeypatch.context() as patch:
            patch.setattr(f"lamplit.services.night.{place}.commit", cut)
            if place == "advance":
                patch.setattr("lamplit.services.night.rework.commit", lambda *_: None)
            with pytest.raises(KeyboardInterrupt):
                nights(home, on(29))
        assert read_manifest(home.state_dir).through == str(on(19))
        last = outcome(home, states=False)
        for name, values in before.carried.items():
            np.testing.assert_array_equal(last.carried[name], values)
    assert len(commits) == 2
    nights(home, on(29))
    told, teller = town(tmp_path / "told", days=0)
    teller.put({k: {n: v for n, v in r.items() if n != "batch"} for k, r in writer.rows.items()})
    nights(told, on(29))
    assert_same(outcome(home), outcome(told))
    assert {f.name for f in home.state_dir.glob("*.parquet")} >= read_manifest(
        home.state_dir
    ).named()


def test_leftovers_are_swept_and_nothing_else(tmp_path):
    home, _ = town(tmp_path / "home")
    nights(home, on(19))
    (home.state_dir / "homes-2025-03-22-99.parquet").write_bytes(b"half")
    (home.state_dir / ".manifest.json.abc").write_bytes(b"{")
    (home.state_dir / "notes.txt").write_text("mine")
    nights(home, on(20))
    nights(home, on(20))
    names = {f.name for f in home.state_dir.iterdir()}
    named = read_manifest(home.state_dir).named()
    assert names == named | {"manifest.json", "runs.jsonl", "notes.txt"}


def test_what_a_reader_has_open_stays_through_the_run_that_replaces_it(tmp_path):
    home, writer = town(tmp_path / "home")
    nights(home, on(19))
    old = read_manifest(home.state_dir).named()
    writer.put({("M0003", on(2)): reading(0.0)})
    nights(home, on(29))
    assert all((home.state_dir / name).exists() for name in old)


def test_two_runs_at_once_the_second_is_told_who_holds_the_home(tmp_path):
    home, _ = town(tmp_path / "home", 3, 3)
    with writing(home.path, "nightly"):
        fault = said("lake.locked", home)
        assert str(os.getpid()) in fault.says("en") and "nightly" in fault.says("en")
    assert nights(home).nights == 3


def test_who_has_just_taken_the_lock_is_waited_for_to_say_who_it_is(tmp_path):
    with (tmp_path / NAME).open("w+") as lock, ThreadPoolExecutor() as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def second():
            with pytest.raises(LamplitError) as caught, writing(tmp_path, "ingest"):
                pass
            return caught.value.fields

        told = pool.submit(second)
        time.sleep(0.05)
        lock.write('{"pid": 7, "what": "nightly"}')
        lock.flush()
        assert told.result() == {"pid": "7", "what": "nightly"}


AT_ONCE = """
import sys, time
from pathlib import Path
from lamplit.domain.errors import LamplitError
from lamplit.services.home import Home
from lamplit.services.night import advance
advance.VALUES_AT_ONCE = 10_000
Path(sys.argv[2]).touch()
while not Path(sys.argv[3]).exists():
    time.sleep(0.001)
try:
    advance.run_nights(Home.open(sys.argv[1]))
except LamplitError as error:
    sys.exit(f"{error.code}: {error.says('en')}")
"""
"""A run that says when it is ready to begin, and begins when it is told to."""


def test_of_two_runs_that_begin_together_one_works_and_the_other_is_told(tmp_path):
    told, _ = town(tmp_path / "told", 100, 40)
    nights(told)
    home, _ = town(tmp_path / "home", 100, 40)
    ready, go = [tmp_path / "ready-1", tmp_path / "ready-2"], tmp_path / "go"
    pair = [
        subprocess.Popen(
            [sys.executable, "-c", AT_ONCE, str(home.path), str(file), str(go)],
            stderr=subprocess.PIPE, text=True,
        )
        for file in ready
    ]  # fmt: skip
    while not all(file.exists() for file in ready):
        assert all(run.poll() is None for run in pair)
        time.sleep(0.01)
    go.touch()
    said = {run: run.communicate()[1] for run in pair}
    won, lost = sorted(pair, key=lambda run: run.returncode)
    assert (won.returncode, lost.returncode) == (0, 1)
    assert said[lost].startswith("lake.locked: ") and str(won.pid) in said[lost]
    assert_same(outcome(home), outcome(told))


def test_a_disk_without_room_is_told_and_the_old_states_stay(tmp_path):
    home, _ = town(tmp_path / "home", 500, 12)
    nights(home, on(9))
    before = outcome(home, states=False)

    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    process = in_a_process(home, on(11), preexec_fn=no_room)
    _, message = process.communicate()
    assert process.returncode == 1
    assert message.startswith("home.disk-full ")
    assert read_manifest(home.state_dir).through == str(on(9))
    after = outcome(home, states=False)
    for name, values in before.carried.items():
        np.testing.assert_array_equal(after.carried[name], values)
    assert nights(home, on(11)).nights == 2


# --- damaged ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what", ["homes cut", "homes gone", "groups gone", "log cut", "links gone", "manifest"]
)
def test_damaged_states_are_told_and_afresh_cures_them(tmp_path, what):
    home, writer = town(tmp_path / "home")
    links = [link("M0001", "H0001", valid_to=on(5)), link("M0001b", "H0001", valid_from=on(5))]
    write_registry(home, [*links, *(link(f"M{i:04d}", f"H{i:04d}", community_id="C1")
                                    for i in range(2, 30))])  # fmt: skip
    nights(home, on(19))
    wanted = outcome(home)
    writer.put({("M0003", on(18)): (writer.rows["M0003", on(18)] | {"kwh": 0.0})})
    kind, _, how = what.partition(" ")
    if kind == "manifest":
        files = [home.state_dir / "manifest.json"]
    else:
        files = list(home.state_dir.glob({"log": "areas"}.get(kind, kind) + "-*"))
    assert files
    for file in files:
        if how == "gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:-9])
    fault = said("night.state-damaged", home, on(19))
    assert "--afresh" in fault.remedy("en")
    report = nights(home, on(19), afresh=True)
    assert (report.afresh, report.nights) == ("asked", 20)
    writer.put({("M0003", on(18)): {k: v for k, v in writer.rows["M0003", on(18)].items()
                                    if k != "batch"} | {"kwh": 6.0}})  # fmt: skip
    nights(home, on(19))
    assert len(outcome(home).asof) == len(wanted.asof)


def test_a_registry_that_cannot_be_read_is_told(tmp_path):
    home, _ = town(tmp_path / "home")
    home.registry_file.write_bytes(b"PAR1 and no more")
    assert str(home.registry_file) in said("registry.damaged", home).where


# --- rules ------------------------------------------------------------------------------------


def set_detector(home, text):
    file = home.path / "lamplit.toml"
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def test_changed_thresholds_work_all_nights_again_and_say_so(tmp_path):
    home, _ = town(tmp_path / "home")
    nights(home, on(19))
    set_detector(home, "low_kwh = 50\n")
    report = nights(home, on(20))
    assert (report.afresh, report.nights) == ("rules", 21)
    [table] = states_between(Home.open(home.path), on(0), on(20))
    assert "lived_in" not in table["state"].to_pylist()
    assert nights(home, on(20)).afresh == ""


def test_a_threshold_that_does_not_exist_names_the_one_that_is_near(tmp_path):
    home, _ = town(tmp_path / "home", 3, 3)
    set_detector(home, "low_kwhs = 1.5\n")
    fault = said("night.unknown-threshold", home)
    assert "low_kwh" in fault.remedy("en") and "low_kwhs" in fault.says("zh")
    assert "lamplit.toml" in fault.where


@pytest.mark.parametrize("value", ['"two"', "true", "nan", "inf", "[1]"])
def test_a_threshold_must_be_a_number(tmp_path, value):
    home, _ = town(tmp_path / "home", 3, 3)
    set_detector(home, f"low_kwh = {value}\n")
    assert "kWh" in said("night.bad-threshold", home).remedy("en")


# --- little to work on ------------------------------------------------------------------------


def test_an_empty_lake_says_what_to_do(tmp_path):
    home = Home.create(tmp_path / "home")
    assert "lamplit ingest" in said("night.no-readings", home).remedy("en")


def test_a_registry_without_readings_says_what_to_do(tmp_path):
    home = Home.create(tmp_path / "home")
    write_registry(home, [link("M1", "H1")])
    assert "lamplit ingest" in said("night.no-readings", home).remedy("en")


def test_homes_that_were_never_read_are_unknown(tmp_path):
    home, _ = town(tmp_path / "home", 5, 5)
    write_registry(home, [link("X1", "Y1")])
    nights(home)
    [table] = states_between(Home.open(home.path), on(0), on(4))
    mine = [r for r in table.to_pylist() if r["household_id"] == "Y1"]
    assert [(r["state"], r["since"], r["probability"], r["coverage"]) for r in mine] == [
        ("unknown", None, None, 0.0)
    ] * 5


def test_readings_without_a_registry_are_homes_of_their_own(tmp_path):
    home, _ = town(tmp_path / "home", 5, 5)
    home.registry_file.unlink()
    assert nights(home).homes == 5


def test_a_night_before_the_first_reading_names_that_day(tmp_path):
    home, _ = town(tmp_path / "home", 3, 3)
    assert str(FIRST) in said("night.before-first", home, on(-1)).says("en")


def test_nights_beyond_the_last_reading_are_unknown_days_and_are_told_of(tmp_path):
    home, writer = town(tmp_path / "home", 20, 20)
    report = nights(home, on(24))
    assert (report.nights, report.unread, report.last_read) == (25, 5, on(19))
    [table] = states_between(Home.open(home.path), on(20), on(24))
    assert set(table["state"].to_pylist()) == {"unknown"}
    writer.put({("M0001", on(21)): reading(5.0)})
    report = nights(home, on(24))
    assert (report.reworked_homes, report.nights, report.unread) == (1, 0, 0)
    [table] = states_between(Home.open(home.path), on(20), on(24))
    assert [r["day"] for r in table.to_pylist() if r["state"] != "unknown"] == [on(21)]


def test_a_night_more_than_a_year_beyond_the_last_reading_is_a_slip(tmp_path):
    home, _ = town(tmp_path / "home", 3, 3)
    assert str(on(2)) in said("night.far-ahead", home, on(400)).says("en")
    assert not (home.state_dir / "manifest.json").exists()


def test_a_week_without_any_reading_is_unknown_for_all_and_ends_no_spell(tmp_path):
    home, writer = town(tmp_path / "home", 20, 30)
    writer.put({("M0001", on(d)): reading(0.4) for d in range(30, 36)})
    writer.put({(f"M{i:04d}", on(d)): reading(0.4 if i == 1 else 6.0 + i % 3)
                for i in range(20) for d in range(43, 48)})  # fmt: skip
    nights(home, on(47))
    [table] = states_between(Home.open(home.path), on(35), on(47))
    states = {(r["household_id"], r["day"]): r for r in table.to_pylist()}
    for i in range(20):
        for d in range(36, 43):
            row = states[f"H{i:04d}", on(d)]
            assert (row["state"], row["probability"], row["coverage"]) == ("unknown", None, 0.0)
    assert states["H0001", on(35)]["state"] == states["H0001", on(44)]["state"] == "micro"
    assert states["H0001", on(44)]["since"] == states["H0001", on(35)]["since"] == on(30)


def test_nothing_new_is_nothing_done(tmp_path):
    home, _ = town(tmp_path / "home", 5, 5)
    nights(home)
    before = (home.state_dir / "manifest.json").stat().st_mtime_ns
    report = nights(home)
    assert (report.nights, report.reworked_homes, report.through) == (0, 0, on(4))
    assert nights(home, on(2)).through == on(4)
    assert (home.state_dir / "manifest.json").stat().st_mtime_ns == before
