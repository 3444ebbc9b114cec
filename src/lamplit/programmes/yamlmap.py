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
from lamplit.domain.problems import programmes as problems

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
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Key, int] = {}
        data = _plain(node, (), lines, loader, path) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        reason = str(error.problem or error.context)
        raise LamplitError(problems.FILE_UNREADABLE, where=where, reason=reason) from error
    except yaml.YAMLError as error:
        raise LamplitError(problems.FILE_UNREADABLE, where=str(path), reason=str(error)) from error
    finally:
        loader.dispose()
    return Document(path, data, lines)


def _text(path: Path) -> str:
    if not path.is_file():
        raise LamplitError(problems.FILE_MISSING, where=str(path), name=path.name)
    raw = path.read_bytes()
    if len(raw) > LARGEST:
        reason = f"{len(raw)} bytes, at most {LARGEST}"
        raise LamplitError(problems.FILE_UNREADABLE, where=str(path), reason=reason)
    try:
        text = raw.decode("utf-8-sig")
        _look_over(text, path)
    except UnicodeDecodeError as error:
        raise LamplitError(problems.FILE_UNREADABLE, where=str(path), reason="not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise LamplitError(
            problems.FILE_UNREADABLE, where=where, reason=str(error.problem)
        ) from error
    except yaml.YAMLError as error:
        raise LamplitError(problems.FILE_UNREADABLE, where=str(path), reason=str(error)) from error
    return text


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
        reason = ""
        if isinstance(token, yaml.AliasToken):
            reason = f"*{token.value}: aliases are not read"
        elif depth > DEEPEST:
            reason = f"nested more than {DEEPEST} deep"
        if reason:
            where = f"{path}, line {token.start_mark.line + 1}"
            raise LamplitError(problems.FILE_UNREADABLE, where=where, reason=reason)


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
