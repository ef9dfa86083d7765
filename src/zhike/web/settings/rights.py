"""What each role may do with single facts: the page on which administrators set it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.access import queries
from zhike.access.policies import require
from zhike.filters.schema import Words
from zhike.records.actions import levels_of, limit_fact
from zhike.records.limits import settable
from zhike.records.types import RecordType, label_of_fact, record_type, record_types
from zhike.web.fragments import go
from zhike.web.request import Request


@dataclass(frozen=True, slots=True)
class FactRight:
    """One line of the page: a fact, and what the role may do with it."""

    name: str
    label: Words
    group: Words
    level: str
    options: Sequence[tuple[str, Words]]


class FieldRightsPage:
    def __init__(self, request: Request):
        self.viewer = request.viewer
        self.set = queries.field_rights(request.viewer)
        self.role = request.GET.get("role") or self.roles[0][0]
        self.kind: RecordType = record_type(request.GET.get("type") or "customer")

    @property
    def roles(self) -> list[tuple[str, Words]]:
        return [(role, label) for role, label in queries.ROLES if role != "administrator"]

    @property
    def types(self) -> list[tuple[str, Words]]:
        return [(kind.name, kind.plural) for kind in record_types().values()]

    @property
    def address(self) -> str:
        pairs = {"role": self.role, "type": self.kind.name}
        return reverse("field_rights") + "?" + urlencode(pairs)

    @property
    def groups(self) -> list[tuple[Words, list[FactRight]]]:
        found: dict[Words, list[FactRight]] = {}
        for line in self._lines():
            found.setdefault(line.group, []).append(line)
        return list(found.items())

    def _lines(self) -> Iterator[FactRight]:
        words = dict(queries.LEVELS)
        for name in settable(self.kind):
            fact = self.kind.schema.facts.get(name)
            options: list[tuple[str, Words]] = [
                (level, words[level]) for level in self._levels(name)
            ]
            level = self.set.get((self.role, self.kind.name, name), "write")
            group = (fact.group if fact else None) or _("More")
            yield FactRight(name, label_of_fact(self.kind.name, name), group, level, options)

    def _levels(self, name: str) -> tuple[str, ...]:
        """What is computed is read or not; nobody sets it."""
        levels = levels_of(self.kind, name)
        is_computed = name not in self.kind.field_by_name
        return tuple(level for level in levels if not (is_computed and level == "read"))

    @transaction.atomic
    def save(self, chosen) -> None:
        for name in settable(self.kind):
            if name in chosen:
                limit_fact(self.viewer, self.kind, role=self.role, fact=name, level=chosen[name])


@require_http_methods(["GET", "POST"])
def field_rights(request: Request) -> HttpResponse:
    require(request.viewer, "administer")
    page = FieldRightsPage(request)
    if request.method == "POST":
        page.save(request.POST)
        return go(request, page.address, _("Saved."))
    return render(request, "settings/field_rights.html", {"page": page})
