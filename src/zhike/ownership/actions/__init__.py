"""What changes pools, their rules, and who holds which customer."""

from zhike.ownership.actions.allotting import Assigned, assign_arrivals, assign_unowned
from zhike.ownership.actions.assignment_rules import (
    change_assignment_rule,
    create_assignment_rule,
    draft_assignment_rule,
    remove_assignment_rule,
)
from zhike.ownership.actions.claiming import (
    Claimed,
    assign_customers,
    claim_customer,
    claim_customers,
    release_customers,
)
from zhike.ownership.actions.handing_over import Estate, hand_over_all, preview_hand_over
from zhike.ownership.actions.pools import (
    Membership,
    change_pool,
    create_pool,
    empty_pool,
    remove_pool,
    set_members,
)
from zhike.ownership.actions.protecting import protect_customer, unprotect_customer
from zhike.ownership.actions.recycling import (
    Outcome,
    preview_recycling,
    recycle,
    recycling_was_killed,
)
from zhike.ownership.actions.rules import change_rule, create_rule, draft_rule, remove_rule

__all__ = [
    "Estate",
    "hand_over_all",
    "preview_hand_over",
    "Assigned",
    "assign_arrivals",
    "assign_unowned",
    "change_assignment_rule",
    "create_assignment_rule",
    "draft_assignment_rule",
    "remove_assignment_rule",
    "Claimed",
    "Membership",
    "Outcome",
    "assign_customers",
    "change_pool",
    "change_rule",
    "claim_customer",
    "claim_customers",
    "create_pool",
    "create_rule",
    "draft_rule",
    "empty_pool",
    "preview_recycling",
    "protect_customer",
    "recycle",
    "recycling_was_killed",
    "release_customers",
    "remove_pool",
    "remove_rule",
    "set_members",
    "unprotect_customer",
]
