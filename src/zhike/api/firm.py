"""/me, /users, /teams, /tokens, /views and /schema: the firm and its people."""

from typing import Any, Literal
from uuid import UUID

from ninja import Router, Status

from zhike.access import actions, queries
from zhike.api.authentication import Request
from zhike.api.shapes import StrictSchema, given
from zhike.filters.check import OPS
from zhike.ownership.actions import hand_over_all
from zhike.ownership.actions import preview_hand_over as preview
from zhike.records.actions import limit_fact, remove_view, save_view
from zhike.records.queries import saved_views
from zhike.records.types import record_type

router = Router(tags=["firm"])


class UserIn(StrictSchema):
    email: str
    name: str
    role: str
    sight: str
    team: UUID | None = None
    password: str | None = None


class UserPatch(StrictSchema):
    name: str | None = None
    role: str | None = None
    sight: str | None = None
    is_active: bool | None = None
    leaves_behind: bool | None = None


class HandOverIn(StrictSchema):
    heirs: list[UUID]
    by_rules: bool = False
    leaves: bool = False


class FieldRightIn(StrictSchema):
    role: str
    record_type: str
    field: str
    level: Literal["hide", "mask", "read", "write"]


class TeamIn(StrictSchema):
    name: str
    parent: UUID | None = None


class TokenIn(StrictSchema):
    name: str
    scopes: list[str]


class ViewIn(StrictSchema):
    record_type: str
    name: str
    filter: dict[str, Any] = {}
    columns: list[str] = []
    sort: str = ""
    is_for_everybody: bool = False


def _user(user) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "sight": user.sight,
        "team": user.team_id,
        "is_active": user.is_active,
    }


@router.get("/me", response=dict[str, Any])
def me(request: Request):
    viewer = request.auth
    scopes = None if viewer.scopes is None else sorted(viewer.scopes)
    return {"id": viewer.user_id, "name": viewer.name, "role": viewer.role, "sight": viewer.sight,
            "team": viewer.team_id, "scopes": scopes}  # fmt: skip


@router.get("/users", response=list[dict[str, Any]])
def list_users(request: Request):
    return [_user(user) for user in queries.users(request.auth)]


@router.get("/field-rights", response=list[dict[str, Any]])
def list_field_rights(request: Request):
    """What roles may do with single facts, where that is less than reading and writing."""
    return [
        {"role": role, "record_type": kind, "field": fact, "level": level}
        for (role, kind, fact), level in sorted(queries.field_rights(request.auth).items())
    ]


@router.put("/field-rights", response={204: None})
def set_field_right(request: Request, body: FieldRightIn):
    """`write` takes a limit away."""
    kind = record_type(body.record_type)
    limit_fact(request.auth, kind, role=body.role, fact=body.field, level=body.level)
    return Status(204, None)


@router.post("/users", response={201: dict[str, Any]})
def create_user(request: Request, body: UserIn):
    values = body.model_dump()
    user = actions.create_user(request.auth, team_id=values.pop("team"), **values)
    return Status(201, _user(user))


@router.patch("/users/{uuid:user_id}", response=dict[str, Any])
def change_user(request: Request, user_id: UUID, body: UserPatch):
    values = {name: value for name, value in given(body).items() if value is not None}
    return _user(actions.change_user(request.auth, user_id, **values))


def _estate(estate) -> dict[str, Any]:
    return {
        "customers": len(estate.customers), "tasks": len(estate.tasks),
        "shares": len(estate.shares), "pools": estate.pools, "assignment_rules": estate.rules,
        "by_owner": estate.by_owner, "batch": estate.batch_id,
    }  # fmt: skip


@router.post("/users/{uuid:user_id}/hand-over/preview", response=dict[str, Any])
def preview_hand_over(request: Request, user_id: UUID, body: HandOverIn):
    """What a hand-over would do now; without heirs, what there is to hand over."""
    return _estate(preview(request.auth, user_id, heirs=body.heirs, by_rules=body.by_rules))


@router.post("/users/{uuid:user_id}/hand-over", response=dict[str, Any])
def hand_over(request: Request, user_id: UUID, body: HandOverIn):
    """Customers, open tasks, shares and pools, as one batch. With `by_rules` customers go by the
    assignment rules first; the rest is spread over the heirs."""
    return _estate(hand_over_all(request.auth, user_id, **body.model_dump()))


@router.get("/teams", response=list[dict[str, Any]])
def list_teams(request: Request):
    return [{"id": pk, "name": name} for pk, name in queries.team_names().items()]


@router.post("/teams", response={201: dict[str, Any]})
def create_team(request: Request, body: TeamIn):
    team = actions.create_team(request.auth, name=body.name, parent_id=body.parent)
    return Status(201, {"id": team.pk, "name": team.name, "parent": team.parent_id})


@router.get("/tokens", response=list[dict[str, Any]])
def list_tokens(request: Request):
    return [
        {"id": t.pk, "name": t.name, "scopes": t.scopes, "last_used_at": t.last_used_at}
        for t in queries.tokens(request.auth)
    ]


@router.post("/tokens", response={201: dict[str, Any]})
def create_token(request: Request, body: TokenIn):
    """The secret is shown once, here."""
    viewer = request.auth
    token, secret = actions.create_own_token(viewer, name=body.name, scopes=body.scopes)
    return Status(
        201, {"id": token.pk, "name": token.name, "scopes": token.scopes, "secret": secret}
    )


@router.delete("/tokens/{uuid:token_id}", response={204: None})
def revoke_token(request: Request, token_id: UUID):
    actions.revoke_token(request.auth, token_id)
    return Status(204, None)


@router.get("/views", response=list[dict[str, Any]])
def list_views(request: Request, record_type_name: str = "customer"):
    kind = record_type(record_type_name)
    return [_view(view) for view in saved_views(kind, request.auth)]


@router.post("/views", response={201: dict[str, Any]})
def create_view(request: Request, body: ViewIn):
    values = body.model_dump()
    kind = record_type(values.pop("record_type"))
    return Status(201, _view(save_view(request.auth, kind, **values)))


@router.delete("/views/{uuid:view_id}", response={204: None})
def delete_view(request: Request, view_id: UUID):
    remove_view(request.auth, view_id)
    return Status(204, None)


def _view(view) -> dict[str, Any]:
    return {
        "id": view.pk,
        "record_type": view.record_type,
        "name": view.name,
        "filter": view.filter,
        "columns": view.columns,
        "sort": view.sort,
        "is_for_everybody": view.owner_id is None,
    }


@router.get("/schema/{name}", response=dict[str, Any])
def read_schema(request: Request, name: str):
    """What can be asked about a kind of record: its facts and their operators."""
    schema = record_type(name).schema
    return {
        "name": schema.name,
        "facts": [
            {
                "name": fact.name,
                "label": str(fact.label),
                "kind": fact.kind,
                "ops": OPS[fact.kind],
                "window": fact.takes_window,
                "sortable": fact.is_sortable,
                "choices": {k: str(v) for k, v in fact.choices().items()} if fact.choices else None,
            }
            for fact in schema.facts.values()
        ],
    }
