"""Customers, and how they are related."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from zhike.customers.facts import CUSTOMER
from zhike.demo.ids import as_texts, new_ids
from zhike.demo.places import ALL_PLACES
from zhike.demo.profiles import NOBODY
from zhike.demo.second_files import TRUTH, SecondFiles
from zhike.demo.writing.desk import RELATION, Desk
from zhike.events.actions import Draft

# What the simulator says nothing of.
UNTOLD: dict[str, Any] = {
    "registration_no": "", "website": "", "street": "", "remark": "", "consents": [],
    "merged_into_id": None, "verified_at": None, "erased_at": None, "readers": [], "writers": [],
}  # fmt: skip
POOLED = 5  # of so many customers without an owner one waits in a pool


def write_customers(desk: Desk) -> np.ndarray:
    """Writes all customers and "file opened" at the time when each came; returns their ids."""
    arrived = desk.world.arrived
    ids = new_ids(desk.utc(arrived))
    desk.write(CUSTOMER.model, _customers(desk, ids))
    desk.tell(_arrivals(desk, ids))
    return ids


def _customers(desk: Desk, ids: np.ndarray) -> Iterator[SimpleNamespace]:
    profiles = desk.world.profiles
    teams = {place: desk.teams[ALL_PLACES[place].team] for place in range(len(ALL_PLACES))}
    for at in desk.chunks("customers", desk.world.customers):
        columns = zip(
            range(at.start, at.stop),
            as_texts(ids[at]),
            desk.moments(desk.world.arrived[at]),
            profiles.is_shop[at].tolist(),
            profiles.is_female[at].tolist(),
            profiles.name[at].tolist(),
            profiles.email[at].tolist(),
            profiles.phone[at].tolist(),
            profiles.place[at].tolist(),
            profiles.birthday[at].tolist(),
            profiles.industry[at].tolist(),
            profiles.tags[at].tolist(),
            profiles.source[at].tolist(),
            profiles.owner[at].tolist(),
            profiles.employer[at].tolist(),
            profiles.job_title[at].tolist(),
            strict=True,
        )
        for (
            number, pk, arrived, is_shop, is_female, name, email, phone, place_number, birthday,
            industry, tags, source, owner, employer, job_title,
        ) in columns:  # fmt: skip
            place = ALL_PLACES[place_number]
            is_pooled = owner == NOBODY and number % POOLED == 0
            has_job = employer != NOBODY
            customer = desk.row(
                id=pk,
                created_at=arrived,
                updated_at=arrived,
                source=source,
                kind="company" if is_shop else "person",
                name=name,
                code=f"C{number + 1:07d}",
                emails=[email] if email else [],
                phones=[str(phone)] if phone else [],
                company_id=as_texts(ids[employer])[0] if has_job else None,
                company=SimpleNamespace(name=profiles.name[employer]) if has_job else None,
                job_title=job_title,
                birthday=birthday,
                gender="" if is_shop else "female" if is_female else "male",
                industry=industry,
                country=place.country,
                province=place.province,
                city=place.city,
                owner_id=desk.sellers[owner].user_id if owner != NOBODY else None,
                team_id=None if is_pooled else teams[place_number],
                pool_id=desk.pools[place.team] if is_pooled else None,
                **UNTOLD,
                tags=list(tags),
            )
            CUSTOMER.derive(customer)
            yield customer


def write_second_files(desk: Desk, party_ids: np.ndarray, second: SecondFiles) -> None:
    """Writes files of customers who have one already, and "file opened" for each."""
    ids = as_texts(new_ids(desk.utc(second.arrived)))
    rows = list(_second_files(desk, ids, party_ids, second))
    desk.write(CUSTOMER.model, rows)
    desk.tell(
        Draft("customer.created", "customer", row.id, row.id, row.created_at, {"name": row.name})
        for row in rows
    )


def _second_files(
    desk: Desk, ids: list[str], party_ids: np.ndarray, second: SecondFiles
) -> Iterator[SimpleNamespace]:
    profiles = desk.world.profiles
    first_ids = as_texts(party_ids[second.of])
    moments = desk.moments(second.arrived)
    for number, first in enumerate(second.of.tolist()):
        place = ALL_PLACES[profiles.place[first]]
        is_shop, owner = bool(profiles.is_shop[first]), int(second.owner[number])
        row = desk.row(
            id=ids[number],
            created_at=moments[number],
            updated_at=moments[number],
            source=str(profiles.source[first]),
            kind="company" if is_shop else "person",
            name=second.name[number],
            code=f"D{number + 1:07d}",
            emails=[second.email[number]] if second.email[number] else [],
            phones=[second.phone[number]] if second.phone[number] else [],
            company_id=None,
            company=None,
            job_title="",
            birthday=profiles.birthday[[first]].tolist()[0]
            if second.keeps_birthday[number]
            else None,
            gender="" if is_shop else "female" if profiles.is_female[first] else "male",
            industry="",
            country=place.country,
            province=place.province,
            city=place.city,
            owner_id=desk.sellers[owner].user_id if owner != NOBODY else None,
            team_id=desk.teams[place.team],
            pool_id=None,
            **UNTOLD,
            tags=[],
        )
        row.custom = {TRUTH: first_ids[number]}
        CUSTOMER.derive(row)
        yield row


def _arrivals(desk: Desk, ids: np.ndarray) -> Iterator[Draft]:
    names = desk.world.profiles.name
    for at in desk.chunks("files", desk.world.customers):
        moments = desk.moments(desk.world.arrived[at])
        for pk, name, moment in zip(as_texts(ids[at]), names[at], moments, strict=True):
            yield Draft("customer.created", "customer", pk, pk, moment, {"name": name})


def write_relations(desk: Desk, party_ids: np.ndarray) -> None:
    """Branches and their parents, persons and those who brought them; since the later one came."""
    profiles = desk.world.profiles
    for kind, link in (("parent", profiles.parent), ("referred_by", profiles.referrer)):
        party = np.flatnonzero(link != NOBODY)
        ids = new_ids(desk.utc(desk.world.arrived[party]))
        desk.write(RELATION, _relations(desk, kind, ids, party, link[party], party_ids))
        desk.tell(_related(desk, kind, party, link[party], party_ids))


def _relations(desk, kind, ids, party, other, party_ids) -> Iterator[SimpleNamespace]:
    moments = desk.moments(desk.world.arrived[party])
    columns = as_texts(ids), as_texts(party_ids[party]), as_texts(party_ids[other]), moments
    for pk, party_id, other_id, moment in zip(*columns, strict=True):
        yield SimpleNamespace(
            id=pk, kind=kind, party_id=party_id, other_id=other_id, created_at=moment
        )


def _related(desk, kind, party, other, party_ids) -> Iterator[Draft]:
    moments, names = desk.moments(desk.world.arrived[party]), desk.world.profiles.name[other]
    columns = as_texts(party_ids[party]), as_texts(party_ids[other]), names, moments
    for party_id, other_id, name, moment in zip(*columns, strict=True):
        data = {"kind": kind, "other": name, "other_id": other_id}
        yield Draft("relation.added", "customer", party_id, party_id, moment, data)
