"""Form clients, to fill in our forms as phones and browsers do: two written by others, one our own.

- `WebFormsClient`: ODK Web Forms' engine (@getodk/xforms-engine) under Node with jsdom.
- `JavaRosaClient`: JavaRosa, ODK Collect's engine, out of the validator that pyxform carries.
- `LightClient`: the phone's light form (ui/src/parts/forms), to be held against them.

    client = JavaRosaClient.ready()  # skips the test, saying why, where it can't run
    filled = client.fill(xform, {"/data/outcome": "reached"}, {"tasks.csv": csv_bytes})

Answers are text by path: several choices are joined by spaces, a trigger is "OK", a photo is the
name of a file in `media`. A path names a position only past the first: the second person of a
repeat is /data/person[2]. Answers are given in the form's order, as by someone who goes through it
once; one to a question that is not shown is reported in `unasked`.

All are programs that read a line of JSON for each form (`xform`, `answers`, `media` as base64,
`language` as the form spells it or null, `properties`: deviceid, username, email, phonenumber) and
answer with a line of JSON: what `Filled` holds, or `error`.

What each needs is installed once into the project's .cache folder: about 6 s and 37 MB for Node's,
2 s for Java's. A client starts in 0.4 to 1 s and then fills a form in some 20 to 60 ms.
"""

from __future__ import annotations

import atexit
import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import pytest

from machine import lacking

HERE = Path(__file__).resolve().parent
UI = HERE.parents[1] / "ui"
CACHE = HERE.parents[1] / ".cache" / "form-clients"
INSTALL_SECONDS, FILL_SECONDS = 240, 60


@dataclass(frozen=True)
class Filled:
    """A form as a client left it. `xml` is what it would send, whether valid or not."""

    xml: str
    invalid: list[str]
    """Paths of shown questions that break a constraint or lack a required answer."""
    relevant: list[str]
    """Paths of the questions shown at the end, in the form's order."""
    labels: dict[str, str]
    choices: dict[str, dict[str, str]]
    """For each shown choice question, value to label, after choice filters."""
    attachments: dict[str, bytes]
    unasked: list[str]
    kinds: dict[str, str] = field(default_factory=dict)
    """What each shown question asks for; the light form alone tells."""


