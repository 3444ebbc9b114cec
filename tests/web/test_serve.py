"""`lamplit serve` as people start it: a real process, a real port."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from campaign_world import build

from lamplit.cli.serve import GRACE_SECONDS, check_host
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services.field.access import tokens
from lamplit.services.field.office import Office
from lamplit.services.home import Home
from lamplit.web import asgi
from lamplit.web.serving import serve


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_needs_no_word(host):
    check_host(host, allowed=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "lamplit.example"])
def test_beyond_loopback_it_listens_with_tls_or_an_explicit_word_only(host):
    with pytest.raises(LamplitError, match=r"web\.no-tls"):
        check_host(host, allowed=False)
    check_host(host, allowed=True)


def test_a_server_leaves_what_it_is_made_of_out_of_garbage_collections(tmp_path, monkeypatch):
    Home.create(tmp_path / "home")
    monkeypatch.setenv(asgi.OPTIONS, json.dumps({"home": str(tmp_path / "home")}))
    before = gc.get_freeze_count()
    try:
        app = asgi.make()
        # Of the application and its modules some hundred thousand objects.
        assert gc.get_freeze_count() - before > 50_000
        app.state.office.db.close()
    finally:
        gc.unfreeze()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def begin(home: Path, port: int, *more: str) -> subprocess.Popen[bytes]:
    words = ["serve", "--home", str(home), "--port", str(port), *more]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LAMPLIT", "PROMETHEUS"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "lamplit", *words], stderr=subprocess.PIPE, env=clean,
        start_new_session=True,
    )  # fmt: skip
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).raise_for_status()
            return process
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(process.communicate()[1])


def stop(process: subprocess.Popen[bytes]) -> str:
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=20)[1].decode()
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


@pytest.mark.slow
def test_the_server_answers_logs_without_ids_and_stops_when_told(tmp_path):
    home, port = Home.create(tmp_path / "home"), free_port()
    process = begin(home.path, port)
    base = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{base}/api/v1/people/P-li-lei?text=lei").status_code == 401
    assert "lamplit_requests_total" in httpx.get(f"{base}/metrics").text
    said = stop(process)
    assert process.returncode in (0, 130, -signal.SIGINT)
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert {"method", "path", "status", "ms", "request"} <= set(lines[-1])
    assert "/api/v1/people/{person}" in {line["path"] for line in lines}
    assert "li-lei" not in said
    assert "127.0.0.1" not in "".join(line for line in said.splitlines() if line.startswith("{"))
    # Nobody has an account here, so the first run's link was printed; its secret reaches no log.
    assert f"{base}/setup#" in said


@pytest.mark.slow
def test_several_workers_sum_their_figures(tmp_path):
    home, port = Home.create(tmp_path / "home"), free_port()
    process = begin(home.path, port, "--workers", "2")
    base = f"http://127.0.0.1:{port}"
    for _ in range(30):
        httpx.get(f"{base}/healthz")
    text = httpx.get(f"{base}/metrics").text
    stop(process)
    [line] = [
        one for one in text.splitlines()
        if one.startswith("lamplit_requests_total{") and '"/healthz"' in one
    ]  # fmt: skip
    assert float(line.rpartition(" ")[2]) == 30


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_board_that_somebody_watches_does_not_hold_up_the_servers_end(tmp_path, workers):
    home, port = Home.create(tmp_path / "home"), free_port()
    office = Office.open(home)
    made = build(office, buildings=1, homes=1)
    boss = made.person("boss", Role.LEADER)
    campaign = made.campaign()
    secret = tokens.issue(office, boss, "boss", "test", "api").secret
    office.db.close()
    process = begin(home.path, port, "--workers", str(workers))
    events = f"http://127.0.0.1:{port}/api/v1/campaigns/{campaign.id}/events"
    with httpx.stream("GET", events, headers={"Authorization": f"Bearer {secret}"}) as told:
        lines = told.iter_lines()  # the connection is closed with it
        assert next(lines) == "retry: 3000"
        since = time.monotonic()
        said = stop(process)
        took = time.monotonic() - since
    assert took < GRACE_SECONDS / 2
    assert process.returncode in (0, 130, -signal.SIGINT)
    assert "Traceback" not in said
    assert "Cancel" not in said


@pytest.mark.slow
def test_a_connection_outlasts_the_time_after_which_clients_give_one_up(tmp_path):
    """httpx reuses a connection for 5 seconds: one that ended then would now and then be lost."""
    office = Office.open(Home.create(tmp_path / "home"))
    with serve(office) as served:
        talk = HTTPConnection(served.url.removeprefix("http://"))
        for pause in (0, 6):
            time.sleep(pause)
            talk.request("GET", "/healthz")
            assert talk.getresponse().read()
        talk.close()
    office.db.close()
