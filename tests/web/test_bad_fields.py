"""A request that is not as it should be is told field by field, in the reader's own language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from people_world import World, build
from pydantic_core import PydanticCustomError, PydanticKnownError
from starlette.testclient import TestClient

from lamplit.domain.problems import fields
from lamplit.services.field.access import tokens
from lamplit.services.field.office import Office
from lamplit.web import faults
from lamplit.web.app import create_app, routers
from lamplit.web.routing import Route

API = "/api/v1"
HAN = re.compile(r"[\u4e00-\u9fff]")
DAY = ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact")
RAISES: dict[str, tuple[str, ...]] = {
    "str": ("string_type", "string_unicode"),
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "float": ("float_type", "float_parsing", "finite_number"),
    "bool": ("bool_type", "bool_parsing"),
    "date": DAY,
    "datetime": (
        "datetime_type", "datetime_parsing", "datetime_object_invalid",
        "datetime_from_date_parsing",
    ),
    "literal": ("literal_error",),
    "enum": ("enum",),
    "list": ("list_type",),
    "tuple": ("tuple_type",),
    "dict": ("dict_type",),
    "model": ("model_type", "model_attributes_type"),
    "function-before": ("value_error", "assertion_error"),
    "function-after": ("value_error", "assertion_error"),
    "function-plain": ("value_error", "assertion_error"),
    # These hold others, and find no fault themselves.
    "model-fields": (), "model-field": (), "nullable": (), "default": (), "union": (), "any": (),
    "no-info": (), "with-info": (),
}  # fmt: skip
"""The errors of each kind of schema, by pydantic's core schemas."""
BOUNDS = {
    "gt": "greater_than", "ge": "greater_than_equal", "lt": "less_than", "le": "less_than_equal",
    "multiple_of": "multiple_of", "pattern": "string_pattern_mismatch",
}  # fmt: skip
SAMPLE: dict[str, Any] = {
    "gt": 1, "ge": 1, "lt": 1, "le": 1, "min_length": 1, "max_length": 200, "actual_length": 0,
    "field_type": "List", "pattern": "^a$", "expected": "'a' or 'b'", "error": "an English word",
    "class_name": "Thing", "encoding": "utf-8", "object": "x",
}  # fmt: skip


@pytest.fixture
def client(office: Office) -> TestClient:
    world: World = build(office)
    token = tokens.issue(office, world.actor("leader"), "P-leader", "test", "api")
    return TestClient(create_app(office), headers={"Authorization": f"Bearer {token.secret}"})


def schemas() -> Iterator[Mapping[str, Any]]:
    """Every schema, however deep, by which a route reads a request."""
    waiting: list[Any] = []
    dependants = [
        one.dependant for router in routers() for one in router.routes if isinstance(one, Route)
    ]
    for one in dependants:
        dependants += one.dependencies
        for params in (one.path_params, one.query_params, one.header_params, one.cookie_params):
            waiting += [field._type_adapter.core_schema for field in params]
        waiting += [field._type_adapter.core_schema for field in one.body_params]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            waiting += [v for k, v in one.items() if k not in ("metadata", "serialization")]
            if isinstance(one.get("type"), str):
                yield one
        elif isinstance(one, list | tuple):
            waiting += one


def errors_of(schema: Mapping[str, Any]) -> set[str]:
    kind = schema["type"]
    assert kind in RAISES, f"a schema of a kind that this test does not know: {kind}"
    found = {*RAISES[kind], *(BOUNDS[name] for name in BOUNDS if schema.get(name) is not None)}
    for name, text, entries in (
        ("min_length", "string_too_short", "too_short"),
        ("max_length", "string_too_long", "too_long"),
    ):
        if schema.get(name) is not None:
            found.add(text if kind == "str" else entries)
    if kind == "model" and schema["config"].get("extra_fields_behavior") == "forbid":
        found.add("extra_forbidden")
    if schema.get("tz_constraint") == "aware":
        found.add("timezone_aware")
    return found


@pytest.fixture(scope="module")
def raised() -> set[str]:
    found = {error for one in schemas() for error in errors_of(one)}
    # Of FastAPI itself: a field that is not there, and a body that is no JSON.
    return found | {"missing", "json_invalid"}


def rule_of(kind: str) -> dict[str, Any]:
    """What pydantic says of the rule beside an error of a kind."""
    try:
        return dict(PydanticKnownError(kind, SAMPLE).context or {})  # type: ignore[arg-type]
    except KeyError:
        return {}


