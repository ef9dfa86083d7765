"""Disputes of the demo company, and the rules that propose who has the customer."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from zhike.access.queries import viewer_by_id
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters import All, Not, Test
from zhike.ownership.disputes.actions import answer_dispute, decide_dispute, open_dispute
from zhike.ownership.disputes.queries import dispute_rules
from zhike.ownership.disputes.rules import create_dispute_rule
from zhike.records.queries import find, visible_ids

RULES = (
    {"name": "受保护的不变", "when": "protected", "verdict": "keep"},
    {"name": "90 天内有成交", "when": "order", "days": 90, "verdict": "keep"},
    {"name": "半年无跟进", "when": "neglected", "days": 180, "verdict": "give"},
    {"name": "对方近期在跟进", "when": "rival_contact", "days": 30, "verdict": "share"},
)
# What the claimant says, what the owner answers, and how a manager decided; "" where nobody has.
CASES = (
    ("上月展会上认识了他们的采购经理，正在谈今年的礼盒。", "一直由我供货，上周刚寄了样品。", "keep",
     "原负责人近期有成交，维持不变。"),
    ("对方采购换人了，新采购是我的老客户。", "", "share",
     "门店由原负责人跟进，总部采购由申请人跟进。"),
    ("对方总部在我的区域，已约好下周拜访。", "分店都在我这边，不同意让出。", "", ""),
    ("老客户介绍过来的，报价已经发出。", "", "", ""),
)  # fmt: skip


def write_disputes(
    sellers: Mapping[int, Viewer], managers: Sequence[UUID], viewer: Viewer, batch
) -> None:
    """Rules where there are none, and a dispute for each case whose two sides have customers; their
    tasks belong to the batch. Nobody changes hands: the batch is undone as a whole."""
    if not dispute_rules(viewer):
        for rule in RULES:
            create_dispute_rule(viewer, **rule)
    people = list(sellers.values())
    deciders = [viewer_by_id(one, source=viewer.source) for one in managers]
    for number, (claim, answer, verdict, reason) in enumerate(CASES):
        owner = people[number % len(people)]
        claimant = people[(number + len(people) // 2) % len(people)]
        party = _customer_of(owner)
        if party is None or owner.user_id == claimant.user_id:
            continue
        asked = {"about": party.pk}
        if not visible_ids(CUSTOMER, claimant, [party.pk]):
            asked = {"sign": "phone", "values": {"phones": party.phones[0]}}
        dispute = open_dispute(claimant, claim=claim, batch=batch, **asked)
        if answer:
            answer_dispute(owner, dispute.pk, answer=answer)
        if verdict and deciders:
            decide_dispute(deciders[0], dispute.pk, verdict=verdict, reason=reason)


def _customer_of(owner: Viewer):
    """A company of somebody's that has a phone number."""
    where = All((
        Test("owner", "eq", owner.user_id), Test("kind", "eq", "company"),
        Not(Test("phones", "is_empty")),
    ))  # fmt: skip
    return next(iter(find(CUSTOMER, owner, where=where, limit=1).items), None)
