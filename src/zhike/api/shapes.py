"""Records as other programs see them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import create_model

from zhike.access.viewer import Viewer
from zhike.commerce.facts import ORDER, PRODUCT
from zhike.commerce.queries import lines, payments
from zhike.customers.duplicates import Duplicates, Reason, reasons_of
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.quality.queries import Report
from zhike.events.catalogue import event_words
from zhike.insight.queries import standings
from zhike.kernel.money import to_major
from zhike.records.fields import FieldKind
from zhike.records.queries import concealed, firm
from zhike.records.types import RecordType

_JSON_TYPES: dict[FieldKind, Any] = {
    FieldKind.NUMBER: float | str,
    FieldKind.YES_NO: bool,
    FieldKind.TAGS: list[str] | str,
    FieldKind.EMAILS: list[str] | str,
    FieldKind.PHONES: list[str] | str,
    FieldKind.OBJECT: dict[str, Any],
}


def input_schema(kind: RecordType, name: str) -> type[Schema]:
    """The fields of a record type as a request body; what is left out stays as it is."""
    fields: dict[str, Any] = {
        field.name: (_JSON_TYPES.get(field.kind, str) | None, None)
        for field in kind.fields
        if field.is_editable
    }
    return create_model(name, __base__=StrictSchema, **fields)


class StrictSchema(Schema):
    model_config = {"extra": "forbid"}


def given(body: Schema) -> dict:
    """What the caller said, and nothing else."""
    return body.model_dump(exclude_unset=True)


def _base(record) -> dict[str, Any]:
    return {
        "custom": record.custom,
        "source": record.source,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "version": record.version,
        "archived_at": record.archived_at,
    }


def _marked(record, shape: dict[str, Any]) -> dict[str, Any]:
    """The shape with the names of what is not shown to whoever asks."""
    hidden = sorted(name for name in record.concealed if name in shape)
    return shape | {"concealed": hidden} if record.concealed else shape


def customers(viewer: Viewer, parties: Sequence) -> list[dict[str, Any]]:
    concealed(CUSTOMER, viewer, parties)
    found = standings(viewer, [party.pk for party in parties])
    currency = firm().currency
    return [_marked(party, _customer(party, found.get(party.pk), currency)) for party in parties]


def quality(found: Report) -> dict[str, Any]:
    def groups(name: str, figures: Mapping) -> list[dict[str, Any]]:
        return [{name: key, **asdict(one)} for key, one in figures.items()]

    return asdict(found.whole) | {
        "fields": [
            {"field": one.name, "empty": one.empty, "share": one.share} for one in found.fields
        ],
        "owners": groups("owner", found.owners),
        "teams": groups("team", found.teams),
    }


def duplicates(found: Duplicates) -> list[dict[str, Any]]:
    seen = [
        {
            "customer": hit.party.pk,
            "name": hit.party.name,
            "probability": round(hit.probability, 4),
            "reasons": _reasons(hit.reasons),
        }
        for hit in found.hits
    ]
    masked = [
        {
            "customer": None,
            "name": None,
            "probability": None,
            "reasons": [{"sign": one.sign, "level": "same", "weight": None, "words": one.words}],
        }
        for one in found.held
    ]
    return seen + masked


def _reasons(found: Sequence[Reason]) -> list[dict[str, Any]]:
    """Of what isn't shown to whoever asks, only that there is something."""
    return [
        {
            "sign": one.sign,
            "level": one.level,
            "weight": None if one.weight is None else round(one.weight, 2),
            "words": one.words,
        }
        for one in found
    ]


def pairs(viewer: Viewer, found: Sequence) -> list[dict[str, Any]]:
    concealed(CUSTOMER, viewer, [one for pair in found for one in (pair.party, pair.other)])
    return [
        {
            "id": pair.pk,
            "customers": [
                {"customer": one.pk, "name": one.name} for one in (pair.party, pair.other)
            ],
            "probability": round(pair.probability, 4),
            "reasons": _reasons(reasons_of(pair)),
            "state": pair.state,
            "found_at": pair.found_at,
            "decided_at": pair.decided_at,
            "decided_by": pair.decided_by,
        }
        for pair in found
    ]


def _customer(party, standing, currency: str) -> dict[str, Any]:
    place = {
        "country": party.country, "province": party.province, "city": party.city,
        "street": party.street,
    }  # fmt: skip
    return {
        "id": party.pk,
        "kind": party.kind,
        "name": party.name,
        "code": party.code,
        "emails": party.emails,
        "phones": party.phones,
        "addresses": [place] if any(place.values()) else [],
        **place,
        "company": party.company_id,
        "job_title": party.job_title,
        "birthday": party.birthday,
        "gender": party.gender,
        "industry": party.industry,
        "registration_no": party.registration_no,
        "website": party.website,
        "owner": party.owner_id,
        "team": party.team_id,
        "pool": party.pool_id,
        "stage": standing.stage if standing else None,
        "tier": (standing.tier or None) if standing else None,
        "tags": party.tags,
        "remark": party.remark,
        "consents": party.consents,
        "merged_into": party.merged_into_id,
        "scores": scores(standing, currency),
        **_base(party),
    }


