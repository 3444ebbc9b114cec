"""The statements that a store's engine has compiled, shared by all engines of a test process.

A server makes one engine and keeps it; tests make one for each store, some thousand, and each would
compile every statement anew: a sixth of what the tests of the store cost.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache


class Statements(LRUCache[Any, Any]):
    """What SQLAlchemy keeps by statement and dialect; here dialects of one database are the same.

    Two SQLite engines differ in where their file is, of which a statement's text knows nothing.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_by_name(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_by_name(key), value)


def _by_name(key: Any) -> Any:
    dialect, *rest = key
    return (dialect.name, dialect.driver, *rest)


COMPILED = Statements(4000)


def sharing_engine(url: Any, **more: Any) -> Engine:
    """SQLAlchemy's `create_engine`, with what other engines have compiled."""
    engine = create_engine(url, **more)
    engine.update_execution_options(compiled_cache=COMPILED)
    return engine
