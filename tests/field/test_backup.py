"""A backup taken while people work is whole: what was acknowledged before it is in it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import threading
import time
from dataclasses import replace

import pytest
from campaign_world import ANSWERED, TOLD_EMPTY, build, form, send
from sqlalchemy import select, text

from lamplit.cli.app import run
from lamplit.domain.errors import LamplitError
from lamplit.domain.field import Role
from lamplit.services import backup as service
from lamplit.services.backup import backup
from lamplit.services.field.access import throttle
from lamplit.services.field.campaigns import campaigns
from lamplit.services.field.files import incoming
from lamplit.services.field.office import CLI, Office
from lamplit.services.field.privacy import expiry
from lamplit.services.field.privacy.logcheck import verify_log
from lamplit.services.field.submissions import media
from lamplit.services.home import Home
from lamplit.services.lock import writing
from lamplit.store import photos
from lamplit.store.schema import attachment, event, submission
from servers import fresh_postgres_database, plain, tool  # noqa: F401 - one is a fixture

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(office):
    made = build(office)
    made.person("v1", Role.VOLUNTEER)
    made.sweep(made.campaign(parameters={"random_share": 0}), made.dark(*made.doors[:4]))
    return made


def visit(world, number=0):
    """A visit with a photo of its own: its submission, and the photo's hash."""
    photo = f"photo {number}".encode()
    one = media.Attachment("door.jpg", "image/jpeg", photo)
    said = form(world.tasks()[number % 4].id, **TOLD_EMPTY)
    receipt = send(world.office, world.person("v1"), said, attachments=[one])
    return receipt.submission_id, hashlib.sha256(photo).hexdigest()


class Load:
    """Three people who send visits until they are told to stop; `acknowledged` grows meanwhile."""

    def __init__(self, world):
        self.acknowledged, self.failed = [], []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(world, at)) for at in range(3)]

    def _send(self, world, at):
        try:
            for number in range(10_000):
                if self._stop.is_set():
                    return
                self.acknowledged.append(visit(world, 3 * number + at))
        except Exception as fault:
            self.failed.append(fault)

    def wait(self, count):
        until = time.monotonic() + 60
        while len(self.acknowledged) < count and not self.failed and time.monotonic() < until:
            time.sleep(0.01)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self.failed == []


@ON_SQLITE
def test_under_load_everything_acknowledged_before_is_in_it_and_the_chain_holds(
    world, office, tmp_path, monkeypatch
):
    real = office.db.copy_to

    def slowly(file):
        # Others go on before and after the moment that is copied.
        load.wait(len(load.acknowledged) + 5)
        real(file)
        load.wait(len(load.acknowledged) + 5)

    monkeypatch.setattr(type(office.db), "copy_to", lambda _, file: slowly(file))
    with Load(world) as load:
        load.wait(20)
        before = list(load.acknowledged)
        made = backup(office.home, tmp_path / "copy", office=office)
        load.wait(len(load.acknowledged) + 1)
    assert len(before) >= 20
    assert len(load.acknowledged) > len(before) + 10
    assert made.problems == []
    # Restored as the manual says: copied back, and opened.
    shutil.copytree(tmp_path / "copy", tmp_path / "restored")
    restored = Office.open(Home.open(tmp_path / "restored"))
    try:
        found = verify_log(restored, CLI, kept=(made.entries, made.head))
        assert (found.holds, found.entries, found.head) == (True, made.entries, made.head)
        with restored.db.read() as conn:
            there = set(conn.scalars(select(submission.c.id)))
            named = photos.named(conn)
        assert {one for one, _ in before} <= there
        assert {sha256 for _, sha256 in before} <= named
        for sha256 in named:
            kept = media.path_of(restored.media_dir, sha256).read_bytes()
            assert hashlib.sha256(kept).hexdigest() == sha256
        # And work goes on there.
        with restored.begin(CLI) as tx:
            tx.log("test.restored", "home", "restored")
        assert verify_log(restored, CLI).entries == made.entries + 1
    finally:
        restored.db.close()
    with office.db.read() as conn:
        told = conn.scalars(select(event.c.data).where(event.c.kind == "backup.made")).one()
    assert (told["entries"], told["files"]) == (made.entries, made.files)
    assert list(tmp_path.glob(".copy*")) == []


@ON_SQLITE
def test_what_expires_while_it_is_copied_is_no_loss_and_what_is_lost_is_told(
    world, office, clock, tmp_path, monkeypatch
):
    _, gone = visit(world, 1)
    campaigns.close(office, CLI, "sweep")
    clock.turn(days=15)
    expiry.expire(office)
    clock.turn(days=170)
    real = type(office.db).copy_to

    def then_expire(db, file):
        real(db, file)
        expiry.expire(office)

    with monkeypatch.context() as patch:
        patch.setattr(type(office.db), "copy_to", then_expire)
        made = backup(office.home, tmp_path / "one", office=office)
    assert (made.problems, made.photos) == ([], 0)
    copied = Office.open(Home.open(tmp_path / "one"), clock)
    assert not media.path_of(copied.media_dir, gone).exists()
    assert [one.photos for one in expiry.expire(copied)] == [1]
    copied.db.close()
    _, lost = visit(world, 2)
    media.path_of(office.media_dir, lost).unlink()
    made = backup(office.home, tmp_path / "two", office=office)
    assert [one.code for one in made.problems] == ["backup.photos-missing"]
    assert (tmp_path / "two" / "lamplit.toml").is_file()


