"""A small company of named people, built through actions.

Mei is the administrator. Han manages the east; Li and Wang sell there, Zhao in the west. Guest
reads only. Each of the sellers has a customer.
"""

from dataclasses import dataclass

from zhike.access import actions as access
from zhike.access.queries import viewer_of
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.actions import create_customer
from zhike.customers.models import Party

PASSWORD = "green-tea-2026"


@dataclass(frozen=True)
class Cast:
    mei: Viewer
    han: Viewer
    li: Viewer
    wang: Viewer
    zhao: Viewer
    guest: Viewer
    yunqi: Party  # a tea house, Li's
    lin: Party  # a shop, Wang's
    chen: Party  # a person, Zhao's


def build_cast() -> Cast:
    company = access.create_team(SYSTEM, name="Company")
    east = access.create_team(SYSTEM, name="East", parent_id=company.pk)
    west = access.create_team(SYSTEM, name="West", parent_id=company.pk)
    mei = _user("Mei", "administrator", "all", company)
    han = _user("Han", "manager", "below", company)
    li = _user("Li", "staff", "own", east)
    wang = _user("Wang", "staff", "team", east)
    zhao = _user("Zhao", "staff", "own", west)
    guest = _user("Guest", "read_only", "all", None)
    yunqi = create_customer(
        {"name": "杭州云栖茶舍", "kind": "company", "city": "杭州", "phones": "138 0013 8821",
         "emails": "tea@yunqi.example", "tags": ["茶馆", "礼盒"], "code": "C001"},
        viewer=li,
    )  # fmt: skip
    lin = create_customer(
        {"name": "Lin & Sons Gifts", "kind": "company", "city": "上海"}, viewer=wang
    )
    chen = create_customer({"name": "陈嘉怡", "city": "成都", "phones": "13912345678"}, viewer=zhao)
    return Cast(mei, han, li, wang, zhao, guest, yunqi, lin, chen)


def _user(name: str, role: str, sight: str, team) -> Viewer:
    user = access.create_user(
        SYSTEM,
        email=f"{name.lower()}@teahouse.example",
        name=name,
        role=role,
        sight=sight,
        team_id=team.pk if team else None,
        password=PASSWORD,
    )
    return viewer_of(user)
