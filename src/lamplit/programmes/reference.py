"""The reference page of packs, written from the JSON Schemas that check them.

`python -m lamplit.programmes.reference > docs/reference/programmes.md` writes it; a test holds it
fresh.
"""

from __future__ import annotations

import sys
from typing import Any

from lamplit.domain.language import Text
from lamplit.programmes import schema
from lamplit.programmes.figures import COUNTS, PREFIXES

_HEAD = """# Programmes 方案

<!-- Written by src/lamplit/programmes/reference.py from the JSON Schemas; edit those instead. -->

A programme is a folder: `pack.yaml`, a form, optional `media/`, and `scenarios/`. Packs in
`programmes/` of the home stand beside the shipped ones, or in their place where the name is the
same. 方案是一个文件夹：`pack.yaml`、表单、可选的 `media/` 和 `scenarios/`；主目录 `programmes/`
中的同名方案会替代随附方案。[Writing one in an hour](../how-to/write-a-programme.md) is the way in;
`lamplit programme schema` prints the schema for an editor.

YAML is read strictly: `yes`, `no`, `on` and `09:30` are words, a key given twice is an error,
aliases are refused, and a text that holds a comma or a colon inside braces needs quotes. Quotes
around "yes" and "no" do no harm, and keep other YAML tools in agreement.
"""

_FORM = """## The form 表单

`form.md` holds the sheets of an [XLSForm](https://xlsform.org) as Markdown tables; the first cell
of a table's head names the sheet. An `.xlsx` or `.csv` file will do as well. The form's id is
`lamplit_` and the programme's name, its version the pack's.

- `task` chooses from `tasks.csv`, which holds a person's own tasks: `name` (the task's id),
  `label`, `__version`, `programme`, `state`, `mine`, `due`, `household`, `building`, `unit`,
  `floor`, `door`, `note`, `geometry`. `households.csv` holds their homes.
- The sheet `entities` has `tasks` and `${task}`, so that a submission updates the task on the phone
  at once, also offline; a `calculate` with `save_to` `state` says to which state: `completed`,
  `failed`, `not_executable` or `in_progress`.
- Every label, hint and message has both languages. Names, numbers of people and devices are not
  asked: `programme.personal-data` refuses them.
"""

_TITLES = {
    "facts": ("enrol: when", "纳入条件"),
    "answers": ("outcome, found, findings, moves: when", "回答条件"),
    "signs": ("follow_ups, closes: when", "后续条件"),
    "course": ("done: when", "办结条件"),
}


def page() -> str:
    """The whole page as Markdown."""
    pack, scenario = schema.schema(schema.PACK), schema.schema(schema.SCENARIO)
    parts = [_HEAD, "## pack.yaml\n", *_tables(pack, "", pack), "## Conditions 条件\n", _CONDITIONS]
    for name, (en, zh) in _TITLES.items():
        parts += [f"### {en} {zh}\n", _table(pack["$defs"][name], pack)]
    parts += ["## What a board counts 看板计数\n", _counts(), _FORM]
    parts += ["## scenarios/*.yaml\n", *_tables(scenario, "", scenario)]
    parts += ["### facts of a place 地点情况\n", _table(scenario["$defs"]["facts"], scenario)]
    return "\n".join(parts).rstrip() + "\n"


_CONDITIONS = """A condition is one test, or `all:`, `any:` or `not:` over conditions. There is no
other logic, and no code.
"""


def _tables(part: dict[str, Any], path: str, root: dict[str, Any]) -> list[str]:
    """The table of an object's keys, then those of the objects inside it."""
    found = [f"### {path}\n"] if path else []
    found.append(_table(part, root))
    for name, inner in part["properties"].items():
        own = _object(inner)
        if own:
            found += _tables(own, f"{path}.{name}".strip("."), root)
    return found


def _object(part: dict[str, Any]) -> dict[str, Any] | None:
    """The object that a key holds, itself or as the entries of a list or mapping."""
    for own in (part, part.get("items"), part.get("additionalProperties")):
        if isinstance(own, dict) and "properties" in own:
            return own
    return None


def _table(part: dict[str, Any], root: dict[str, Any]) -> str:
    rows = ["| key | holds | | |", "|---|---|---|---|"]
    for name, inner in part["properties"].items():
        need = " *" if name in part.get("required", ()) else ""
        en, zh = inner.get("description", ""), inner.get("x-zh", "")
        if not en and "$ref" in inner:
            told = _referred(inner, root)
            en, zh = told["description"], told["x-zh"]
        rows.append(f"| `{name}`{need} | {_holds(inner)} | {en} | {zh} |")
    return "\n".join(rows) + "\n"


def _referred(inner: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = root["$defs"][inner["$ref"].rsplit("/", 1)[1]]
    return told


def _holds(part: dict[str, Any]) -> str:
    """What a key holds, in a few words."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[1]
        return {"text": "en, zh", "holders": "holder"}.get(name, "condition")
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    if "then" in part:
        return "one or a list of " + ", ".join(f"`{value}`" for value in part["then"]["enum"])
    return _typed(part)


def _typed(part: dict[str, Any]) -> str:
    kind = part.get("type", "")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind in ("number", "integer") and "minimum" in part:
        return f"{kind}, {part['minimum']} to {part['maximum']}"
    if kind == "array":
        return f"list of {_holds(part['items'])}"
    return str(kind)


def _counts() -> str:
    rows = ["| count | | |", "|---|---|---|"]
    rows += [f"| `{name}` | {told.en} | {told.zh} |" for name, told in COUNTS.items()]
    own = Text("a code of the pack", "方案内的代码")
    for prefix, values in PREFIXES.items():
        shown = ", ".join(f"`{value}`" for value in values) or own.en
        rows.append(f"| `{prefix}:…` | {shown} | {'' if values else own.zh} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