def test_every_error_that_a_request_can_raise_has_words_in_both_languages(raised: set[str]) -> None:
    assert {"extra_forbidden", "string_too_long", "enum", "timezone_aware"} <= raised
    assert sorted(raised - set(fields.SAYS)) == []
    for kind in sorted(raised):
        said = faults.told([{"type": kind, "loc": ("body", "x"), "ctx": rule_of(kind)}])
        assert said.en.startswith("`body.x` ")
        assert not HAN.search(said.en)
        assert HAN.search(said.zh), kind
        assert "an English word" not in said.en + said.zh


def test_every_check_of_our_own_has_words() -> None:
    for one in fields.OWN:
        met = faults.wrong(one)
        assert isinstance(met, PydanticCustomError)
        assert fields.SAYS[met.type] is one.says


def test_what_has_no_words_is_told_plainly_and_with_its_place() -> None:
    said = faults.told([{"type": "url_parsing", "loc": ("query", "at"), "ctx": {"error": "no"}}])
    assert (said.en, said.zh) == ("`query.at` is not as it should be", "`query.at` 不符合要求")


def test_a_field_is_told_once_and_five_at_most() -> None:
    twice = [{"type": "int_parsing", "loc": ("body", f"f{n // 2}")} for n in range(20)]
    said = faults.told(twice).en.split("; ")
    assert said == [f"`body.f{n}` is no whole number" for n in range(5)]


GIVE = {"person": "P-volunteer", "task_ids": ["t"]}
DAY_OR_INSTANT = fields.DAY_OR_INSTANT.says
CAMPAIGN = {"code": "X", "programme": "household_sweep", "place": "C1",
            "name": {"en": "x", "zh": "x"}, "purpose": "epidemic_support"}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "sent", "en", "zh"),
    [
        ("POST", "/assigned-tasks", {}, "`body.person` is missing", "`body.person` 缺失"),
        ("POST", "/assigned-tasks", {**GIVE, "who": "x"},
         "`body.who` is not known here", "`body.who` 不是此处认识的字段"),
        ("POST", "/assigned-tasks", {**GIVE, "task_ids": "t"},
         "`body.task_ids` is no list", "`body.task_ids` 不是列表"),
        ("POST", "/assigned-tasks", {**GIVE, "task_ids": [""]},
         "`body.task_ids.0` is shorter than 1 characters", "`body.task_ids.0` 少于 1 个字符"),
        ("POST", "/assigned-tasks", {**GIVE, "person": "x" * 201},
         "`body.person` is longer than 200 characters", "`body.person` 超过 200 个字符"),
        ("POST", "/assigned-tasks", {**GIVE, "taken_too": "perhaps"},
         "`body.taken_too` is neither true nor false", "`body.taken_too` 不是 true 或 false"),
        ("POST", "/assigned-tasks", {**GIVE, "note": "a\x00b"},
         "`body` holds a NUL character", "`body` 含有空字符（NUL）"),
        ("POST", "/campaigns", {**CAMPAIGN, "deadline": "soon"},
         f"`body.deadline` {DAY_OR_INSTANT.en}", f"`body.deadline` {DAY_OR_INSTANT.zh}"),
        ("POST", "/campaigns", {**CAMPAIGN, "deadline": "2020-13-40"},
         f"`body.deadline` {DAY_OR_INSTANT.en}", f"`body.deadline` {DAY_OR_INSTANT.zh}"),
        ("POST", "/findings/f/state", {"to": "gone"},
         "`body.to` is none of 'open', 'in_hand', 'resolved', 'verified', 'dismissed'",
         "`body.to` 不是以下各项之一：'open', 'in_hand', 'resolved', 'verified', 'dismissed'"),
        ("GET", "/me/tasks", {"limit": "0"}, "`query.limit` is less than 1",
         "`query.limit` 应不小于 1"),
        ("GET", "/me/tasks", {"limit": "many"}, "`query.limit` is no whole number",
         "`query.limit` 不是整数"),
        ("GET", "/places/C1/check-ins", {"first": "2020-02-30", "last": "2020-03-01"},
         "`query.first` is no day like 2020-03-01", "`query.first` 不是 2020-03-01 这样的日期"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_language_of_who_asks(
    client: TestClient, method: str, path: str, sent: dict[str, Any], en: str, zh: str
) -> None:
    how = {"params": sent} if method == "GET" else {"json": sent}
    for language, title in (
        ("en", f"The request can't be read: {en}."),
        ("zh-Hans", f"无法读取请求：{zh}。"),
    ):
        met = client.request(method, API + path, headers={"Accept-Language": language}, **how)
        assert (met.status_code, met.json()["code"]) == (422, "web.bad-request")
        assert met.json()["title"] == title
