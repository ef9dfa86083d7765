"""What a rule would do, before it is kept: who would go now, who next, when and why."""

from dataclasses import dataclass

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters.sentence import sentence
from zhike.kernel import clock
from zhike.ownership.clocks import Asked, Clock, clocks, count_clocks, rules_in_force, tree_of
from zhike.ownership.models import Rule
from zhike.records.queries import firm

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """Customers in the viewer's sight: how many would go at once, some of them, the next ones."""

    number: int
    now: list[Clock]
    next: list[Clock]
    sentence: str


def preview_rule(viewer: Viewer, rule: Rule) -> Preview:
    """Raises Invalid when the rule's filter can't be asked. Other rules before it still come
    first; a rule that takes nobody answers with nobody."""
    require(viewer, "administer")
    tree = tree_of(rule)
    words = sentence(tree, CUSTOMER.schema, currency=firm().currency)
    rule.is_enabled = True
    rules = rules_in_force(instead=rule)
    places = [place for place, one in enumerate(rules.asked) if one[0] is rule]
    if not places or rule.days is None:
        return Preview(0, [], [], words)
    today, number = clock.today(), places[0]
    due = Asked(viewer=viewer, number=number, ends_by=today)
    later = Asked(viewer=viewer, number=number, ends_after=today)
    return Preview(
        count_clocks(rules, due),
        clocks(rules, due, limit=SHOWN),
        clocks(rules, later, limit=SHOWN),
        words,
    )
