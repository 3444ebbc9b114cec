"""What every table is made of: the metadata, and columns that recur."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key() -> Column[str]:
    """The primary key: a UUIDv4."""
    return Column("id", Text, primary_key=True)


def ref(name: str, target: str, *, required: bool = False) -> Column[str]:
    """A reference to another table's `id`."""
    return Column(name, Text, ForeignKey(f"{target}.id"), nullable=not required)


def version() -> Column[int]:
    """Grows by one with each change, and guards it."""
    return Column("version", Integer, nullable=False, server_default=text("1"))


def need(name: str, kind: Any = Text) -> Column[Any]:
    """A column that is never NULL."""
    return Column(name, kind, nullable=False)


def flag(name: str) -> Column[bool]:
    """Yes or no, and no unless said."""
    return Column(name, Boolean, nullable=False, server_default=text("false"))
