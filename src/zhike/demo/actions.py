"""Filling an empty base with the demo company."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.actions import create_team, create_user
from zhike.access.queries import team_names, user_ids_by_word, viewer_by_id
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.facts import CUSTOMER
from zhike.demo.bulk import analyse, bare_tables
from zhike.demo.consents import write_consents
from zhike.demo.disputes import write_disputes
from zhike.demo.places import TEAMS
from zhike.demo.pools import ensure_assignment_rules, ensure_pools
from zhike.demo.second_files import draw_second_files
from zhike.demo.simulation import DAY, simulate
from zhike.demo.staff import COLLEAGUES, COMPANY, DOMAIN
from zhike.demo.viewings import write_viewings
from zhike.demo.writing import TABLES, Desk, Report, write_world
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.records.actions import open_batch, set_firm
from zhike.records.queries import firm

FEWEST_CUSTOMERS, MOST_CUSTOMERS = 200, 1_000_000
# From here on indexes are built at the end, for which the tables are closed to everybody else.
MANY_CUSTOMERS = 50_000
DEMO = replace(SYSTEM, source="demo")
# Second files have chances of their own: with or without them the company is the same.
SECOND_FILES = 2
MOST_DUPLICATES = 0.5
LOAD_LOCK = 0x64656D6F  # "demo"


def check_size(customers: int) -> None:
    """Raises Invalid for a company that is too small to show anything or too large to make."""
    if not FEWEST_CUSTOMERS <= customers <= MOST_CUSTOMERS:
        message = _("A demo company has from %(fewest)s to %(most)s customers.") % {
            "fewest": f"{FEWEST_CUSTOMERS:,}",
            "most": f"{MOST_CUSTOMERS:,}",
        }
        raise Invalid.field("customers", "out_of_range", message)


def load_demo(
    customers: int = 5_000,
    seed: int = 1,
    report: Report | None = None,
    *,
    until: date | None = None,
    duplicates: float = 0,
) -> bool:
    """Fills the base with a simulated company; False, and nothing done, where there are customers.

    `duplicates` is the share of customers who are on file twice (see `second_files`).
    History ends with the day before `until` (default: today). One transaction, whatever the size:
    a load that is killed leaves nothing and is simply run again.
    """
    check_size(customers)
    if not 0 <= duplicates <= MOST_DUPLICATES:
        message = _("The share of duplicates lies between 0 and 0.5.")
        raise Invalid.field("duplicates", "out_of_range", message)
    with transaction.atomic():
        _wait_for_others()
        if CUSTOMER.model._default_manager.exists():
            return False
        world = simulate(customers, seed, until or clock.today())
        set_firm(DEMO, name=firm().name or COMPANY, currency="CNY")
        teams = _teams()
        sellers = _sellers(teams)
        pools = ensure_pools(teams, _managers(), DEMO)
        ensure_assignment_rules(teams, DEMO)
        batch = open_batch(DEMO, kind="demo", label=_("Demo company"))
        second = draw_second_files(
            np.random.default_rng([seed, SECOND_FILES]),
            world.profiles,
            world.arrived,
            clock.day_number(world.until) * DAY,
            duplicates,
        )
        desk = Desk(world, batch.pk, DEMO, teams, sellers, pools, report or _say_nothing)
        with bare_tables(TABLES) if customers > MANY_CUSTOMERS else nullcontext():
            write_world(desk, second)
            desk.report("indexes", 0, 1)
        analyse(TABLES)
        desk.report("indexes", 1, 1)
        write_viewings(sellers, seed, DEMO)
        write_consents(seed, DEMO, batch)
        write_disputes(sellers, _managers(), DEMO, batch)
    return True


def _wait_for_others() -> None:
    """Of two loads at once the second one finds customers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOAD_LOCK])


def _teams() -> dict[str, UUID]:
    """The company and the teams below it, by name. Teams that are there already are kept."""
    teams = {name: UUID(pk) for pk, name in team_names().items()}
    for name in (COMPANY, *TEAMS):
        if name not in teams:
            parent_id = None if name == COMPANY else teams[COMPANY]
            teams[name] = create_team(DEMO, name=name, parent_id=parent_id).pk
    return teams


def _sellers(teams: Mapping[str, UUID]) -> dict[int, Viewer]:
    """The colleagues who sell, by place in COLLEAGUES. Nobody has a password, so nobody can sign
    in until the administrator sets one."""
    known = user_ids_by_word()
    sellers = {}
    for place, one in enumerate(COLLEAGUES):
        email = f"{one.account}@{DOMAIN}"
        user_id = known.get(email)
        if user_id is None:
            user_id = create_user(
                DEMO,
                email=email,
                name=one.name,
                role=one.role,
                sight=one.sight,
                team_id=teams[one.team],
            ).pk
        if one.sells:
            sellers[place] = viewer_by_id(user_id, source=DEMO.source)
    return sellers


def _managers() -> list[UUID]:
    known = user_ids_by_word()
    return [known[f"{c.account}@{DOMAIN}"] for c in COLLEAGUES if c.role == "manager"]


def _say_nothing(step: str, done: int, total: int) -> None:
    pass
