"""Every door of the house: which rights it asks for, what it opens on, how one knocks properly.

A page or route without a line here fails tests/architecture/test_closed_doors.py. To add one, name
the rights that its action or query requires (`access/policies.py`), what the id in its address
stands for, and a body that is accepted.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver

from zhike.api.urls import api
from zhike.kernel.ids import new_id

Body = Callable[[SimpleNamespace], Mapping]
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True)
class Door:
    """`of` names the id in the address: of a territory (customer, order …) or common to all.
    `asks` are further query strings, `names` what <name> in the address is tried with."""

    rights: tuple[str, ...] = ()
    of: str = ""
    body: Body = lambda ids: {}
    asks: Body | None = None
    names: tuple[str, ...] = ("customer",)
    may_conflict: bool = False  # whether it can be done depends on more than rights and sight
    is_hidden: bool = False  # who lacks the right is told that there is nothing
    rights_elsewhere: tuple[str, ...] = ()  # what is asked where it isn't one's own


def door(*rights: str, **options) -> Door:
    return Door(rights, **options)


def upload(name: str = "a.csv", text: str = "姓名\n甲\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def _filter(fact: str, value: object) -> str:
    return f'{{"fact":"{fact}","op":"eq","value":"{value}"}}'


def _customer_lists(ids) -> list[Mapping]:
    """Lists asked about a customer whom one may not see."""
    low = ids.name.lower()
    return [
        {"q": f"{low}na"}, {"q": f"{low}co"}, {"columns": "company,owner,phones,remark"},
        {"filter": _filter("company", ids.customer)}, {"sort": "company"},
    ]  # fmt: skip


def _order_lists(ids) -> list[Mapping]:
    return [
        {"filter": _filter("customer", ids.customer)},
        {"filter": _filter("customer.name", ids.name)},
        {"columns": "customer,remark"},
    ]


ORDER_LINES = [{"quantity": 1, "unit_price": 5}]
CUSTOMER_BODY = {"name": "New"}
USER = {"email": "n@firm.example", "name": "N", "role": "staff", "sight": "own",
        "password": "green-tea-2026"}  # fmt: skip
SEGMENT = {"name": "S", "filter": {"all": []}}
POOL = {
    "name": "P", "is_enabled": "1", "assignment": "self", "cooling_days": "1", "freeze_hours": "0",
    "protect_days": "0", "lock_cap": "1", "lock_days": "9",
}  # fmt: skip
RULE = {"name": "R", "days": "30", "without": "contact", "remind_days": "0", "position": "1",
        "is_enabled": "1", "filter": '{"all":[]}'}  # fmt: skip
ASSIGNMENT = {"name": "A", "way": "turn", "position": "1", "is_enabled": "1", "takes": "new",
              "filter": '{"all":[]}'}  # fmt: skip
DISPUTE_RULE = {"name": "D", "when": "always", "verdict": "keep", "is_enabled": "1",
                "filter": '{"all":[]}'}  # fmt: skip
RETENTION = {"name": "R", "months": "36", "filter": '{"all":[]}'}
WATCH = {
    "opened_an_hour": "1", "opened_a_day": "1", "seen_an_hour": "1", "seen_a_day": "1",
    "times_usual": "1", "exported_rows": "1", "unmasked_an_hour": "1", "exported_rows_a_day": "1",
        "exports_a_day": "1", "braked_an_hour": "9", "brake_an_hour": "0",
    "months": "1",
}  # fmt: skip
LISTS = ("customer", "order", "product")

PAGES: dict[tuple[str, str], Door] = {
    ("GET", ""): door(),
    ("POST", ""): door(),
    ("GET", "sign-in"): door(),
    ("POST", "sign-in"): door(),
    ("POST", "sign-in/language"): door(body=lambda ids: {"language": "en"}),
    ("POST", "sign-out"): door(),
    ("GET", "healthz"): door(),
    ("GET", "palette"): door("view", asks=lambda ids: [
        {"q": f"{ids.name.lower()}na"}, {"q": f"7{ids.name.lower()}"}]),
    # Lists
    ("GET", "lists/<slug:name>/condition"): door("view", names=LISTS, asks=lambda ids: [
        {"fact": "customer", "value": ids.customer}, {"fact": "company", "value": ids.customer}]),
    ("GET", "lists/<slug:name>/condition/add"): door("view", body=lambda ids: {
        "fact": "city", "op": "eq", "value": "x"}),
    ("GET", "lists/<slug:name>/columns"): door("view", names=LISTS),
    ("POST", "lists/<slug:name>/bulk"): door("bulk", body=lambda ids: {
        "list": "", "ids": [str(ids.customer)], "field": "city", "city": "x"}),
    ("GET", "lists/<slug:name>/bulk/field"): door("view", asks=lambda ids: [{"field": "city"}]),
    ("POST", "lists/<slug:name>/views"): door("keep", body=lambda ids: {"list": "", "name": "n"}),
    ("POST", "lists/<slug:name>/views/<uuid:view_id>/remove"): door("keep", of="view"),
    ("GET", "lists/<slug:name>/export"): door("export", names=LISTS, asks=_customer_lists),
    ("GET", "people/pick"): door("view"),
    ("GET", "people/pick/with-teams"): door("view"),
    ("GET", "lists/<slug:name>/pick"): door("view", names=LISTS, asks=lambda ids: [
        {"q": f"{ids.name.lower()}na"}, {"q": f"7{ids.name.lower()}"}]),
    # One record of any type
    ("GET", "records/<slug:name>/<uuid:pk>/fields/<slug:field>"): door(
        "view", of="customer", asks=lambda ids: [{"edit": "1"}]),
    ("POST", "records/<slug:name>/<uuid:pk>/fields/<slug:field>"): door(
        "change", of="customer", body=lambda ids: {"name": "Renamed"}),
    ("GET", "records/<slug:name>/<uuid:pk>/unmask/<slug:field>"): door(
        "view", "unmask", of="customer"),
    ("POST", "records/<slug:name>/<uuid:pk>/unmask/<slug:field>"): door(
        "view", "unmask", of="customer", body=lambda ids: {"reason": "x"}),
    ("POST", "records/<slug:name>/<uuid:pk>/archive"): door("archive", of="customer"),
    ("POST", "records/<slug:name>/<uuid:pk>/restore"): door("archive", of="customer"),
    # Customers
    ("GET", "customers/"): door("view", asks=_customer_lists),
    ("GET", "customers/new"): door("create", asks=lambda ids: [{"company": ids.customer}]),
    ("POST", "customers/new"): door("create", body=lambda ids: {"name": "N", "kind": "person"}),
    ("POST", "customers/new/hints"): door("create", body=lambda ids: {
        "name": f"{ids.name}name", "kind": "company", "street": f"{ids.name}street"}),
    ("GET", "customers/duplicates/"): door("view", asks=lambda ids: [{"state": "same"}]),
    ("POST", "customers/duplicates/<uuid:pk>/decide"): door(
        "change", of="duplicate", body=lambda ids: {"verdict": "same"}),
    ("POST", "customers/duplicates/<uuid:pk>/reopen"): door("change", of="decided"),
    ("GET", "customers/<uuid:pk>"): door("view", of="customer", asks=lambda ids: [
        {"in": "q=name"}, {"group": "file"}]),
    ("POST", "customers/<uuid:pk>/write"): door("note", of="customer", body=lambda ids: {
        "kind": "note", "text": "x"}),
    ("POST", "customers/<uuid:pk>/tags"): door("change", of="customer", body=lambda ids: {
        "add": "x"}),
    ("GET", "customers/<uuid:pk>/merge"): door("view", of="customer", body=lambda ids: {
        "double": ids.double}),
    ("GET", "customers/<uuid:pk>/merge/<uuid:other_id>"): door(
        "change", "archive", of="customer"),
    ("POST", "customers/<uuid:pk>/merge/<uuid:other_id>"): door(
        "change", "archive", of="customer", body=lambda ids: {"choice-name": "loser"}),
    ("POST", "customers/<uuid:pk>/claim"): door("change", of="customer", may_conflict=True),
    ("POST", "customers/<uuid:pk>/release"): door(
        "change", of="customer", rights_elsewhere=("assign",), body=lambda ids: {
            "reason": "other", "pool": ids.pool}),
    ("POST", "customers/<uuid:pk>/assign"): door("assign", of="customer", body=lambda ids: {
        "new_owner": ids.user}, may_conflict=True),
    ("GET", "customers/<uuid:pk>/collisions"): door("view", of="customer"),
    ("POST", "customers/<uuid:pk>/protect"): door(
        "change", of="customer", rights_elsewhere=("assign",), body=lambda ids: {
            "until": ids.tomorrow, "why": "x"}),
    ("POST", "customers/<uuid:pk>/unprotect"): door(
        "change", of="customer", rights_elsewhere=("assign",)),
    ("POST", "customers/<uuid:pk>/relations"): door("change", of="customer", body=lambda ids: {
        "kind": "competitor", "other": ids.neighbour}),
    ("POST", "customers/<uuid:pk>/relations/<uuid:relation_id>/remove"): door(
        "change", of="customer"),
    ("GET", "customers/<uuid:pk>/seen-by"): door("view", of="customer"),
    ("POST", "customers/<uuid:pk>/shares"): door("change", of="customer", body=lambda ids: {
        "with": ids.user}),
    ("POST", "customers/<uuid:pk>/shares/<uuid:with_id>/remove"): door("change", of="customer"),
    ("POST", "customers/<uuid:pk>/files"): door("change", of="customer", body=lambda ids: {
        "file": upload()}),
    ("GET", "customers/<uuid:pk>/files/<uuid:attachment_id>"): door("view", of="customer"),
    ("POST", "customers/<uuid:pk>/files/<uuid:attachment_id>/remove"): door(
        "change", of="customer"),
    # Orders and products
    ("GET", "orders/"): door("view", asks=_order_lists),
    ("GET", "orders/new"): door("create", asks=lambda ids: [{"customer": ids.customer}]),
    ("POST", "orders/new"): door("create", of="customer", body=lambda ids: {
        "customer": ids.customer, "number": "N", "placed_at": "2026-01-01T10:00",
        "currency": "CNY", "total": "5"}),
    ("GET", "orders/<uuid:pk>"): door("view", of="order"),
    ("POST", "orders/<uuid:pk>/payments"): door("change", of="order", body=lambda ids: {
        "amount": "1"}),
    ("POST", "orders/<uuid:pk>/cancel"): door("change", of="order"),
    ("POST", "orders/<uuid:pk>/returns"): door("create", of="order", body=lambda ids: {
        "number": "R", f"quantity-{ids.line}": "1"}),
    ("GET", "products/"): door("view"),
    ("GET", "products/new"): door("create"),
    ("POST", "products/new"): door("create", body=lambda ids: {"code": "N", "name": "N"}),
    ("GET", "products/<uuid:pk>"): door("view", of="product"),
    ("POST", "tasks/<uuid:pk>/done"): door("work", of="task"),
    # Today
    ("GET", "today/"): door("view"),
    ("GET", "today/waiting"): door("view"),
    ("GET", "today/<uuid:pk>/work"): door("view", of="customer"),
    ("POST", "today/<uuid:pk>/work"): door("note", "work", of="customer", body=lambda ids: {
        "channel": "call", "text": "x"}),
    ("GET", "today/<uuid:pk>/snooze"): door("view", of="customer"),
    ("POST", "today/<uuid:pk>/snooze"): door("work", of="customer", body=lambda ids: {
        "until": ids.tomorrow}),
    ("GET", "today/<uuid:pk>/hand-over"): door("view", of="customer"),
    ("POST", "today/<uuid:pk>/hand-over"): door("work", of="customer", body=lambda ids: {
        "assignee": ids.user}),
    ("POST", "today/<uuid:pk>/dismiss"): door("work", of="customer"),
    ("POST", "today/<uuid:pk>/reopen"): door("work", of="customer"),
    # Pools
    ("GET", "pools/"): door("view"),
    ("GET", "settings/pools"): door("administer"),
    ("POST", "settings/pools"): door("administer", body=lambda ids: {"name": "P"}),
    ("POST", "settings/pools/recycle"): door("administer"),
    ("GET", "settings/pools/<uuid:pk>"): door("administer", of="pool"),
    ("POST", "settings/pools/<uuid:pk>"): door("administer", of="pool", body=lambda ids: POOL),
    ("POST", "settings/pools/<uuid:pk>/members"): door("administer", of="pool", body=lambda ids: {
        "member": str(ids.user)}),
    ("POST", "settings/pools/<uuid:pk>/empty"): door("administer", of="pool", body=lambda ids: {
        "into": ids.other_pool}),
    ("POST", "settings/pools/<uuid:pk>/remove"): door("administer", of="pool"),
    ("GET", "settings/pools/<uuid:pk>/rules/new"): door("administer", of="pool"),
    ("POST", "settings/pools/<uuid:pk>/rules/new"): door(
        "administer", of="pool", body=lambda ids: RULE),
    ("POST", "settings/pools/<uuid:pk>/rules/preview"): door(
        "administer", of="pool", body=lambda ids: RULE),
    ("POST", "settings/pools/<uuid:pk>/rules/rehearse"): door(
        "administer", of="pool", body=lambda ids: RULE),
    ("POST", "settings/assignment/rehearse"): door("administer", body=lambda ids: {
        **ASSIGNMENT, "people": str(ids.user)}),
    ("GET", "errands/<uuid:pk>"): door(of="errand"),
    ("GET", "settings/rehearsals/<uuid:pk>"): door("view", "administer", of="rehearsal"),
    ("GET", "settings/users/<uuid:pk>/hand-over"): door("view", "administer", of="user"),
    ("POST", "settings/users/<uuid:pk>/hand-over"): door(
        "view", "administer", of="user", may_conflict=True, body=lambda ids: {
            "heirs": str(ids.colleague)}),
    ("GET", "settings/assignment"): door("administer"),
    ("POST", "settings/assignment/run"): door("assign"),
    ("GET", "settings/assignment/new"): door("administer"),
    ("POST", "settings/assignment/new"): door("administer", body=lambda ids: {
        **ASSIGNMENT, "people": str(ids.user)}),
    ("GET", "settings/assignment/<uuid:pk>"): door("administer", of="assignment_rule"),
    ("POST", "settings/assignment/<uuid:pk>"): door(
        "administer", of="assignment_rule", body=lambda ids: {
            **ASSIGNMENT, "people": str(ids.user)}),
    ("POST", "settings/assignment/<uuid:pk>/remove"): door("administer", of="assignment_rule"),
    ("GET", "settings/rules/<uuid:rule_id>"): door("administer", of="rule"),
    ("POST", "settings/rules/<uuid:rule_id>"): door("administer", of="rule", body=lambda ids: RULE),
    ("POST", "settings/rules/<uuid:rule_id>/remove"): door("administer", of="rule"),
    # Disputes
    ("GET", "disputes/"): door("view", asks=lambda ids: [{"state": "decided"}]),
    ("POST", "disputes/ask"): door("create", of="customer", may_conflict=True, body=lambda ids: {
        "about": str(ids.customer), "claim": "x"}),
    ("GET", "disputes/<uuid:pk>"): door("view", of="dispute"),
    ("POST", "disputes/<uuid:pk>/answer"): door(
        "view", "change", of="dispute", may_conflict=True, body=lambda ids: {"answer": "x"}),
    ("POST", "disputes/<uuid:pk>/give-way"): door(
        "view", "change", of="dispute", may_conflict=True),
    ("POST", "disputes/<uuid:pk>/withdraw"): door("view", of="dispute", may_conflict=True),
    ("POST", "disputes/<uuid:pk>/decide"): door(
        "view", "assign", of="dispute", may_conflict=True, body=lambda ids: {
            "verdict": "keep", "reason": "x"}),
    ("GET", "settings/disputes"): door("administer"),
    ("GET", "settings/disputes/new"): door("administer"),
    ("POST", "settings/disputes/new"): door("administer", body=lambda ids: DISPUTE_RULE),
    ("GET", "settings/disputes/<uuid:pk>"): door("administer", of="dispute_rule"),
    ("POST", "settings/disputes/<uuid:pk>"): door(
        "administer", of="dispute_rule", body=lambda ids: DISPUTE_RULE),
    ("POST", "settings/disputes/<uuid:pk>/remove"): door("administer", of="dispute_rule"),
    # Segments and value
    ("GET", "segments/"): door("view", asks=lambda ids: [
        {"with": [ids.segment, ids.other_segment]}]),
    ("GET", "segments/new"): door("segment"),
    ("POST", "segments/new"): door("segment", body=lambda ids: {
        "name": "S", "filter": '{"all":[]}'}),
    ("POST", "segments/preview"): door("view", body=lambda ids: {"filter": '{"all":[]}'}),
    ("GET", "segments/<uuid:pk>"): door("view", of="segment"),
    ("GET", "segments/<uuid:pk>/edit"): door("segment", of="segment"),
    ("POST", "segments/<uuid:pk>/edit"): door("segment", of="segment", body=lambda ids: {
        "name": "S", "filter": '{"all":[]}'}),
    ("POST", "segments/<uuid:pk>/archive"): door("segment", of="segment"),
    ("GET", "value/"): door("view"),
    ("GET", "value/models"): door("view"),
    ("POST", "value/models/compute"): door("score"),
    ("GET", "customers/quality/"): door("view"),
    ("POST", "customers/<uuid:pk>/consents"): door("change", of="customer", body=lambda ids: {
        "purpose": "marketing:email", "answer": "given", "source": "call"}),
    ("GET", "customers/<uuid:pk>/disclose"): door("administer", of="customer"),
    ("POST", "customers/<uuid:pk>/disclose"): door("administer", of="customer", body=lambda ids: {
        "language": "en"}),
    ("GET", "customers/<uuid:pk>/erase"): door("administer", of="customer"),
    ("POST", "customers/<uuid:pk>/erase"): door("administer", of="customer", body=lambda ids: {
        "ground": "request"}),
    ("GET", "settings/privacy"): door("administer"),
    ("POST", "settings/privacy"): door("administer", body=lambda ids: {"backup_days": "30"}),
    ("GET", "settings/privacy/erasures/<uuid:pk>"): door("administer", of="erasure"),
    ("GET", "settings/privacy/purposes"): door("administer"),
    ("POST", "settings/privacy/purposes"): door("administer", body=lambda ids: {
        "key": f"own_{new_id().hex[-8:]}", "name": "n", "pipl": "consent", "gdpr": "consent"}),
    ("GET", "settings/privacy/purposes/<slug:key>"): door("administer", of="purpose"),
    ("POST", "settings/privacy/purposes/<slug:key>"): door(
        "administer", of="purpose", body=lambda ids: {"pipl": "consent", "gdpr": "consent"}),
    ("POST", "settings/privacy/purposes/<slug:key>/texts"): door(
        "administer", of="purpose", body=lambda ids: {"chinese": "x"}),
    ("GET", "settings/privacy/retention"): door("administer"),
    ("GET", "settings/privacy/retention/new"): door("administer"),
    ("POST", "settings/privacy/retention/new"): door("administer", body=lambda ids: RETENTION),
    ("GET", "settings/privacy/retention/<uuid:pk>"): door("administer", of="retention"),
    ("POST", "settings/privacy/retention/<uuid:pk>"): door(
        "administer", of="retention", body=lambda ids: RETENTION),
    ("POST", "settings/privacy/retention/<uuid:pk>/remove"): door("administer", of="retention"),
    ("POST", "customers/<uuid:pk>/hold"): door("administer", of="customer", body=lambda ids: {
        "reason": "x"}),
    ("POST", "customers/<uuid:pk>/hold/lift"): door(
        "administer", of="customer", may_conflict=True),
    ("GET", "settings/privacy/requests"): door("administer"),
    ("GET", "settings/privacy/requests/new"): door("administer", asks=lambda ids: [
        {"customer": ids.customer}]),
    ("POST", "settings/privacy/requests/new"): door("administer", body=lambda ids: {
        "kind": "access", "way": "call", "described": "x"}),
    ("GET", "settings/privacy/requests/<uuid:pk>"): door("administer", of="request"),
    ("POST", "settings/privacy/requests/<uuid:pk>"): door("administer", of="request"),
    ("POST", "settings/privacy/requests/<uuid:pk>/answer"): door(
        "administer", of="request", body=lambda ids: {"outcome": "refused", "reason": "x"}),
    ("POST", "settings/privacy/requests/<uuid:pk>/reopen"): door("administer", of="answered"),
    ("POST", "settings/privacy/requests/<uuid:pk>/lift"): door("administer", of="answered"),
    ("GET", "settings/security"): door("administer"),
    ("POST", "settings/security"): door("administer", body=lambda ids: WATCH),
    ("GET", "settings/security/log"): door("administer", asks=lambda ids: [
        {"customer": ids.customer}, {"user": ids.user, "day": "2026-11-01"}]),
    ("POST", "settings/security/alarms/<uuid:pk>/settle"): door(
        "administer", of="alarm", body=lambda ids: {"note": "x"}),
    ("POST", "settings/security/users/<uuid:pk>/release"): door("administer", of="user"),
    ("POST", "customers/<uuid:pk>/decoy"): door("administer", of="customer", body=lambda ids: {
        "is_decoy": "1"}),
    ("POST", "customers/<uuid:pk>/verify"): door("change", of="customer"),
    # Imports
    ("GET", "imports/"): door("import"),
    ("POST", "imports/"): door("import", body=lambda ids: {"type": "customer", "file": upload()}),
    ("GET", "imports/<uuid:pk>"): door("import", of="waiting"),
    ("GET", "imports/<uuid:pk>/collisions"): door("import", of="done"),
    ("POST", "imports/<uuid:pk>/start"): door("import", of="waiting", body=lambda ids: {
        "column-0": "name", "do": "try"}),
    ("POST", "imports/<uuid:pk>/apply"): door("import", of="waiting"),
    ("GET", "imports/<uuid:pk>/refused"): door("import", of="done"),
    ("POST", "imports/<uuid:pk>/answer"): door("import", of="done", body=lambda ids: {
        "verdict": "skip"}),
    # Work and its undo
    ("GET", "history"): door("view"),
    ("GET", "history/<uuid:batch_id>"): door(
        "view", of="customer", is_hidden=True, rights_elsewhere=("undo",)),
    ("POST", "batches/<uuid:batch_id>/undo"): door(
        "undo_own", of="customer", is_hidden=True, rights_elsewhere=("undo",)),
    # Settings
    ("GET", "settings/"): door(),
    ("POST", "settings/preferences"): door(body=lambda ids: {"theme": "dark"}),
    ("GET", "settings/password"): door(),
    ("POST", "settings/password"): door(body=lambda ids: {
        "current": "green-tea-2026", "password": "black-tea-2026"}),
    ("GET", "settings/firm"): door("administer"),
    ("POST", "settings/firm"): door("administer", body=lambda ids: {
        "name": "F", "currency": "CNY"}),
    ("GET", "settings/users"): door("administer"),
    ("GET", "settings/field-rights"): door("administer"),
    ("POST", "settings/field-rights"): door("administer", body=lambda ids: {"phones": "read"}),
    ("GET", "settings/users/new"): door("administer"),
    ("POST", "settings/users/new"): door("administer", body=lambda ids: USER),
    ("GET", "settings/users/<uuid:pk>"): door("administer", of="user"),
    ("POST", "settings/users/<uuid:pk>"): door("administer", of="user", body=lambda ids: {
        **USER, "is_active": "1"}),
    ("POST", "settings/teams"): door("administer", body=lambda ids: {"name": "T"}),
    ("GET", "settings/tokens"): door(),
    ("POST", "settings/tokens"): door("keep", body=lambda ids: {"name": "t", "scopes": ["write"]}),
    ("POST", "settings/tokens/<uuid:pk>/revoke"): door("keep", of="token"),
}  # fmt: skip

ROUTES: dict[tuple[str, str], Door] = {
    ("GET", "access-log"): door("administer", asks=lambda ids: [
        {"customer": ids.customer}, {"user": ids.user, "day": "2026-11-01"}]),
    ("GET", "alarms"): door("administer"),
    ("POST", "alarms/{alarm_id}/settle"): door("administer", body=lambda ids: {"note": "x"}),
    # Customers
    ("GET", "customers"): door("view", asks=lambda ids: [
        {"q": f"{ids.name.lower()}na", "count": "exact"}, {"count": "exact"},
        {"filter": _filter("company", ids.customer)}]),
    ("POST", "customers"): door("create", body=lambda ids: CUSTOMER_BODY),
    ("POST", "customers/duplicates"): door("create", body=lambda ids: {
        "name": f"{ids.name}name", "kind": "company", "street": f"{ids.name}street"}),
    ("GET", "customers/duplicates"): door("view", asks=lambda ids: [{"state": "same"}]),
    ("POST", "customers/duplicates/{duplicate_id}/decide"): door(
        "change", of="duplicate", body=lambda ids: {"verdict": "different"}),
    ("POST", "customers/bulk"): door("create", body=lambda ids: {"items": [CUSTOMER_BODY]}),
    ("GET", "customers/{customer_id}"): door("view", of="customer", asks=lambda ids: [
        {"include": "timeline,orders,tasks"}]),
    ("PATCH", "customers/{customer_id}"): door("change", of="customer", body=lambda ids: {
        "city": "x"}),
    ("GET", "customers/quality"): door("view"),
    ("POST", "customers/{customer_id}/verify"): door("change", of="customer"),
    ("POST", "customers/{customer_id}/archive"): door("archive", of="customer"),
    ("POST", "customers/{customer_id}/restore"): door("archive", of="customer"),
    ("GET", "customers/{customer_id}/merge-preview"): door(
        "change", "archive", of="customer", body=lambda ids: {"other": str(ids.double)}),
    ("POST", "customers/{customer_id}/merge"): door(
        "change", "archive", of="customer", body=lambda ids: {"other": str(ids.double)}),
    ("POST", "customers/{merged_id}/unmerge"): door("change", "archive", of="customer"),
    ("GET", "customers/{customer_id}/ownership"): door("view", of="customer"),
    ("POST", "customers/{customer_id}/claim"): door("change", of="customer", may_conflict=True),
    ("POST", "customers/{customer_id}/release"): door(
        "change", of="customer", rights_elsewhere=("assign",), body=lambda ids: {
            "reason": "other", "pool": str(ids.pool)}),
    ("POST", "customers/{customer_id}/assign"): door("assign", of="customer", body=lambda ids: {
        "owner": str(ids.user)}, may_conflict=True),
    ("POST", "customers/{customer_id}/protect"): door(
        "change", of="customer", rights_elsewhere=("assign",), body=lambda ids: {
            "until": str(ids.tomorrow), "reason": "x"}),
    ("POST", "customers/{customer_id}/unprotect"): door(
        "change", of="customer", rights_elsewhere=("assign",)),
    ("GET", "customers/{customer_id}/timeline"): door("view", of="customer"),
    ("POST", "customers/{customer_id}/unmask"): door("unmask", of="customer", body=lambda ids: {
        "field": "phones", "reason": "x"}),
    ("GET", "customers/{customer_id}/scores"): door("view", of="customer"),
    ("POST", "customers/{customer_id}/notes"): door("note", of="customer", body=lambda ids: {
        "text": "x"}),
    ("POST", "customers/{customer_id}/contacts"): door("note", of="customer", body=lambda ids: {
        "channel": "call"}),
    ("POST", "customers/{customer_id}/tasks"): door("create", of="customer", body=lambda ids: {
        "title": "x"}),
    ("GET", "customers/{customer_id}/relations"): door("view", of="customer"),
    ("POST", "customers/{customer_id}/relations"): door("change", of="customer", body=lambda ids: {
        "kind": "competitor", "other": str(ids.neighbour)}),
    ("DELETE", "customers/{customer_id}/relations/{relation_id}"): door("change", of="customer"),
    ("GET", "customers/{customer_id}/seen-by"): door("view", of="customer"),
    ("GET", "customers/{customer_id}/shares"): door("view", of="customer"),
    ("PUT", "customers/{customer_id}/shares/{with_id}"): door("change", of="customer"),
    ("DELETE", "customers/{customer_id}/shares/{with_id}"): door("change", of="customer"),
    ("GET", "customers/{customer_id}/attachments"): door("view", of="customer"),
    ("POST", "customers/{customer_id}/attachments"): door(
        "change", of="customer", body=lambda ids: {"file": upload()}),
    ("GET", "customers/{customer_id}/attachments/{attachment_id}"): door("view", of="customer"),
    ("DELETE", "customers/{customer_id}/attachments/{attachment_id}"): door(
        "change", of="customer"),
    ("GET", "tasks"): door("view", asks=lambda ids: [
        {"filter": _filter("customer", ids.customer)}, {"count": "exact"}]),
    ("PATCH", "tasks/{task_id}"): door("change", of="task", body=lambda ids: {"title": "x"}),
    ("POST", "tasks/{task_id}/complete"): door("work", of="task"),
    ("POST", "tasks/{task_id}/archive"): door("archive", of="task"),
    # Products and orders
    ("GET", "products"): door("view"),
    ("POST", "products"): door("create", body=lambda ids: {"code": "N", "name": "N"}),
    ("POST", "products/bulk"): door("create", body=lambda ids: {
        "items": [{"code": "N", "name": "N"}]}),
    ("GET", "products/{product_id}"): door("view", of="product"),
    ("PATCH", "products/{product_id}"): door("change", of="product", body=lambda ids: {
        "name": "x"}),
    ("POST", "products/{product_id}/archive"): door("archive", of="product"),
    ("POST", "products/{product_id}/restore"): door("archive", of="product"),
    ("GET", "orders"): door("view", asks=_order_lists),
    ("POST", "orders"): door("create", of="customer", body=lambda ids: {
        "number": "N", "customer": str(ids.customer), "placed_at": "2026-01-01",
        "lines": ORDER_LINES}),
    ("POST", "orders/bulk"): door("create", body=lambda ids: {"items": [
        {"number": f"7{ids.name}number", "remark": "x"}]}),
    ("GET", "orders/{order_id}"): door("view", of="order"),
    ("PATCH", "orders/{order_id}"): door("change", of="order", body=lambda ids: {"remark": "x"}),
    ("POST", "orders/{order_id}/payments"): door("change", of="order", body=lambda ids: {
        "amount": 1}),
    ("POST", "orders/{order_id}/returns"): door("create", of="order", body=lambda ids: {
        "number": "R", "lines": [
            {"product": str(ids.product), "quantity": 1, "unit_price": 5}]}),
    ("POST", "orders/{order_id}/cancel"): door("change", of="order"),
    ("POST", "orders/{order_id}/archive"): door("archive", of="order"),
    # Privacy
    ("GET", "customers/{customer_id}/consents"): door("view", of="customer"),
    ("POST", "customers/{customer_id}/consents"): door("change", of="customer", body=lambda ids: {
        "purpose": "marketing", "is_given": True}),
    ("GET", "customers/{customer_id}/may-contact"): door("view", of="customer", body=lambda ids: {
        "purpose": "marketing", "channel": "email"}),
    ("POST", "customers/{customer_id}/disclosure"): door("administer", "view", of="customer"),
    ("GET", "customers/{customer_id}/erasure"): door("administer", "view", of="customer"),
    ("POST", "customers/{customer_id}/erasure"): door(
        "administer", "view", of="customer", body=lambda ids: {"ground": "request"}),
    ("GET", "erasures"): door("administer"),
    ("GET", "erasures/{erasure_id}"): door("administer", of="erasure"),
    ("GET", "retention"): door("administer"),
    ("POST", "retention"): door("administer", body=lambda ids: {
        "name": "R", "months": 36, "filter": {"all": []}}),
    ("PATCH", "retention/{retention_id}"): door("administer", of="retention", body=lambda ids: {
        "months": 40}),
    ("DELETE", "retention/{retention_id}"): door("administer", of="retention"),
    ("GET", "retention/{retention_id}/preview"): door("administer", "view", of="retention"),
    ("PUT", "customers/{customer_id}/hold"): door(
        "administer", "view", of="customer", body=lambda ids: {"reason": "x"}),
    ("DELETE", "customers/{customer_id}/hold"): door(
        "administer", "view", of="customer", may_conflict=True),
    ("GET", "requests"): door("administer", asks=lambda ids: [{"state": "closed"}]),
    ("POST", "requests"): door("administer", body=lambda ids: {
        "kind": "access", "described": "x"}),
    ("GET", "requests/{request_id}"): door("administer", of="request"),
    ("PATCH", "requests/{request_id}"): door("administer", of="request", body=lambda ids: {
        "responsible": str(ids.user)}),
    ("POST", "requests/{request_id}/answer"): door("administer", of="request", body=lambda ids: {
        "fulfilled": False, "reason": "x"}),
    ("POST", "requests/{request_id}/reopen"): door("administer", of="answered"),
    ("POST", "requests/{request_id}/lift"): door("administer", of="answered"),
    ("GET", "purposes"): door("view"),
    ("PUT", "purposes/{key}"): door("administer", body=lambda ids: {"name": "n"}),
    ("POST", "purposes/{key}/texts"): door("administer", body=lambda ids: {"chinese": "x"}),
    # Pools
    ("GET", "pools"): door("view"),
    ("POST", "pools"): door("administer", body=lambda ids: {"name": "P"}),
    ("POST", "pools/claim"): door("change", body=lambda ids: {
        "customers": [str(ids.customer)]}, of="customer", may_conflict=True),
    ("GET", "pools/recycling"): door("administer"),
    ("POST", "pools/recycling"): door("administer"),
    ("GET", "pools/{pool_id}"): door("view", of="pool"),
    ("PATCH", "pools/{pool_id}"): door("administer", of="pool", body=lambda ids: {"name": "P"}),
    ("DELETE", "pools/{pool_id}"): door("administer", of="pool"),
    ("POST", "pools/{pool_id}/empty"): door("administer", of="pool", body=lambda ids: {
        "into": str(ids.other_pool)}),
    ("GET", "pools/{pool_id}/members"): door("administer", of="pool"),
    ("PUT", "pools/{pool_id}/members"): door("administer", of="pool", body=lambda ids: {
        "members": [{"user": str(ids.user)}]}),
    ("GET", "pools/{pool_id}/rules"): door("administer", of="pool"),
    ("POST", "pools/{pool_id}/rules"): door("administer", of="pool", body=lambda ids: {
        "name": "R", "days": 30}),
    ("POST", "users/{user_id}/hand-over/preview"): door(
        "view", "administer", of="user", body=lambda ids: {"heirs": []}),
    ("POST", "users/{user_id}/hand-over"): door("view", "administer", of="user", body=lambda ids: {
        "heirs": [str(ids.colleague)]}, may_conflict=True),
    ("GET", "assignment/rules"): door("administer"),
    ("POST", "assignment/rules"): door("administer", body=lambda ids: {
        "name": "A", "people": [str(ids.user)]}),
    ("PATCH", "assignment/rules/{assignment_rule_id}"): door(
        "administer", of="assignment_rule", body=lambda ids: {"name": "A"}),
    ("DELETE", "assignment/rules/{assignment_rule_id}"): door(
        "administer", of="assignment_rule"),
    ("POST", "assignment/rehearsal"): door("administer", body=lambda ids: {
        "people": [str(ids.user)]}),
    ("POST", "pools/{pool_id}/rehearsal"): door(
        "administer", of="pool", body=lambda ids: {"days": 30}),
    ("GET", "errands/{errand_id}"): door(of="errand"),
    ("GET", "rehearsals/{rehearsal_id}"): door("view", "administer", of="rehearsal"),
    ("POST", "assignment/run"): door("assign"),
    ("GET", "disputes"): door("view"),
    ("POST", "disputes"): door("create", of="customer", may_conflict=True, body=lambda ids: {
        "customer": str(ids.customer), "claim": "x"}),
    ("GET", "disputes/{dispute_id}"): door("view", of="dispute"),
    ("POST", "disputes/{dispute_id}/answer"): door(
        "view", "change", of="dispute", may_conflict=True, body=lambda ids: {"answer": "x"}),
    ("POST", "disputes/{dispute_id}/give-way"): door(
        "view", "change", of="dispute", may_conflict=True),
    ("POST", "disputes/{dispute_id}/withdraw"): door("view", of="dispute", may_conflict=True),
    ("POST", "disputes/{dispute_id}/decide"): door(
        "view", "assign", of="dispute", may_conflict=True, body=lambda ids: {
            "verdict": "keep", "reason": "x"}),
    ("GET", "dispute-rules"): door("administer"),
    ("POST", "dispute-rules"): door("administer", body=lambda ids: {"name": "D"}),
    ("PATCH", "dispute-rules/{dispute_rule_id}"): door(
        "administer", of="dispute_rule", body=lambda ids: {"name": "D"}),
    ("DELETE", "dispute-rules/{dispute_rule_id}"): door("administer", of="dispute_rule"),
    ("PATCH", "rules/{rule_id}"): door("administer", of="rule", body=lambda ids: {"name": "R"}),
    ("DELETE", "rules/{rule_id}"): door("administer", of="rule"),
    # Segments
    ("GET", "segments"): door("view"),
    ("POST", "segments"): door("segment", body=lambda ids: SEGMENT),
    ("POST", "segments/preview"): door("view", body=lambda ids: {"filter": {"all": []}}),
    ("POST", "segments/overlap"): door("view", body=lambda ids: {
        "segments": [str(ids.segment), str(ids.other_segment)]}),
    ("GET", "segments/{segment_id}"): door("view", of="segment"),
    ("PATCH", "segments/{segment_id}"): door("segment", of="segment", body=lambda ids: {
        "name": "S"}),
    ("DELETE", "segments/{segment_id}"): door("segment", of="segment"),
    ("GET", "segments/{segment_id}/members"): door("view", of="segment"),
    ("GET", "segments/{segment_id}/sizes"): door("view", of="segment"),
    # Today and scores
    ("GET", "today"): door("view"),
    ("POST", "today/{customer_id}/work"): door("note", "work", of="customer", body=lambda ids: {
        "channel": "call"}),
    ("POST", "today/{customer_id}/snooze"): door("work", of="customer", body=lambda ids: {
        "until": str(ids.tomorrow)}),
    ("POST", "today/{customer_id}/dismiss"): door("work", of="customer"),
    ("POST", "today/{customer_id}/reopen"): door("work", of="customer"),
    ("POST", "today/{customer_id}/hand-over"): door("work", of="customer", body=lambda ids: {
        "assignee": str(ids.user)}),
    ("GET", "scores/runs"): door("view"),
    ("POST", "scores/runs"): door("score"),
    # Imports and undo
    ("POST", "imports"): door("import", body=lambda ids: {"type": "customer", "file": upload()}),
    ("GET", "imports/{import_id}"): door("import", of="waiting"),
    ("PATCH", "imports/{import_id}"): door("import", of="waiting", body=lambda ids: {
        "mapping": ids.mapping}),
    ("POST", "imports/{import_id}/start"): door("import", of="waiting", body=lambda ids: {
        "dry_run": True}),
    ("GET", "imports/{import_id}/errors"): door("import", of="done"),
    ("GET", "imports/{import_id}/questions"): door("import", of="done"),
    ("POST", "imports/{import_id}/answers"): door("import", of="done", body=lambda ids: {
        "verdict": "skip"}),
    ("GET", "batches"): door("view"),
    ("GET", "batches/{batch_id}"): door(
        "view", of="customer", is_hidden=True, rights_elsewhere=("undo",)),
    ("POST", "batches/{batch_id}/undo"): door(
        "undo_own", of="customer", is_hidden=True, rights_elsewhere=("undo",)),
    # The firm
    ("GET", "me"): door(),
    ("GET", "field-rights"): door("administer"),
    ("PUT", "field-rights"): door("administer", body=lambda ids: {
        "role": "staff", "record_type": "customer", "field": "phones", "level": "mask"}),
    ("GET", "users"): door("administer"),
    ("POST", "users"): door("administer", body=lambda ids: USER),
    ("PATCH", "users/{user_id}"): door("administer", of="user", body=lambda ids: {"name": "x"}),
    ("GET", "teams"): door(),
    ("POST", "teams"): door("administer", body=lambda ids: {"name": "T"}),
    ("GET", "tokens"): door(),
    ("POST", "tokens"): door("keep", body=lambda ids: {"name": "t", "scopes": ["write"]}),
    ("DELETE", "tokens/{token_id}"): door("keep", of="token"),
    ("GET", "views"): door("view"),
    ("POST", "views"): door("keep", body=lambda ids: {"record_type": "customer", "name": "n"}),
    ("DELETE", "views/{view_id}"): door("keep", of="view"),
    ("GET", "schema/{name}"): door(),
}  # fmt: skip


TERRITORIAL = ("customer", "order", "task", "duplicate", "decided", "dispute")
_IDS = {
    "customer_id": "customer", "duplicate_id": "duplicate", "order_id": "order",
    "task_id": "task", "relation_id": "relation", "attachment_id": "attachment",
    "product_id": "product", "segment_id": "segment", "pool_id": "pool", "rule_id": "rule",
    "assignment_rule_id": "assignment_rule",
    "dispute_id": "dispute", "dispute_rule_id": "dispute_rule",
    "view_id": "view", "batch_id": "batch", "token_id": "token", "user_id": "user",
    "erasure_id": "erasure", "retention_id": "retention", "alarm_id": "alarm", "key": "purpose",
    "with_id": "user", "other_id": "double", "merged_id": "merged",
}  # fmt: skip


def address_of(route: str, door: Door, ids: SimpleNamespace, name: str) -> str:
    """A route with its parameters filled in."""
    parts = []
    for part in route.split("/"):
        if part[:1] in "<{" and part:
            parameter = part.strip("<>{}").rpartition(":")[2]
            known = {"name": name, "field": "name"}
            part = known.get(parameter) or str(getattr(ids, _IDS.get(parameter, door.of)))
        parts.append(part)
    return "/".join(parts)


def page_addresses() -> list[str]:
    return [route for route in _routes(get_resolver().url_patterns) if not route.startswith("api/")]


def route_addresses() -> dict[str, set[str]]:
    """Address → methods, as the API documents itself."""
    paths = api.get_openapi_schema()["paths"]
    return {
        path.removeprefix("/api/v1/"): {method.upper() for method in operations}
        for path, operations in paths.items()
    }


def _routes(patterns, prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route
