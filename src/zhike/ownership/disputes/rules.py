"""Setting up the rules by which a dispute's outcome is proposed."""

from django.utils.translation import gettext as _

from zhike.kernel.errors import FieldError
from zhike.ownership.actions.rulebook import Rulebook
from zhike.ownership.disputes.judging import OF_DAYS
from zhike.ownership.models import DisputeRule
from zhike.ownership.setting import no_such_field, one_of


class _DisputeRules(Rulebook[DisputeRule]):
    """What one has proposed stays with the decisions when it is removed."""

    model = DisputeRule
    kind = "dispute_rule"

    def cleaned(self, name: str, value: object) -> object:
        match name:
            case "when":
                return one_of(name, value, DisputeRule.When.values)
            case "verdict":
                return one_of(name, value, DisputeRule.Verdict.values)
        raise no_such_field(name)

    def wrong_together(self, rule: DisputeRule) -> list[FieldError]:
        if rule.when not in OF_DAYS:
            rule.days = None
        elif rule.days is None:
            return [FieldError("days", "missing", _("Say how many days."))]
        return []


_BOOK = _DisputeRules()
create_dispute_rule = _BOOK.create
change_dispute_rule = _BOOK.change
remove_dispute_rule = _BOOK.remove
