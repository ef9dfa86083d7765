"""What a complete file says of a customer. PostgreSQL keeps the share with each file."""

from collections.abc import Mapping, Sequence

from django.db.models import Func, SmallIntegerField

# The fields that count, each as much as the others: by which one reaches a customer, tells them
# apart, and knows whose they are.
COUNTED: Mapping[str, tuple[str, ...]] = {
    "person": ("phones", "emails", "city", "birthday", "gender", "owner"),
    "company": (
        "phones", "emails", "city", "street", "industry", "registration_no", "website", "owner",
    ),
}  # fmt: skip
ALL_COUNTED = tuple(dict.fromkeys(name for names in COUNTED.values() for name in names))
_LISTS, _NULLABLE = {"phones", "emails"}, {"birthday": "birthday", "owner": "owner_id"}


def is_filled(name: str, table: str = "") -> str:
    """The condition that a counted field says something, as SQL."""
    prefix = f"{table}." if table else ""
    if name in _LISTS:
        return f"cardinality({prefix}{name}) > 0"
    if name in _NULLABLE:
        return f"{prefix}{_NULLABLE[name]} IS NOT NULL"
    return f"{prefix}{name} <> ''"


def completeness() -> Func:
    """0…100: the share of the counted fields that are filled in."""
    person, company = (_share(COUNTED[kind]) for kind in ("person", "company"))
    return Func(
        template=f"(CASE kind WHEN 'company' THEN {company} ELSE {person} END)",
        output_field=SmallIntegerField(),
    )


def _share(names: Sequence[str]) -> str:
    filled = " + ".join(f"({is_filled(name)})::int" for name in names)
    return f"({filled}) * 100 / {len(names)}"