class FormClient(Protocol):
    """What tests ask of a client."""

    name: str

    def fill(
        self,
        xform: str,
        answers: Mapping[str, str],
        media: Mapping[str, bytes] | None = None,
        *,
        language: str | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> Filled: ...


class ClientError(Exception):
    """The client could not open or fill the form; the text is what it said."""


class _Process:
    """A client that is a program: started at the first form, kept for the next ones."""

    name: str
    _ready: ClassVar[_Process | None] = None

    @classmethod
    def ready(cls) -> Self:
        """This test process's client, installed and kept running; skips where it can't be had."""
        if not isinstance(cls._ready, cls):
            cls._ready = cls(cls.installed())
        return cls._ready

    @classmethod
    def installed(cls) -> list[str]:
        """The command that runs the client, once what it needs is there."""
        raise NotImplementedError

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self._running: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def fill(
        self,
        xform: str,
        answers: Mapping[str, str],
        media: Mapping[str, bytes] | None = None,
        *,
        language: str | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> Filled:
        said = self._say({
            "xform": xform,
            "answers": dict(answers),
            "media": {k: base64.b64encode(v).decode() for k, v in (media or {}).items()},
            "language": language,
            "properties": dict(properties or {}),
        })  # fmt: skip
        if "error" in said:
            raise ClientError(f"{self.name}: {said['error']}")
        files = {k: base64.b64decode(v) for k, v in said.pop("attachments").items()}
        return Filled(attachments=files, **said)

    def close(self) -> None:
        """Ends the program. The next form would start it again."""
        running, self._running = self._running, None
        if running:
            running.kill()
            running.wait()
            for stream in (running.stdin, running.stdout):
                if stream:
                    stream.close()

    def _say(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self._running is None:
            # Complaints go where pytest's own go; it shows them beside the test that failed.
            self._running = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        running = self._running
        assert running.stdin and running.stdout
        too_long = threading.Timer(FILL_SECONDS, running.kill)
        too_long.start()
        try:
            running.stdin.write(json.dumps(asked).encode() + b"\n")
            running.stdin.flush()
            line = running.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            too_long.cancel()
        if not line:
            self.close()
            raise ClientError(f"{self.name} ended, or said nothing for {FILL_SECONDS} s")
        said: dict[str, Any] = json.loads(line)
        return said


class WebFormsClient(_Process):
    """ODK Web Forms' engine, as a browser runs it."""

    name = "web-forms"

    @classmethod
    def installed(cls) -> list[str]:
        node, npm = shutil.which("node"), shutil.which("npm")
        if not (node and npm):
            lacking("no form client of the browser: node and npm (20 or newer) are not there")
        source = HERE / "node"
        files = [source / n for n in ("package.json", "package-lock.json", ".npmrc", "fill.mjs")]

        def install(folder: Path) -> None:
            for file in files:
                shutil.copy(file, folder)
            _run([npm, "ci", "--ignore-scripts", "--omit=dev"], folder)

        folder = _installed("node", files, install)
        return [node, str(folder / "fill.mjs")]


class JavaRosaClient(_Process):
    """JavaRosa, ODK Collect's engine."""

    name = "javarosa"

    @classmethod
    def installed(cls) -> list[str]:
        java, javac = shutil.which("java"), shutil.which("javac")
        if not (java and javac):
            lacking("no form client of the phone: a Java development kit (17+) is not there")
        pyxform = pytest.importorskip("pyxform")
        validator = Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"
        if not validator.is_file():
            lacking(f"no form client of the phone: this pyxform carries no {validator.name}")
        source = HERE / "java" / "Fill.java"

        def install(folder: Path) -> None:
            _run([javac, "-encoding", "UTF-8", "-cp", str(validator), "-d", str(folder),
                  str(source)], folder)  # fmt: skip

        folder = _installed("java", [source, validator], install)
        quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8"]
        classes = os.pathsep.join([str(validator), str(folder)])
        return [java, *quick, "-cp", classes, "Fill"]


class LightClient(_Process):
    """The phone's own light form; it takes lists without quotes or commas in them."""

    name = "light"

    @classmethod
    def installed(cls) -> list[str]:
        node, rolldown = shutil.which("node"), UI / "node_modules" / ".bin" / "rolldown"
        if not (node and rolldown.is_file()):
            lacking("no light form outside a page: what the pages are built with is not there")
        engine = Path(WebFormsClient.ready().command[1]).parent
        forms = UI / "src" / "parts" / "forms"
        sources = [*sorted(forms.glob("*.ts")), HERE / "node" / "light.mjs"]

        def install(folder: Path) -> None:
            _run([str(rolldown), str(forms / "light.ts"), "--format", "esm",
                  "--file", str(folder / "light.js")], UI)  # fmt: skip
            shutil.copy(HERE / "node" / "light.mjs", folder)
            (folder / "package.json").write_text('{"type": "module"}', "utf-8")
            (folder / "node_modules").symlink_to(engine / "node_modules")

        return [node, str(_installed("light", sources, install) / "light.mjs")]


CLIENTS = (WebFormsClient, JavaRosaClient)
"""Those that others wrote."""


def _installed(name: str, sources: list[Path], install: Any) -> Path:
    """The folder that `install` filled from these sources, made anew only when they change.

    Only a whole folder is ever seen under its name; one process installs, others wait.
    """
    mark = hashlib.sha256(b"".join(s.read_bytes() for s in sources)).hexdigest()[:12]
    folder = CACHE / f"{name}-{mark}"
    with _lock(name):
        if not folder.is_dir():
            for old in CACHE.glob(f"{name}-*"):
                shutil.rmtree(old, ignore_errors=True)
            half = CACHE / f"half-{name}"
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            install(half)
            half.rename(folder)
    return folder


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(
            command, cwd=folder, check=True, timeout=INSTALL_SECONDS, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        lacking(f"{Path(command[0]).name} did not finish within {INSTALL_SECONDS} s")
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip()
        if "ENOTFOUND" in said or "ECONNREFUSED" in said or "EAI_AGAIN" in said:
            lacking(f"no form client of the browser: npm reaches no registry: {said[:200]}")
        raise


@contextmanager
def _lock(name: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE.parent / ".gitignore").write_text("*\n", "utf-8")
    with (CACHE / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
