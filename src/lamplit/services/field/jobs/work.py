"""The worker of a server: takes jobs, of each lane one at a time, each in a process of its own.

A process apart keeps a long read from holding up answers, and its memory from taking the server
along. It dies with the server: its line to it ends. Every job can be run again from the start.
"""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from lamplit.domain.errors import LamplitError
from lamplit.domain.jobs import LANES, JobKind, JobState, Stage
from lamplit.domain.problems import jobs as problems
from lamplit.services.field.jobs.doing import DOING
from lamplit.services.field.jobs.pulse import BEAT_SECONDS, CancelledError, Pulse
from lamplit.services.field.office import Actor, Office, system_clock
from lamplit.services.ingest.stage import is_full
from lamplit.store import jobs as store

POLL_SECONDS = 3.0
SILENT = timedelta(seconds=60)
"""A job of which nothing was heard for so long died with its server."""
CANCEL_GRACE = 20.0
"""So long a cancelled job may take to come to a step of its own."""
STOP_SECONDS = 5.0
LOOK_SECONDS = 0.5


def this_worker() -> str:
    """The name by which jobs know this server process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def perform(
    office: Office,
    job_id: str,
    *,
    every: float = BEAT_SECONDS,
    told: Callable[[float, Stage], None] | None = None,
) -> None:
    """Do a job that was claimed, to its end; what goes wrong is kept as its problem.

    `told` hears how far it is.
    """
    with office.db.read() as conn:
        row = store.by_id(conn, job_id)
    if row is None or row.state != JobState.RUNNING.value:
        return
    actor = Actor(row.maker_id, "api") if row.maker_id else Actor(None, "cli")
    state, values = JobState.DONE, {}
    with Pulse(office, job_id, every=every, told=told) as pulse:
        try:
            values["result"] = _plain(DOING[JobKind(row.kind)](office, actor, row.asked, pulse))
        except CancelledError:
            state = JobState.CANCELLED
        except Exception as fault:
            state = JobState.CANCELLED if pulse.cancelled else JobState.FAILED
            if state is JobState.FAILED:
                values["problem"] = _as_problem(fault).kept()
    _end(office, job_id, state, **values)


def work_off(office: Office) -> list[str]:
    """Do all waiting jobs in this thread; gives their ids. For tests and stories."""
    done = []
    for lane in LANES:
        while (taken := _claim(office, lane)) is not None:
            perform(office, taken, every=0.05)
            done.append(taken)
    return done


def sweep_lost(office: Office) -> int:
    """End the jobs whose server has died, so that they can be tried again; gives how many."""
    host = socket.gethostname()
    with office.db.read() as conn:
        lost = set(store.running_since_beat(conn, datetime.now(UTC) - SILENT))
        for job_id, worker in store.running_by_host(conn, host):
            if not _alive(worker):
                lost.add(job_id)
    for job_id in lost:
        _end(office, job_id, JobState.FAILED, problem=_lost())
    return len(lost)


class Worker:
    """A thread for each lane that takes jobs as they come, until `stop`.

    `apart`: each in a process of its own; an office with a story's clock does them itself.
    """

    def __init__(self, office: Office, *, apart: bool = True) -> None:
        self.office, self.apart = office, apart and office.clock is system_clock
        self._stop = threading.Event()
        self._wakes = [threading.Event() for _ in LANES]
        self._threads = [
            threading.Thread(target=self._work, args=of, name="lamplit-worker", daemon=True)
            for of in zip(LANES, self._wakes, strict=True)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for a job at once."""
        for wake in self._wakes:
            wake.set()

    def stop(self) -> None:
        """End; a job under way is left waiting, for the next server to begin again."""
        self._stop.set()
        self.wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2 * STOP_SECONDS)

    def _work(self, lane: Sequence[JobKind], wake: threading.Event) -> None:
        while not self._stop.is_set():
            wake.clear()
            try:
                sweep_lost(self.office)
                while not self._stop.is_set() and (taken := _claim(self.office, lane)) is not None:
                    self._one(taken)
            except Exception as fault:
                # The store may be away for a while; the next round comes all the same.
                _log().warning("worker", fault=type(fault).__name__)
            wake.wait(POLL_SECONDS)

    def _one(self, job_id: str) -> None:
        if not self.apart:
            perform(self.office, job_id)
            return
        with _begin(self.office, job_id) as child:
            self._watch(job_id, child)
        if self._stop.is_set():
            with self.office.db.begin() as conn:
                store.move(conn, job_id, JobState.RUNNING, JobState.WAITING, progress=None)
            return
        # Where it came to its end it has said so, and these change nothing.
        if _cancelling(self.office, job_id):
            _end(self.office, job_id, JobState.CANCELLED)
        elif _end(self.office, job_id, JobState.FAILED, problem=_lost()):
            _log().warning("job", job=job_id, exit=child.returncode)

    def _watch(self, job_id: str, child: subprocess.Popen[bytes]) -> None:
        """Until it ends; end it where the server stops, or where it does not hear a cancel."""
        cancelled_for = 0.0
        while child.poll() is None:
            if self._stop.wait(LOOK_SECONDS):
                _kill(child)
            elif _cancelling(self.office, job_id):
                cancelled_for += LOOK_SECONDS
                if cancelled_for >= CANCEL_GRACE:
                    _kill(child)


def _claim(office: Office, lane: Sequence[JobKind]) -> str | None:
    with office.db.read() as conn:
        if not store.any_waits(conn, lane):
            return None
    with office.db.begin() as conn:
        return store.claim(conn, lane, this_worker(), office.clock(), datetime.now(UTC))


def _end(office: Office, job_id: str, state: JobState, **values: Any) -> bool:
    with office.db.begin() as conn:
        return store.move(conn, job_id, JobState.RUNNING, state, ended_at=office.clock(), **values)


def _cancelling(office: Office, job_id: str) -> bool:
    with office.db.read() as conn:
        row = store.by_id(conn, job_id)
    return row is not None and bool(row.cancel) and row.state == JobState.RUNNING.value


def _begin(office: Office, job_id: str) -> subprocess.Popen[bytes]:
    url = office.db.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-m", "lamplit.services.field.jobs.child",
         str(office.home.path.resolve()), job_id],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        env={**os.environ, "LAMPLIT_STORE_URL": url}, start_new_session=True,
    )  # fmt: skip


def _kill(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _alive(worker: str) -> bool:
    try:
        os.kill(int(worker.rpartition(":")[2]), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True
    return True


def _as_problem(fault: Exception) -> LamplitError:
    if isinstance(fault, LamplitError):
        return fault
    if is_full(fault) or getattr(fault, "errno", None) == errno.ENOSPC:
        return LamplitError(problems.DISK_FULL)
    # What it says may be what stood in the file, so only its kind and its place are kept.
    frames = traceback.extract_tb(fault.__traceback__)[-6:]
    at = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    _log().warning("job", fault=type(fault).__name__, at=at)
    return LamplitError(problems.JOB_FAULT, fault=type(fault).__name__)


def _lost() -> dict[str, Any]:
    return LamplitError(problems.JOB_LOST).kept()


def _plain(value: Any) -> Any:
    """A result as JSON keeps it."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _log() -> Any:
    return structlog.get_logger("lamplit.web")
