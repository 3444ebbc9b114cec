"""Who may use a route, declared beside it.

Services judge by place and day; what stands here says what a caller must bring to be judged at
all, and what the tests over all routes hold the services to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from lamplit.domain.abilities import Ability
from lamplit.domain.language import Text

Who = Literal["anyone", "signed_in", "able", "machine"]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Access:
    """A route's rule.

    `anyone`: no account needed. `signed_in`: any account, and only what is its own. `able`: one
    of `abilities`, at the place that the request is about (`where` says which). `machine`: from
    loopback or with the metrics token. `scope` is the scope that a token needs.
    """

    who: Who
    abilities: tuple[Ability, ...] = ()
    where: str = ""
    scope: str = "api"
    first: bool = False

    def say(self) -> str:
        """The rule in a line, for the API's reference."""
        if self.who != "able":
            return self.who
        return f"{' | '.join(a.value for a in self.abilities)} at {self.where}"


ANYONE = Access("anyone")
SIGNED_IN = Access("signed_in")
SIGNED_IN_FIRST = Access("signed_in", first=True)
MACHINE = Access("machine")


def able(*abilities: Ability, where: str, scope: str = "api") -> Access:
    """Whoever has one of `abilities` at the place that `where` describes."""
    return Access("able", abilities, where, scope)


@dataclass(frozen=True, slots=True)
class Declared:
    """What `rule` hangs on an endpoint."""

    access: Access
    says: Text


def rule(access: Access, en: str, zh: str) -> Callable[[Endpoint], Endpoint]:
    """Declare an endpoint's access and its summary in both languages.

    A route of an endpoint without it refuses to be made (`lamplit.web.routing.Route`).
    """

    def hang(endpoint: Endpoint) -> Endpoint:
        endpoint.declared = Declared(access, Text(en, zh))  # type: ignore[attr-defined]
        return endpoint

    return hang


def declared_on(endpoint: Callable[..., Any]) -> Declared:
    """What was declared on an endpoint; TypeError where nothing was."""
    found = getattr(endpoint, "declared", None)
    if not isinstance(found, Declared):
        raise TypeError(f"{endpoint.__module__}.{endpoint.__name__} declares no access rule")
    return found
