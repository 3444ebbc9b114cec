"""Progress is shown to people at a terminal, and to nobody else."""

from __future__ import annotations

import io
import sys

from lamplit.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_is_silent_in_a_pipe(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress("Reading", 10) as report:
        report(5)
    assert pipe.getvalue() == ""


def test_a_terminal_sees_what_is_done_and_how_much(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("Reading [a]", 10, keep=True) as report:
        report(5, 10)
        report(10, label="Read [b]")
    assert "Read [b]" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
