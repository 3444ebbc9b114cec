"""What this is, for whoever opens the pages: a demo says so, and whom to sign in as."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from lamplit.services import demo_mark
from lamplit.services.demo_mark import DemoAccount
from lamplit.services.field.access import oidc
from lamplit.services.field.office import SYSTEM
from lamplit.web.access import ANYONE, rule
from lamplit.web.auth import TheOffice
from lamplit.web.routing import Router

router = Router(tags=["about"])


class Demo(BaseModel):
    """A demo's home: nobody in it exists. `age`: days since its story broke off."""

    until: date
    age: int
    accounts: list[DemoAccount]


class About(BaseModel):
    """`demo` is there where the home is a demo's, which is served on loopback only.

    `directory`: one may sign in through a company's directory.
    """

    timezone: str
    directory: bool
    demo: Demo | None


@router.get("/about")
@rule(ANYONE, "What this is: a demo says so", "本系统说明：演示会注明")
def about(office: TheOffice) -> About:
    """A demo names its accounts with their passwords."""
    mark = demo_mark.read(office.home)
    zone, directory = office.home.timezone, oidc.is_on(office)
    if mark is None:
        return About(timezone=zone, directory=directory, demo=None)
    with office.read(SYSTEM) as tx:
        age = max(mark.age(tx.today), 0)
    demo = Demo(until=mark.until, age=age, accounts=list(mark.accounts))
    return About(timezone=zone, directory=directory, demo=demo)
