"""Jobs: one at a time, watched, cancelled, tried again, and never left hanging."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from people_world import build
from sqlalchemy import select, update

from lamplit.domain.errors import LamplitError
from lamplit.domain.jobs import LANES, JobKind, JobState, Stage
from lamplit.services.field.files import incoming
from lamplit.services.field.jobs import doing, jobs, work
from lamplit.services.field.jobs.pulse import CancelledError, Pulse
from lamplit.services.field.office import CLI, Office
from lamplit.services.lock import writing
from lamplit.store import jobs as store
from lamplit.store.schema import event
from lamplit.store.work import job

READINGS = "meter_id,time,kwh\n" + "".join(
    f"M{meter},2020-02-{day:02d}T{hour:02d}:00+08:00,0.{hour % 7}\n"
    for meter in (1, 2) for day in (1, 2) for hour in range(24)
)  # fmt: skip


@pytest.fixture
def world(office):
    return build(office)


@pytest.fixture
def me(world):
    return world.actor("analyst")


def sent(office, actor, name: str, text: str) -> str:
    content = text.encode()
    one = incoming.begin(office, actor, name, len(content))
    incoming.put(office, actor, one.id, 0, content)
    return one.id


def test_readings_come_in_and_every_row_is_accounted_for(office, me):
    bad = READINGS + "M1,2020-02-03T00:00+08:00,many\n"
    files = [sent(office, me, "july.csv", bad), sent(office, me, "again.csv", READINGS)]
    asked = jobs.ask(office, me, JobKind.INGEST, {"imports": files})
    assert (asked.state, asked.asked["names"]) == (JobState.WAITING, ["july.csv", "again.csv"])
    assert work.work_off(office) == [asked.id]
    done = jobs.look(office, me, asked.id)
    assert (done.state, done.share, done.problem) == (JobState.DONE, 1.0, None)
    rows = done.result["rows"]
    assert rows["read"] == 193 == sum(n for name, n in rows.items() if name != "read")
    assert rows["quarantined"] == 1
    assert rows["duplicate"] == 96
    by_name = {file["name"]: file for file in done.result["files"]}
    assert by_name["july.csv"]["reasons"] == {"not-a-number": 1}
    assert incoming.mine(office, me) == []
    assert list(office.home.incoming_dir.iterdir()) == []


def test_a_file_that_is_not_whole_or_not_mine_is_no_job(office, world, me):
    one = incoming.begin(office, me, "july.csv", 10)
    with pytest.raises(LamplitError, match=r"incoming\.not-whole"):
        jobs.ask(office, me, JobKind.INGEST, {"imports": [one.id]})
    whole = sent(office, me, "july.csv", READINGS)
    with pytest.raises(LamplitError, match=r"store\.not-found"):
        jobs.ask(office, world.actor("operator"), JobKind.INGEST, {"imports": [whole]})
    with pytest.raises(LamplitError, match=r"door\.not-allowed"):
        jobs.ask(office, world.actor("leader"), JobKind.NIGHT, {})


def test_a_file_other_than_announced_is_not_read(office, me):
    content = READINGS.encode()
    one = incoming.begin(office, me, "july.csv", len(content), "0" * 64)
    incoming.put(office, me, one.id, 0, content)
    asked = jobs.ask(office, me, JobKind.INGEST, {"imports": [one.id]})
    work.work_off(office)
    failed = jobs.look(office, me, asked.id)
    assert (failed.state, failed.problem["code"]) == (JobState.FAILED, "incoming.wrong-hash")
    assert "july.csv" in failed.problem["says"]["zh"]


def test_a_dry_run_and_a_file_that_fails_keep_what_came(office, me):
    files = [sent(office, me, "july.csv", READINGS)]
    jobs.ask(office, me, JobKind.INGEST, {"imports": files, "dry_run": True})
    bad = [sent(office, me, "bad.csv", "a,b\n1,2\n")]
    asked = jobs.ask(office, me, JobKind.INGEST, {"imports": bad})
    work.work_off(office)
    assert len(incoming.mine(office, me)) == 2
    [file] = jobs.look(office, me, asked.id).result["files"]
    assert file["problem"]["code"].startswith("ingest.")


def test_a_registry_is_planned_then_applied_as_planned(office, me):
    file = sent(office, me, "registry.csv", "meter_id,household_id\nM1,H1\nM2,H2\nM2,H2\n")

    def run(apply: str | None):
        asked = {"imports": [file], "columns": {}, "apply": apply}
        one = jobs.ask(office, me, JobKind.REGISTRY, asked)
        work.work_off(office)
        return jobs.look(office, me, one.id)

    plan = run(None).result
    assert (plan["added"], plan["duplicate"], plan["applied"]) == (2, 1, False)
    assert not office.home.registry_file.exists()
    assert run("0" * 32).problem["code"] == "job.changed-meanwhile"
    done = run(plan["plan"]).result
    assert (done["added"], done["applied"]) == (2, True)
    assert office.home.registry_file.exists()


def test_a_table_of_places_is_planned_then_applied(office, me, world):
    text = "kind,code,parent,name_zh\nwork_site,W1,D1,工地\nwork_site,W2,NOWHERE,工地\n"
    file = sent(office, me, "places.csv", text)

    def run(**more):
        one = jobs.ask(office, me, JobKind.TABLE, {"imports": [file], "table": "places", **more})
        work.work_off(office)
        return jobs.look(office, me, one.id)

    plan = run().result
    assert (plan["added"], plan["refused"], plan["faults"][0]["row"]) == (1, 1, 3)
    named = {"en": "工地", "zh": "工地"}
    assert plan["steps"] == [
        {"row": 2, "what": "add", "code": "work_site:W1", "name": named, "changes": []}
    ]
    assert run(apply=plan["plan"]).problem["code"] == "registry.bad-rows"
    assert run(apply=plan["plan"], skip_bad=True).result["applied"]
    file = sent(office, me, "places.csv", "kind,code,name_zh,floors\nwork_site,W1,新工地,\n")
    again = run().result
    [step] = again["steps"]
    assert (step["row"], step["what"], step["code"]) == (2, "change", "work_site:W1")
    now = {"en": "新工地", "zh": "新工地"}
    assert step["changes"] == [{"column": "name_zh", "was": named, "now": now, "held": False}]


def test_nights_and_places_are_worked(office, me, world):
    jobs.ask(office, me, JobKind.INGEST, {"imports": [sent(office, me, "july.csv", READINGS)]})
    work.work_off(office)
    registry = sent(office, me, "r.csv", "meter_id,household_id,community_id\nM1,H1,C9\n")
    jobs.ask(office, me, JobKind.REGISTRY, {"imports": [registry]})
    night = jobs.ask(office, world.actor("operator"), JobKind.NIGHT, {})
    sync = jobs.ask(office, me, JobKind.PLACES_SYNC, {"dry_run": True})
    work.work_off(office)
    done = jobs.look(office, me, sync.id)
    assert (done.state, done.result["dry_run"]) == (JobState.DONE, True)
    found = jobs.look(office, world.actor("operator"), night.id)
    assert (found.result["through"], found.result["nights"]) == ("2020-02-02", 2)
    assert found.result["evening"]["failed"] == {}


def test_whoever_asked_and_the_operator_see_a_job_and_nobody_else(office, world, me):
    one = jobs.ask(office, me, JobKind.NIGHT, {})
    assert jobs.look(office, world.actor("operator"), one.id).mine is False
    assert [j.id for j in jobs.newest(office, me)] == [one.id]
    for who in ("leader", "outsider", "privacy"):
        with pytest.raises(LamplitError, match=r"store\.not-found"):
            jobs.look(office, world.actor(who), one.id)
        with pytest.raises(LamplitError, match=r"door\.not-allowed"):
            jobs.newest(office, world.actor(who))


def test_jobs_are_listed_from_the_newest_page_by_page(office, me, clock):
    made = []
    for _ in range(5):
        made.append(jobs.ask(office, me, JobKind.NIGHT, {}).id)
        clock.turn(minutes=1)
    first = jobs.newest(office, me, limit=2)
    rest = jobs.newest(office, me, first[-1].id, limit=9)
    assert [one.id for one in [*first, *rest]] == made[::-1]


def test_of_many_servers_one_takes_a_job_and_only_one_runs(office, me):
    for _ in range(3):
        jobs.ask(office, me, JobKind.NIGHT, {})
    taken = []

    def server() -> None:
        taken.append(work._claim(office, LANES[0]))

    servers = [threading.Thread(target=server) for _ in range(6)]
    for one in servers:
        one.start()
    for one in servers:
        one.join()
    assert len([one for one in taken if one]) == 1


def test_a_waiting_job_is_cancelled_at_once_and_can_be_tried_again(office, me):
    one = jobs.ask(office, me, JobKind.NIGHT, {})
    assert jobs.cancel(office, me, one.id).state is JobState.CANCELLED
    with pytest.raises(LamplitError, match=r"job\.already-ended"):
        jobs.cancel(office, me, one.id)
    assert jobs.retry(office, me, one.id).state is JobState.WAITING
    with pytest.raises(LamplitError, match=r"job\.not-open-again"):
        jobs.retry(office, me, one.id)


def test_a_running_job_hears_that_it_is_cancelled_and_says_how_far_it_is(
    office, me, world, monkeypatch
):
    seen = []

    def slow(at, actor, asked, pulse: Pulse):
        for step in range(1, 200):
            pulse.say(Stage.READING, step / 200, "july.csv", rows=step)
            time.sleep(0.02)
            if step == 20:
                seen.append(jobs.look(office, me, one.id))
                jobs.cancel(office, me, one.id)
        raise AssertionError("it was not cancelled")

    monkeypatch.setitem(doing.DOING, JobKind.NIGHT, slow)
    one = jobs.ask(office, me, JobKind.NIGHT, {})
    work.work_off(office)
    assert jobs.look(office, me, one.id).state is JobState.CANCELLED
    [midway] = seen
    assert (midway.state, midway.stage, midway.name) == (
        JobState.RUNNING,
        Stage.READING,
        "july.csv",
    )
    assert 0 < midway.share < 0.2
    assert midway.rows > 0
    assert midway.seconds_left is None or midway.seconds_left > 0


def test_an_ingest_under_way_is_interrupted(office, me, monkeypatch):
    files = [sent(office, me, "july.csv", READINGS)]
    one = jobs.ask(office, me, JobKind.INGEST, {"imports": files})
    real = doing.ingest

    def cancelled_meanwhile(*args, **kwargs):
        jobs.cancel(office, me, one.id)
        time.sleep(0.3)
        return real(*args, **kwargs)

    monkeypatch.setattr(doing, "ingest", cancelled_meanwhile)
    work.work_off(office)
    assert jobs.look(office, me, one.id).state is JobState.CANCELLED
    assert len(incoming.mine(office, me)) == 1


def test_a_job_waits_while_a_command_has_the_home(office, me, monkeypatch):
    monkeypatch.setattr(doing, "AGAIN_SECONDS", 0.1)
    one = jobs.ask(
        office, me, JobKind.INGEST, {"imports": [sent(office, me, "july.csv", READINGS)]}
    )
    with writing(office.home.path, "ingest"):
        worker = threading.Thread(target=work.work_off, args=(office,))
        worker.start()
        for _ in range(100):
            if jobs.look(office, me, one.id).stage is Stage.WAITING:
                break
            time.sleep(0.05)
        assert jobs.look(office, me, one.id).stage is Stage.WAITING
    worker.join()
    assert jobs.look(office, me, one.id).state is JobState.DONE


def test_a_fault_is_a_problem_without_what_the_file_held(office, me, monkeypatch):
    def broken(*_):
        raise ValueError("Li Lei, 12-3-401")

    monkeypatch.setitem(doing.DOING, JobKind.NIGHT, broken)
    one = jobs.ask(office, me, JobKind.NIGHT, {})
    work.work_off(office)
    failed = jobs.look(office, me, one.id)
    assert failed.problem["code"] == "job.fault"
    assert "Li Lei" not in str(failed)
    assert jobs.retry(office, me, one.id).problem is None


def test_a_job_whose_server_died_fails_and_can_be_tried_again(office, me):
    one = jobs.ask(office, me, JobKind.NIGHT, {})
    assert work._claim(office, LANES[0]) == one.id
    assert work.sweep_lost(office) == 0
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    dead = work.this_worker().rpartition(":")[0] + f":{gone}"
    with office.db.begin() as conn:
        conn.execute(update(job).values(worker=dead))
    assert work.sweep_lost(office) == 1
    assert jobs.look(office, me, one.id).problem["code"] == "job.lost"
    jobs.retry(office, me, one.id)
    # On another machine only its silence tells.
    assert work._claim(office, LANES[0]) == one.id
    with office.db.begin() as conn:
        quiet = datetime.now(UTC) - work.SILENT - timedelta(seconds=1)
        conn.execute(update(job).values(worker="elsewhere:1", beat_at=quiet))
    assert work.sweep_lost(office) == 1


def test_a_pulse_ends_a_job_that_is_no_longer_running(office, me):
    one = jobs.ask(office, me, JobKind.NIGHT, {})
    work._claim(office, LANES[0])
    with office.db.begin() as conn:
        store.move(conn, one.id, JobState.RUNNING, JobState.FAILED)
    with Pulse(office, one.id, every=0.01) as pulse, pytest.raises(CancelledError):
        pulse.pause(5)


def test_old_jobs_are_forgotten(office, me, clock):
    one = jobs.ask(office, me, JobKind.NIGHT, {})
    jobs.cancel(office, me, one.id)
    clock.turn(days=91)
    assert jobs.tidy(office) == 1
    assert jobs.tidy(office) == 0
    with office.db.read() as conn:
        told = conn.scalars(select(event.c.data).where(event.c.kind == "job.expired")).all()
    assert told == [{"jobs": 1}]
    with pytest.raises(LamplitError, match=r"store\.not-found"):
        jobs.look(office, me, one.id)


@pytest.mark.slow
def test_a_worker_does_jobs_in_processes_of_their_own_and_leaves_them_waiting_when_told(
    home, tmp_path
):
    office = Office.open(home)
    file = sent(office, CLI, "july.csv", READINGS)
    one = jobs.ask(office, CLI, JobKind.INGEST, {"imports": [file]})
    worker = work.Worker(office)
    assert worker.apart
    worker.start()
    until = time.monotonic() + 60
    while jobs.look(office, CLI, one.id).state in (JobState.WAITING, JobState.RUNNING):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert jobs.look(office, CLI, one.id).result["rows"]["read"] == 96
    with writing(office.home.path, "ingest"):
        night = jobs.ask(office, CLI, JobKind.NIGHT, {})
        worker.wake()
        while jobs.look(office, CLI, night.id).stage is not Stage.WAITING:
            assert time.monotonic() < until
            time.sleep(0.1)
        worker.stop()
    assert jobs.look(office, CLI, night.id).state is JobState.WAITING
    office.db.close()
