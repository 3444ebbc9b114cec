"""Each run of the nights is noted by the night itself, whoever began it and however it ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from night_worlds import LakeWriter, link, nights, reading, write_registry

from lamplit.domain.errors import LamplitError
from lamplit.domain.jobs import JobState
from lamplit.services.home import Home
from lamplit.services.lock import writing
from lamplit.services.night import runs as noted
from lamplit.services.night.runs import runs
from lamplit.services.night.snapshots import read_manifest

FIRST = date(2025, 3, 3)


@pytest.fixture
def home(tmp_path):
    made = Home.create(tmp_path / "h")
    write_registry(made, [link(f"M{n}", f"H{n}") for n in range(3)])
    LakeWriter(made).put(
        {(f"M{n}", FIRST + timedelta(d)): reading(6.0) for n in range(3) for d in range(5)}
    )
    return made


def test_a_run_says_how_far_it_came_for_how_many_and_how_long_it_took(home):
    assert runs(home) == []
    report = nights(home)
    [run] = runs(home)
    assert (run.state, run.job, run.problem) == (JobState.DONE, None, None)
    assert (run.through, run.nights, run.homes) == (report.through, 5, 3)
    assert (run.reworked_homes, run.reworked_from) == (0, None)
    assert 0 < run.seconds < 60
    assert 0 <= (run.ended_at - run.began_at).total_seconds() - run.seconds + 0.1 < 1


def test_late_readings_are_told_and_the_newest_run_comes_first(home):
    nights(home, FIRST + timedelta(3))
    LakeWriter(home).put({("M1", FIRST + timedelta(1)): reading(0.0)})
    nights(home, job="a-job")
    late, first = runs(home)
    assert (late.nights, late.reworked_homes, late.reworked_from, late.job) == (
        1, 1, FIRST + timedelta(1), "a-job",
    )  # fmt: skip
    assert (first.nights, first.through) == (4, FIRST + timedelta(3))


def test_a_run_that_failed_says_why_in_both_languages(home):
    with pytest.raises(LamplitError):
        nights(home, FIRST - timedelta(1))
    [run] = runs(home)
    assert (run.state, run.nights) == (JobState.FAILED, None)
    assert run.problem["code"] == "night.before-first"
    assert set(run.problem["says"]) == {"en", "zh"}


def test_one_that_somebody_stopped_was_cancelled_and_a_fault_is_a_failure(home):
    for fault, state in (
        (KeyboardInterrupt, JobState.CANCELLED),
        (ZeroDivisionError, JobState.FAILED),
    ):

        def stopped(*_, fault=fault):
            raise fault

        with pytest.raises(fault):
            nights(home, afresh=True, progress=stopped)
        assert runs(home)[0].state is state


def test_one_at_work_is_running_and_one_cut_off_has_failed(home):
    seen = []

    def look(*_):
        seen.append(runs(home)[0].state)

    nights(home, progress=look)
    assert set(seen) == {JobState.RUNNING}
    # What a machine leaves that lost its power: a beginning, and half a line.
    with (home.state_dir / noted.NAME).open("a") as file:
        file.write('{"run": "cut", "began": "2099-01-01T00:00:00+00:00", "job": null}\n{"run": "cu')
    assert [one.state for one in runs(home)] == [JobState.FAILED, JobState.DONE]
    with writing(home.path, "ingest"):
        assert runs(home)[0].state is JobState.FAILED, "another's work is no night"


def test_so_many_are_remembered_and_a_full_disk_stops_no_night(home, monkeypatch):
    monkeypatch.setattr(noted, "KEPT", 3)
    for _ in range(6):
        nights(home)
    assert 3 <= len(runs(home)) <= 4
    (home.state_dir / noted.NAME).unlink()
    (home.state_dir / noted.NAME).mkdir()
    nights(home, afresh=True)
    assert read_manifest(home.state_dir).through
    assert runs(home) == []
