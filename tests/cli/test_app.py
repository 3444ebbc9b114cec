"""Each failure is one clear message with a code, and the exit code that a script expects."""

from __future__ import annotations

import errno
import json

import pytest

from lamplit.cli import app
from lamplit.cli.app import known_fault, run


def test_a_problem_is_told_once_with_code_what_where_and_remedy(lamplit):
    said = lamplit("registry", "stats", "--home", "nowhere")
    assert said.code == 1
    assert said.out == ""
    assert said.err.count("home.not-found") == 1
    assert "nowhere: there is no lamplit home here." in said.err
    assert "lamplit init nowhere" in said.err


def test_a_problem_is_told_in_chinese_to_a_chinese_reader(lamplit):
    said = lamplit("registry", "stats", env={"LAMPLIT_LANG": "", "LC_ALL": "zh_CN.UTF-8"})
    assert "此处没有 lamplit 主目录" in said.err


def test_a_problem_is_json_on_stderr_when_json_was_asked_for(lamplit):
    said = lamplit("registry", "stats", "--json")
    assert said.out == ""
    error = json.loads(said.err)["error"]
    assert error["code"] == "home.not-found"
    assert error["where"] == "lamplit-home"
    assert error["remedy"]


def test_wrong_usage_is_2(lamplit):
    assert lamplit("sweeep").code == 2
    assert lamplit("registry", "import").code == 2


def test_no_arguments_show_the_help(lamplit):
    said = lamplit()
    assert "init" in said.out + said.err


def test_help_is_in_the_readers_language(lamplit):
    assert "新建主目录" in lamplit("--help", env={"LAMPLIT_LANG": "zh"}).out
    assert "Make a home folder" in lamplit("--help").out


def test_the_language_of_the_home_speaks_where_lamplit_lang_does_not(lamplit, tmp_path):
    lamplit("init", "h")
    settings = tmp_path / "h" / "lamplit.toml"
    settings.write_text(settings.read_text("utf-8").replace('"auto"', '"zh"'), "utf-8")
    plain = {"LAMPLIT_LANG": "", "LC_ALL": "C.UTF-8"}
    assert "台账为空" in lamplit("registry", "stats", "--home", "h", env=plain).err
    assert "is empty" in lamplit("registry", "stats", "--home", "h").err


def test_version(lamplit):
    assert lamplit("--version").out.startswith("lamplit 0.")


def test_colour_is_off_when_no_color_says_so(lamplit):
    forced = {"FORCE_COLOR": "1"}
    assert "\x1b[1;31m" in lamplit("registry", "stats", env=forced).err
    assert "\x1b[1;31m" not in lamplit("registry", "stats", env={**forced, "NO_COLOR": "1"}).err


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "home.disk-full"),
        (RuntimeError("IO Error: write failed: No space left on device"), "home.disk-full"),
        (PermissionError(errno.EACCES, "Permission denied", "lake"), "home.no-permission"),
        (FileNotFoundError(errno.ENOENT, "No such file", "x.csv"), "home.no-such-file"),
        (MemoryError(), "home.out-of-memory"),
    ],
)
def test_a_fault_of_the_system_has_a_code_of_its_own(fault, code):
    problem = known_fault(fault)
    assert problem is not None
    assert problem.code == code
    assert problem.describe("zh")


def test_an_unknown_fault_is_short_and_says_how_to_report(monkeypatch, capsys):
    def broken():
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(app, "build", broken)
    assert run(["registry"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: of all things" in said
    assert "LAMPLIT_DEBUG=1" in said
    assert "Traceback" not in said

    monkeypatch.setenv("LAMPLIT_DEBUG", "1")
    run(["registry"])
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_130(monkeypatch):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "build", stopped)
    assert run(["registry"]) == 130
