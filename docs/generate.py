"""Writes the pages of docs/reference that are drawn from the code: errors.md and cli.md.

`python docs/generate.py` writes them; tests/docs holds them fresh.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamplit.domain.errors import Problem

REFERENCE = Path(__file__).resolve().parent / "reference"

_WRITTEN = "<!-- Written by docs/generate.py; run `make docs` rather than edit it. -->\n"

_TREE = """
import json, sys
from typer.main import get_command
from lamplit.cli.app import build

def told(command, path):
    parts = []
    for p in command.params:
        if p.name == "help" or "completion" in (p.name or ""):
            continue
        kind = "argument" if p.param_type_name == "argument" else "option"
        names = p.opts + p.secondary_opts if kind == "option" else [p.metavar or p.name.upper()]
        default = p.default
        silent = default in (None, False, True, (), []) or callable(default)
        shown = None if silent else str(default)
        flag = kind == "option" and p.is_flag
        parts.append({
            "kind": kind, "names": names, "required": p.required, "default": shown,
            "metavar": None if flag else p.metavar, "env": p.envvar, "help": p.help or "",
        })
    subs = getattr(command, "commands", {})
    return {
        "path": path, "help": command.help or "", "params": parts,
        "commands": [told(c, [*path, n]) for n, c in subs.items()],
    }

json.dump(told(get_command(build()), ["lamplit"]), sys.stdout)
"""


def errors_page() -> str:
    """The reference of every problem, by code."""
    from lamplit.domain.problems import catalogue

    lines = [
        "# Problems 问题一览",
        "",
        _WRITTEN,
        "Each problem is printed once on stderr as `[code] where: what` and its remedy, or as JSON",
        "with `--json`; `{…}` stands for what was found.",
        "每个问题只显示一次；`{…}` 处填入实际内容。",
        "",
    ]
    room = ""
    for code, problem in sorted(catalogue().items()):
        if code.split(".")[0] != room:
            room = code.split(".")[0]
            lines += [f"## {room}", ""]
        lines += [
            f"### {code}",
            "",
            f"- {problem.says.en} {problem.remedy.en}",
            f"- {problem.says.zh}{problem.remedy.zh}",
            *_on_pages(problem),
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _on_pages(problem: Problem) -> list[str]:
    """What pages say instead of the remedy, where that names a command."""
    if problem.on_pages is None:
        return []
    return [f"- On pages: {problem.on_pages.en}", f"- 页面上：{problem.on_pages.zh}"]


def cli_page() -> str:
    """The reference of every command, in both languages."""
    lines = [
        "# Commands 命令一览",
        "",
        _WRITTEN,
        "Exit codes 退出码: 0 done 完成; 1 a problem with a code 出错（附代码）; 2 wrong usage "
        "用法有误; 3 nothing usable in the input, or a part refused 无可用输入或部分被拒; "
        "130 interrupted 已中断.",
        "",
    ]
    lines += _command(_tree("en"), _tree("zh"))
    return "\n".join(lines).rstrip() + "\n"


def _tree(language: str) -> dict[str, Any]:
    """The commands as one process of that language has them."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LAMPLIT")}
    done = subprocess.run(
        [sys.executable, "-c", _TREE],
        env={**clean, "LAMPLIT_LANG": language},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree


def _command(en: dict[str, Any], zh: dict[str, Any]) -> list[str]:
    usage = " ".join([*en["path"], *(_placeholder(p) for p in en["params"])])
    lines = [f"{'#' * (len(en['path']) + 1)} {' '.join(en['path'])}", ""]
    lines += [en["help"].strip(), "", zh["help"].strip(), ""]
    if not en["commands"]:
        lines += ["```text", usage.replace("  ", " "), "```", ""]
    pairs = list(zip(en["params"], zh["params"], strict=True))
    if pairs:
        lines += ["| | | |", "|---|---|---|"]
        lines += [_row(mine, yours) for mine, yours in pairs] + [""]
    for mine, yours in zip(en["commands"], zh["commands"], strict=True):
        lines += _command(mine, yours)
    return lines


def _placeholder(param: dict[str, Any]) -> str:
    if param["kind"] == "option":
        named = f"{param['names'][0]} {param['metavar'] or ''}".strip()
        return named if param["required"] else f"[{named}]"
    return str(param["names"][0]) if param["required"] else f"[{param['names'][0]}]"


def _row(en: dict[str, Any], zh: dict[str, Any]) -> str:
    names = ", ".join(f"`{name}`" for name in en["names"])
    metavar = f" `{en['metavar']}`" if en["kind"] == "option" and en["metavar"] else ""
    extra = [f"default `{en['default']}`"] if en["default"] else []
    env = en["env"] if isinstance(en["env"], str | None) else ", ".join(en["env"])
    extra += [f"or `{env}`"] if env else []
    more = f" ({'; '.join(extra)})" if extra else ""
    cells = [f"{names}{metavar}", en["help"] + more, zh["help"]]
    return "| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in cells) + " |"


PAGES = {"errors.md": errors_page, "cli.md": cli_page}


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), "utf-8")
        sys.stdout.write(f"{REFERENCE / name}\n")