@ON_SQLITE
def test_a_broken_chain_is_copied_and_told(world, office, tmp_path):
    with office.db.begin() as conn:
        conn.execute(text("UPDATE event SET kind = 'nothing' WHERE seq = 2"))
    made = backup(office.home, tmp_path / "copy", office=office)
    assert [one.code for one in made.problems] == ["store.log-broken"]
    assert (tmp_path / "copy" / "store" / "lamplit.db").is_file()


@ON_SQLITE
def test_what_is_thrown_away_by_tomorrow_or_still_on_its_way_is_not_in_it(world, office, tmp_path):
    incoming.begin(office, CLI, "old.csv", 10)
    throttle.address_mark(office, "192.0.2.1")
    (office.home.tmp_dir / "work").write_text("x")
    (office.home.path / "programmes").mkdir()
    (office.home.path / "programmes" / "own.txt").write_text("x")
    backup(office.home, tmp_path / "copy", office=office)
    there = {f.relative_to(tmp_path / "copy").as_posix() for f in (tmp_path / "copy").rglob("*")}
    assert {"lamplit.toml", "store/lamplit.db", "programmes/own.txt"} <= there
    assert not [name for name in there if name.startswith(("incoming/", "tmp/"))]
    assert not [name for name in there if "salt" in name or name.endswith(("-wal", "-shm"))]
    copied = Office.open(Home.open(tmp_path / "copy"))
    assert incoming.mine(copied, CLI) == []
    copied.db.close()


@ON_SQLITE
def test_a_backup_never_writes_over_anything_nor_leaves_a_part(
    world, office, tmp_path, monkeypatch
):
    def refused(target):
        with pytest.raises(LamplitError) as told:
            backup(office.home, target, office=office)
        return told.value.code

    (tmp_path / "old").mkdir()
    assert refused(tmp_path / "old") == "backup.exists"
    assert refused(tmp_path / "none" / "copy") == "backup.no-folder"
    assert refused(office.home.path / "copy") == "backup.inside"
    with writing(office.home.path, "nightly"):
        assert refused(tmp_path / "copy") == "lake.locked"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(service, "_photos", full)
    with pytest.raises(OSError, match="No space"):
        backup(office.home, tmp_path / "copy", office=office)
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_with_postgresql_the_rest_is_copied_beside_a_dump(world, office, tmp_path):
    _, photo = visit(world)
    send(office, world.person("v1"), form(world.tasks()[1].id, **ANSWERED))
    made = backup(office.home, tmp_path / "copy", office=office)
    assert (made.store, made.head, made.photos) == ("postgresql", None, 1)
    assert not (tmp_path / "copy" / "store" / "lamplit.db").exists()
    assert media.path_of(tmp_path / "copy" / "store" / "media", photo).is_file()
    with office.db.read() as conn:
        assert len(conn.execute(select(attachment)).all()) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dump_taken_under_load_restores_with_the_copy_beside_it(
    world,
    office,
    tmp_path,
    database_url,
    fresh_postgres_database,  # noqa: F811
    monkeypatch,
):
    dump = tmp_path / "store.dump"
    with Load(world) as load:
        load.wait(10)
        before = list(load.acknowledged)
        subprocess.run(
            [tool("pg_dump"), "--format=custom", f"--file={dump}", plain(database_url)], check=True
        )
        load.wait(len(load.acknowledged) + 5)
        backup(office.home, tmp_path / "copy", office=office)
        load.wait(len(load.acknowledged) + 1)
    # Restored as the manual says: into an empty database, which the restored home names.
    subprocess.run(
        [tool("pg_restore"), f"--dbname={plain(fresh_postgres_database)}", dump], check=True
    )
    monkeypatch.setenv("LAMPLIT_STORE_URL", fresh_postgres_database)
    restored = Office.open(Home.open(tmp_path / "copy"))
    try:
        found = verify_log(restored, CLI)
        assert found.holds
        with restored.db.read() as conn:
            there = set(conn.scalars(select(submission.c.id)))
            named = photos.named(conn)
        assert {one for one, _ in before} <= there
        assert {sha256 for _, sha256 in before} <= named
        assert all(media.path_of(restored.media_dir, sha256).is_file() for sha256 in named)
        # Work goes on there: what counts up goes on from where it was.
        restored_world = replace(world, office=restored)
        visit(restored_world, len(load.acknowledged) + 1)
        assert verify_log(restored, CLI).entries > found.entries
    finally:
        restored.db.close()


def test_the_command_says_what_it_copied(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("LAMPLIT_STORE_URL", raising=False)
    home = Home.create(tmp_path / "home")
    Office.open(home).db.close()
    asked = ["--home", str(home.path), "--json"]
    assert run(["backup", str(tmp_path / "copy"), *asked]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["store"], said["problems"], said["head"]) == ("sqlite", [], f"0:{'0' * 64}")
    assert run(["backup", str(tmp_path / "copy"), *asked]) == 1
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "backup.exists"
    assert run(["log", "verify", "--home", str(tmp_path / "copy")]) == 0
