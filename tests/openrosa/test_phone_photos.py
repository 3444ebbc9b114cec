"""A photo of 50 MB goes to the disk a piece at a time, never into memory whole."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from test_phone_submissions import xml

from lamplit.services.field.office import CLI
from lamplit.services.field.phones import phone as phone_services
from lamplit.store import schema
from openrosa_mortal import Mortal

PHOTO_BYTES = 50_000_000


def peak_bytes(server: Mortal) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def body(form: bytes) -> Iterator[bytes]:
    yield b"--x\r\nContent-Disposition: form-data; name=xml_submission_file; filename=a.xml\r\n"
    yield b"Content-Type: text/xml\r\n\r\n" + form + b"\r\n--x\r\n"
    yield b"Content-Disposition: form-data; name=a.jpg; filename=a.jpg\r\n"
    yield b"Content-Type: image/jpeg\r\n\r\n"
    for at in range(50):
        yield bytes([at]) * (PHOTO_BYTES // 50)
    yield b"\r\n--x--\r\n"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc of Linux")
def test_a_photo_of_fifty_megabytes_is_never_whole_in_memory(town, office):
    server = Mortal.born(office)
    made = phone_services.set_up(office, CLI, "li", url=server.url)
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"{made.server_url}/submission"
    try:
        with httpx.Client(timeout=60) as http:
            small = http.post(
                url, content=xml(town.tasks["B1-102"]), headers={"Content-Type": "text/xml"}
            )
            assert small.status_code == 201
            before = peak_bytes(server)
            answer = http.post(url, content=body(xml(town.tasks["B1-101"])), headers=kind)
        assert answer.status_code == 201, answer.text
        assert peak_bytes(server) - before < 15_000_000
    finally:
        server.kill()
    (kept,) = town.rows(schema.attachment)
    assert kept["bytes"] == PHOTO_BYTES
    mark = hashlib.sha256(b"".join(bytes([at]) * (PHOTO_BYTES // 50) for at in range(50)))
    assert kept["sha256"] == mark.hexdigest()
    assert not list(office.home.tmp_dir.iterdir())
