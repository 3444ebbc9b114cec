"""The documents are tested: commands run, paths and symbols exist, translations agree."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from lamplit.cli.app import COMMANDS
from processes import WHOLE

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
EXPECTED_CODE = re.compile(r"\s+# exit (\d+)$")
PATH_LIKE = re.compile(r"(src|tests|docs|bench|\.ci)/[\w./-]+")
SYMBOL = re.compile(r"lamplit(\.\w+)+")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


@dataclass(frozen=True)
class Command:
    line: str
    code: int


def commands(document: Path) -> list[Command]:
    """The `$` lines of the console blocks, with the exit code each should have (`# exit N`)."""
    found = []
    for kind, body in FENCE.findall(document.read_text("utf-8")):
        for line in body.splitlines() if kind == "console" else []:
            if line.startswith("$ "):
                code = EXPECTED_CODE.search(line)
                plain = EXPECTED_CODE.sub("", line[2:])
                found.append(Command(plain, int(code[1]) if code else 0))
    return found


def module_of(line: str) -> str:
    words = re.findall(r"\blamplit\s+([a-z][a-z-]*)", line)
    return words[0] if words else ""


WITH_COMMANDS = [name for name, path in zip(NAMES, DOCUMENTS, strict=True) if commands(path)]
TRANSLATED = {name for name in NAMES if name.endswith(".zh-Hans.md")}
"""Their commands are those of their originals, which a test below holds them to."""


@pytest.fixture
def start(request: pytest.FixtureRequest, name: str) -> str:
    """How the shell starts `lamplit` for a document; README's commands as a reader's shell does."""
    if name == "README.md":
        return shlex.join(WHOLE)
    return shlex.join(request.getfixturevalue("ready"))


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    spec = importlib.util.spec_from_file_location("sample", Path(__file__).with_name("sample.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("sample")
    module.write(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in WITH_COMMANDS if name not in TRANSLATED])
def test_every_command_of_the_document_runs(name, sample, start, tmp_path):
    for file in sample.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    shim = tmp_path / "bin" / "lamplit"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    shim.chmod(0o755)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LAMPLIT")}
    env = {**clean, "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}", "LAMPLIT_LANG": "en"}
    # One shell for the whole document, so that `cd` and `export` reach the lines below them.
    script = "".join(
        f"{c.line}\ncode=$?\n[ $code -eq {c.code} ] || "
        f"{{ echo 'line {at} of the blocks: exit '$code >&2; exit 99; }}\n"
        for at, c in enumerate(commands(ROOT / name), 1)
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_every_command_named_in_a_console_block_is_a_command(name):
    unknown = {module_of(c.line) for c in commands(ROOT / name)} - {"", *COMMANDS}
    assert unknown == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_path_leads_somewhere(name):
    document = ROOT / name
    text = FENCE.sub("", document.read_text("utf-8"))
    links = [target for target in LINK.findall(text) if "://" not in target]
    missing = [target for target in links if not (document.parent / target).exists()]
    for span in re.findall(r"`([^`\n]+)`", text):
        if PATH_LIKE.fullmatch(span) and not (ROOT / span).exists():
            missing.append(span)
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_every_symbol_named_exists(name):
    text = (ROOT / name).read_text("utf-8")
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    named = {s.removesuffix("()") for s in spans if SYMBOL.fullmatch(s.removesuffix("()"))}
    assert {symbol for symbol in named - {"lamplit.toml"} if not exists(symbol)} == set()


def exists(symbol: str) -> bool:
    parts = symbol.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("zh", sorted(TRANSLATED))
def test_a_translation_has_the_same_build_as_its_original(zh):
    chinese, english = (ROOT / n for n in (zh, zh.replace(".zh-Hans.md", ".md")))
    assert english.exists()

    def build(document: Path) -> tuple[list[int], list[tuple[str, str]], set[str]]:
        text = document.read_text("utf-8")
        levels = [len(mark) for mark in re.findall(r"^(#+) ", FENCE.sub("", text), re.M)]
        # What a command prints comes in the reader's language; what is typed is the same.
        blocks = [(kind, "" if kind == "text" else body) for kind, body in FENCE.findall(text)]
        # Pictures come in the reader's language too.
        links = {re.sub(r"\.zh-Hans(\.(?:svg|jpg|png))$", r"\1", one) for one in LINK.findall(text)}
        return levels, blocks, links - {english.name, chinese.name}

    assert build(chinese) == build(english)


def test_the_readme_is_there_in_chinese():
    assert "README.zh-Hans.md" in NAMES


@pytest.mark.parametrize("page", ["errors.md", "cli.md"])
def test_a_generated_page_is_fresh(page):
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    on_disk = (ROOT / "docs" / "reference" / page).read_text("utf-8")
    assert on_disk == module.PAGES[page](), "run `make docs`"
