"""YAML read strictly, and where each value stood: the line behind every complaint.

YAML's older habits are left out on purpose: `no` and `on` stay words, `09:00` is no number, and
aliases (with which a short file can unfold into gigabytes) are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lamplit.domain.errors import LamplitError
from lamplit.domain.language import Text
from lamplit.domain.problems import programmes as problems
from lamplit.programmes.said import Said, said

LARGEST = 1_000_000
"""Bytes of the largest pack or scenario file that is read."""

DEEPEST = 40
"""How deep a file may nest."""

Key = tuple[str | int, ...]
"""The way to a value: `("cadence", 0, "every")`."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its plain data, and the line (from 1) at which each value stands."""

    path: Path
    data: Any
    lines: dict[Key, int] = field(repr=False)

    def where(self, key: Key = ()) -> str:
        """`pack.yaml, line 12, cadence[0].every`: the nearest known line of a key."""
        line, cut = 1, key
        while cut or key:
            if cut in self.lines:
                line = self.lines[cut]
                break
            if not cut:
                break
            cut = cut[:-1]
        place = f"{self.path}, line {line}"
        return f"{place}, {dotted(key)}" if key else place


def dotted(key: Key) -> str:
    """A key as people write it: `cadence[0].every`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


class _Loader(yaml.SafeLoader):
    """The safe loader with YAML 1.2's few plain types: true/false, null, numbers."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:null|~|)$", "n~\0"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?[0-9]+\.[0-9]+$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(_pattern),
        ["" if letter == "\0" else letter for letter in _first],
    )


def read(path: Path) -> Document:
    """The YAML file at `path`, with the lines of its values.

    Raises LamplitError `programme.file-missing`, `programme.file-unreadable` or
    `programme.key-twice`.
    """
    text = _text(path)
    lines: dict[Key, int] = {}
    try:
        _look_over(text, path)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            data = _plain(node, (), lines, loader, path) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = str(error.problem or error.context)
        raise _unreadable(
            path, Said(Text(reason, reason)), mark.line + 1 if mark else None
        ) from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise _unreadable(path, Said(Text(reason, reason))) from error
    return Document(path, data, lines)


def _unreadable(path: Path, reason: Said, line: int | None = None) -> LamplitError:
    where = f"{path}, line {line}" if line else str(path)
    return LamplitError(problems.FILE_UNREADABLE, where=where, reason=reason)


def _text(path: Path) -> str:
    if not path.is_file():
        raise LamplitError(problems.FILE_MISSING, where=str(path), name=path.name)
    raw = path.read_bytes()
    if len(raw) > LARGEST:
        much = said(f"{len(raw)} bytes are too many", f"文件过大（{len(raw)} 字节）")
        raise _unreadable(path, much)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        other = said("it is not in UTF-8: save it so", "编码不是 UTF-8，请另存为 UTF-8")
        raise _unreadable(path, other, line) from error


_OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


def _look_over(text: str, path: Path) -> None:
    """Refuse aliases and deep nesting before anything is composed, where they would do harm."""
    depth = 0
    for token in yaml.scan(text, Loader=_Loader):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        line = token.start_mark.line + 1
        if isinstance(token, yaml.AliasToken):
            name = token.value
            no_alias = said(f"*{name}: aliases are not read", f"*{name}：不支持别名")
            raise _unreadable(path, no_alias, line)
        if depth > DEEPEST:
            deep = said(f"it nests over {DEEPEST} deep", f"嵌套超过 {DEEPEST} 层")
            raise _unreadable(path, deep, line)


def _plain(node: yaml.Node, key: Key, lines: dict[Key, int], loader: _Loader, path: Path) -> Any:
    """The node as dicts, lists and scalars; `lines` is filled in on the way."""
    lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(v, (*key, at), lines, loader, path) for at, v in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, key, lines, loader, path)
    return loader.construct_object(node)


def _mapping(
    node: yaml.MappingNode, key: Key, lines: dict[Key, int], loader: _Loader, path: Path
) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name_node, value_node in node.value:
        name = str(name_node.value)
        at = name_node.start_mark.line + 1
        if name in plain:
            first = lines[(*key, name)]
            where = f"{path}, line {at}, {dotted((*key, name))}"
            raise LamplitError(problems.KEY_TWICE, where=where, key=name, first=first)
        lines[(*key, name)] = at
        plain[name] = _plain(value_node, (*key, name), lines, loader, path)
    return plain
