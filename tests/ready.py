"""Processes of `lamplit` that begin with the libraries loaded, which is most of what a start costs.

    python ready.py serve SOCKET        loads the libraries, says "ready", forks for each caller
    python ready.py call SOCKET WORDS…  runs `lamplit WORDS…` in such a fork

A fork has the caller's folder, environment and open files, and gives its exit code. What it runs of
lamplit itself it loads anew: only what others wrote is there before.

With LAMPLIT_WHOLE set in the environment of tests, every command starts an interpreter of its own.
"""

import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys

LIBRARIES = (
    "alembic.command", "alembic.config", "argon2", "duckdb", "fastapi", "jsonschema", "lxml.etree",
    "markdown_it", "numpy", "openpyxl", "ortools.constraint_solver.pywrapcp", "pyarrow.compute",
    "pyarrow.csv", "pyarrow.parquet", "pydantic", "pyxform.xls2xform", "reportlab.pdfgen.canvas",
    "rich.console", "rich.markdown", "rich.progress", "rich.table", "sqlalchemy",
    "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "typer.rich_utils",
    "typer._adapters", "xlsxwriter", "yaml",
)  # fmt: skip
LENGTH = struct.Struct("!I")


def call(address: str, words: list[str]) -> int:
    """Run a command in a fork of the server's, with this process's own open files."""
    # No pathlib: to load it takes longer than to call.
    folder = os.getcwd()  # noqa: PTH109
    asked = json.dumps({"words": words, "folder": folder, "env": dict(os.environ)}).encode()
    with socket.socket(socket.AF_UNIX) as to:
        to.connect(address)
        socket.send_fds(to, [LENGTH.pack(len(asked))], [0, 1, 2])
        to.sendall(asked)
        return LENGTH.unpack(to.recv(LENGTH.size, socket.MSG_WAITALL))[0]


def serve(address: str) -> None:
    """Fork for each caller until this process is ended."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert "lamplit" not in sys.modules
    gc.freeze()  # so that no fork copies what is here only to look for garbage in it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    with socket.create_server(address, family=socket.AF_UNIX) as listening:
        print("ready", flush=True)
        while True:
            caller, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                break
            caller.close()
    _answer(caller)


def _answer(caller: socket.socket) -> None:
    """Run what a caller asks for in one more fork, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, files, _, _ = socket.recv_fds(caller, LENGTH.size, 3)
    asked = json.loads(caller.recv(LENGTH.unpack(head)[0], socket.MSG_WAITALL))
    worker = os.fork()
    if worker:
        code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        caller.sendall(LENGTH.pack(code if code >= 0 else 128 - code))
        return
    caller.close()
    for at, file in enumerate(files):
        os.dup2(file, at)
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["lamplit", *asked["words"]]
    importlib.import_module("lamplit.cli.app").main()


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "call":
        sys.exit(call(where, rest))
    serve(where)
