"""What goes from one person to another when an assignment does: their open tasks there."""

from __future__ import annotations

import importlib
import importlib.util

from lamplit.services.field.office import Transaction


def on_handover(tx: Transaction, from_id: str, to_id: str | None, place_id: str) -> None:
    """Give the open tasks that one person owns in a place to another; to nobody where None."""
    name = "lamplit.services.field.tasks"
    if importlib.util.find_spec(name):
        importlib.import_module(name).move_owner(tx, from_id, to_id, place_id)
