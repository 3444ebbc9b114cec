"""How a campaign enrolls, and whether its people knock before they are told (decision 0016).

Where chance enrolls some doors beside those that the meters point to, whoever goes there must not
know which is which: they would try the one harder than the other, and the labels would say how
hard people tried instead of how right the list was. So in such a campaign nothing that the meters
say of a door is told before the door is settled, of any door.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from lamplit.domain.errors import LamplitError
from lamplit.programmes.conditions import terms
from lamplit.programmes.pack import Pack, Way
from lamplit.services.field.office import Office
from lamplit.services.field.packs import pack_of


def way_of(pack: Pack, parameters: Mapping[str, Any]) -> Way:
    """The way of enrolling that a campaign chose, with its own random share where it has one."""
    way = pack.way(parameters.get("way", ""))
    if "random_share" in parameters:
        way = dataclasses.replace(way, random_share=float(parameters["random_share"]))
    return way


def reads_meters(pack: Pack, way: Way) -> bool:
    """Whether a way asks what the meters say."""
    names = {term.name for term in terms(way.when)}
    return bool(names & {"state", "event"}) or any(c.every == "signal" for c in pack.cadence)


def knock_first(office: Office, campaign: Any) -> bool:
    """Whether a campaign (a row with `programme` and `parameters`) tells nothing before a door is
    settled: where some of its doors may have been drawn by chance.

    Where the pack can't be read any more it is so: what was drawn is drawn.
    """
    try:
        pack = pack_of(office, campaign.programme)
        return way_of(pack, campaign.parameters or {}).random_share > 0
    except (LamplitError, KeyError):
        return True