def scores(standing, currency: str) -> dict[str, Any] | None:
    """Amounts in major units of the firm's currency."""
    if standing is None:
        return None

    return {
        "as_of": standing.run.as_of,
        "currency": currency,
        "orders": standing.orders,
        "first_on": standing.first_on,
        "last_on": standing.last_on,
        "recency_days": standing.recency_days,
        "value": amount(standing.value, currency),
        "average": amount(standing.average, currency),
        "recency_grade": standing.recency_grade,
        "frequency_grade": standing.frequency_grade,
        "money_grade": standing.money_grade,
        "rfm_group": standing.rfm_group,
        "abc": standing.abc,
        "alive": standing.alive,
        "overdue": standing.overdue,
        "orders_3": standing.orders_3,
        "orders_6": standing.orders_6,
        "orders_12": standing.orders_12,
        "value_3": amount(standing.value_3, currency),
        "value_6": amount(standing.value_6, currency),
        "value_12": amount(standing.value_12, currency),
        "value_12_low": amount(standing.value_12_low, currency),
        "value_12_high": amount(standing.value_12_high, currency),
        "next_on": standing.next_on,
        "next_spread": standing.next_spread,
        "usual_gap": standing.usual_gap,
        "stage": standing.stage,
        "relation": standing.relation,
        "evidence": standing.evidence,
    }


def products(viewer: Viewer, found: Sequence) -> list[dict[str, Any]]:
    return [_marked(one, _product(one)) for one in concealed(PRODUCT, viewer, found)]


def _product(product) -> dict[str, Any]:
    return {
        "id": product.pk,
        "code": product.code,
        "name": product.name,
        "category": product.category,
        "price": None if product.price is None else float(product.price),
        **_base(product),
    }


def orders(viewer: Viewer, found: Sequence) -> list[dict[str, Any]]:
    return [_marked(one, _order(one)) for one in concealed(ORDER, viewer, found)]


def order(viewer: Viewer, one) -> dict[str, Any]:
    return orders(viewer, [one])[0]


def amount(minor: int | None, currency: str) -> float | None:
    return None if minor is None else float(to_major(minor, currency))


def _order(one) -> dict[str, Any]:
    return {
        "id": one.pk,
        "number": one.number,
        "kind": one.kind,
        "customer": one.party_id,
        "placed_at": one.placed_at,
        "currency": one.currency,
        "rate": float(one.rate),
        "total": amount(one.total, one.currency),
        "paid": amount(one.paid, one.currency),
        "is_cancelled": one.is_cancelled,
        "remark": one.remark,
        **_base(one),
    }


def order_in_full(viewer: Viewer, one) -> dict[str, Any]:
    return {
        **order(viewer, one),
        "lines": [
            {
                "product": line.product_id,
                "description": line.description,
                "quantity": float(line.quantity),
                "unit_price": None if line.unit_price is None else float(line.unit_price),
                "amount": amount(line.amount, one.currency),
            }
            for line in lines(viewer, one)
        ],
        "payments": [
            {
                "id": payment.pk,
                "amount": amount(payment.amount, one.currency),
                "paid_at": payment.paid_at,
                "method": payment.method,
            }
            for payment in payments(viewer, one)
        ],
    }


def tasks(viewer: Viewer, found: Sequence) -> list[dict[str, Any]]:
    concealed(TASK, viewer, found)
    return [
        {
            "id": task.pk,
            "title": task.title,
            "customer": task.party_id,
            "due_on": task.due_on,
            "assignee": task.assignee_id,
            "done_at": task.done_at,
            **_base(task),
        }
        for task in found
    ]


def events(found: Sequence) -> list[dict[str, Any]]:
    return [
        {
            "id": event.pk,
            "type": event.type,
            "words": event_words(event.type, event.data),
            "happened_at": event.happened_at,
            "recorded_at": event.recorded_at,
            "subject": {"type": event.subject_type, "id": event.subject_id},
            "actor": {"kind": event.actor_kind, "id": event.actor_id},
            "batch": event.batch_id,
            "cause": event.cause_id,
            "source": event.source,
            "data": event.data,
            "changes": event.changes,
        }
        for event in found
    ]


def may_ask(party_id: UUID) -> dict[str, Any]:
    """What whoever may not claim a customer may do instead: POST this, with a claim."""
    return {"ask": {"address": "/disputes", "waiting": party_id}}
