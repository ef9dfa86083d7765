"""Steps that setting up rules has in common: values cleaned one by one, every wrong one named."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from zhike.customers.facts import CUSTOMER
from zhike.filters import Node, check, dump, parse
from zhike.kernel.errors import FieldError, Invalid
from zhike.records.queries import firm

LARGEST = 1_000_000


def set_values(
    rule: Any,
    values: Mapping,
    cleaned: Callable[[str, Any], object],
    wrong_together: Callable[[], list[FieldError]],
) -> None:
    """Sets what is given. Raises one Invalid that names every value that can't be taken, or what
    doesn't go together."""
    errors: list[FieldError] = []
    for name, value in values.items():
        try:
            setattr(rule, name, cleaned(name, value))
        except Invalid as error:
            errors.extend(error.errors)
    errors = errors or wrong_together()
    if errors:
        raise Invalid("invalid", _("Some values can't be taken."), tuple(errors))


def rule_name(value: object) -> str:
    text = str(value).strip()
    if not text or len(text) > 80:
        raise Invalid.field("name", "missing", _("Give a name of at most 80 characters."))
    return text


def one_of(name: str, value: object, known: object) -> object:
    if value not in known:  # type: ignore[operator]
        raise Invalid.field(name, "unknown_choice", _("There is no such choice."))
    return value


def whole_number(name: str, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= LARGEST:
        raise Invalid.field(name, "bad_value", _("A whole number from 0 is needed."))
    return number


def number_of_days(value: object) -> int:
    number = whole_number("days", value)
    if not 1 <= number <= 3650:
        raise Invalid.field("days", "bad_value", _("From 1 to 3,650 days."))
    return number


def customer_filter(value: Mapping | None) -> dict:
    """A filter over customers as it is kept. Raises Invalid when it can't be asked."""
    if not value:
        return {}
    tree = parse(value)
    asked(tree)
    return dump(tree)


def asked(tree: Node) -> Node:
    return check(tree, CUSTOMER.schema, currency=firm().currency)


def no_such_field(name: str) -> Invalid:
    message = _("There is no field “%(name)s”.") % {"name": name}
    return Invalid.field(name, "unknown_field", message)
