"""Customers from a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from uuid import UUID

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.access.queries import team_ids_by_user, user_ids_by_word
from zhike.access.viewer import Viewer
from zhike.customers.duplicates import likeliest, repeated
from zhike.customers.facts import CUSTOMER, KINDS
from zhike.customers.forgetting import were_erased
from zhike.customers.merging.following import merges_in_force
from zhike.customers.models import Party
from zhike.filters.schema import Words
from zhike.kernel.errors import Invalid
from zhike.records.actions import (
    change_prepared,
    clean_values,
    insert_records,
    new_instance,
    new_instances,
)
from zhike.records.fields import Field, FieldKind
from zhike.records.imports import (
    Clue,
    Group,
    Importer,
    Outcome,
    Question,
    fill_from_supplements,
    register,
    write_supplements,
)
from zhike.records.models import Batch
from zhike.records.queries import visible_ids

_BY_NAME = {"company": FieldKind.TEXT, "owner": FieldKind.TEXT}
_LEFT_OUT = {"team", "custom"}
# Of customers who are in one part of a file more than once all later ones are told in the second
# turn; a third finds those who were opened in the second.
TURNS = 4


def _fields() -> Iterable[Field]:
    for field in CUSTOMER.fields:
        if field.name in _LEFT_OUT or not field.is_editable:
            continue
        is_required = field.is_required and field.name != "kind"
        kind = _BY_NAME.get(field.name, field.kind)
        yield replace(field, kind=kind, is_required=is_required, links_to=None)


def key_of(values: Mapping, number: int) -> str:
    """Rows with the same number, e-mail or phone are one customer."""
    if values.get("code"):
        return f"code {values['code']}"
    for name in ("emails", "phones"):
        if values.get(name):
            return f"{name} {values[name][0]}"
    return f"row {number:09d}"


def apply(
    groups: Sequence[Group],
    options: Mapping,
    viewer: Viewer,
    batch: Batch,
) -> Outcome:
    outcome = Outcome()
    left = _with_owners(groups, outcome)
    for turn in range(TURNS):
        left = _write(left, options, viewer, batch, outcome, is_last=turn == TURNS - 1)
    return outcome


def _with_owners(groups: Sequence[Group], outcome: Outcome) -> list[tuple[Group, dict]]:
    """What the rows of each customer say, owners by their id; in the order of the file."""
    owners, teams = user_ids_by_word(), team_ids_by_user()
    wanted: list[tuple[Group, dict]] = []
    for group in sorted(groups, key=lambda one: one.rows[0][0]):
        values = _merged(group)
        owner = values.pop("owner", None)
        if owner:
            if str(owner).casefold() not in owners:
                reason = _("There is no user “%(name)s” who could own this.") % {"name": owner}
                outcome.refuse(group, reason)
                continue
            values["owner"] = owners[str(owner).casefold()]
            values["team"] = teams.get(values["owner"])
        wanted.append((group, values))
    return wanted


def _write(
    wanted: Sequence[tuple[Group, dict]],
    options: Mapping,
    viewer: Viewer,
    batch: Batch,
    outcome: Outcome,
    *,
    is_last: bool,
) -> list[tuple[Group, dict]]:
    """Writes customers, and leaves those who are probably an earlier one of the same file for the
    next turn, which compares them with the files that were opened in this one."""
    if not wanted:
        return []
    known = Matches([values for _group, values in wanted], lock=True)
    matched = [(group, values, known.find(values)) for group, values in wanted]
    seen = visible_ids(CUSTOMER, viewer, [party.pk for _g, _v, party in matched if party])
    new: list[tuple[Group, dict]] = []
    pairs: list[tuple[Party, Mapping]] = []
    for group, values, party in matched:
        if party is None:
            new.append((group, values))
        elif party.pk not in seen:
            outcome.refuse(group, out_of_sight())
        elif options.get("on_match") == "skip":
            outcome.skipped += 1
        else:
            pairs.append((party, values))
    new = _without_erased(new, outcome)
    new, left = (new, []) if is_last else _told_apart(new, options)
    opened, added = _sifted(new, options, viewer, outcome)
    pairs += added
    employers = {values.get("company") for values in (*opened, *(v for _party, v in pairs))}
    companies = company_ids(employers, viewer, batch)
    described = [describe_party(_linked(v, companies), viewer, options) for v in opened]
    parties = new_instances(CUSTOMER, described, batch=batch, source="import")
    fill_from_supplements("customer", list(zip(parties, opened, strict=True)))
    insert_records(CUSTOMER, parties, viewer=viewer, batch=batch)
    outcome.created += len(parties)
    changed = [(party, _cleaned(_linked(values, companies))) for party, values in pairs]
    updated = change_prepared(CUSTOMER, changed, viewer=viewer, batch=batch)
    said: dict[UUID, dict] = {}
    for party, told_of in (*zip(parties, opened, strict=True), *pairs):
        said.setdefault(party.pk, {}).update(told_of)
    told = write_supplements("customer", said, options, viewer, batch)
    updated += len({
        party.pk for party, _values in pairs
        if party.pk in told and party.batch_id != batch.pk
    })  # fmt: skip
    outcome.updated += updated
    outcome.skipped += len(changed) - updated
    return left


def _told_apart(
    new: Sequence[tuple[Group, dict]], options: Mapping
) -> tuple[list[tuple[Group, dict]], list[tuple[Group, dict]]]:
    """Of the customers to be opened the first of each, and those who are one of the first: by a
    number, an address or a phone, or probably where the option wants to know."""
    rows = [values for _group, values in new]
    likely = repeated(_of_a_kind(rows, options)) if _tells_probable(options) else set()
    names: set[tuple[str, str]] = set()
    first, left = [], []
    for number, (group, values) in enumerate(new):
        if number in likely or not names.isdisjoint(_decisive_names(values)):
            left.append((group, values))
        else:
            first.append((group, values))
            names.update(_names(values))
    return first, left


def _tells_probable(options: Mapping) -> bool:
    return (options.get("on_duplicate") or "create") != "create"


def _of_a_kind(rows: Sequence[Mapping], options: Mapping) -> list[dict]:
    kind = options.get("customer_kind") or "person"
    return [{"kind": kind, **values} for values in rows]


def _without_erased(
    wanted: Sequence[tuple[Group, dict]], outcome: Outcome
) -> list[tuple[Group, dict]]:
    """An old list doesn't bring back whom the firm has erased."""
    erased = were_erased([values for _group, values in wanted])
    for (group, _values), was_erased in zip(wanted, erased, strict=True):
        if was_erased:
            outcome.refuse(group, erased_before())
    return [one for one, was_erased in zip(wanted, erased, strict=True) if not was_erased]


def erased_before() -> str:
    """Why a row is refused that would open a file for somebody erased."""
    return _("This person was erased. Open the file by hand if they are a customer again.")


def _sifted(
    new: Sequence[tuple[Group, dict]], options: Mapping, viewer: Viewer, outcome: Outcome
) -> tuple[list[dict], list[tuple[Party, Mapping]]]:
    """Of the customers to be opened those that are, and what is added to files that are there
    because they are probably the same customer's, as the option says."""
    if not _tells_probable(options):
        return [values for _group, values in new], []
    what = options["on_duplicate"]
    opened: list[dict] = []
    probable: list[tuple[dict, UUID]] = []
    rows = _of_a_kind([values for _group, values in new], options)
    for (group, values), hit in zip(new, likeliest(viewer, rows), strict=True):
        if hit is None or not hit.is_clear:
            opened.append(values)
        elif what == "skip":
            outcome.skipped += 1
        elif what == "ask":
            why = tuple(Clue(one.words, one.facts) for one in hit.reasons)
            outcome.ask(group, Question(hit.party.pk, hit.probability, why))
        else:
            probable.append((values, hit.party.pk))
    locked = Party.objects.select_for_update().in_bulk([pk for _values, pk in probable])
    return opened, [(locked[pk], _added(locked[pk], values)) for values, pk in probable]


def write_into(
    group: Group, party_id: UUID, options: Mapping, viewer: Viewer, batch: Batch
) -> Outcome:
    """Writes the rows of one customer into the file that they turned out to belong to."""
    outcome = Outcome()
    party_id = CUSTOMER.stand_ins([party_id]).get(party_id, party_id)
    if not visible_ids(CUSTOMER, viewer, [party_id], archived=False):
        outcome.refuse(group, _("The customer who is there already is archived or out of sight."))
        return outcome
    party = Party.objects.select_for_update().get(pk=party_id)
    values = _added(party, _merged(group))
    companies = company_ids({values.get("company")}, viewer, batch)
    cleaned = _cleaned(_linked(values, companies))
    written = change_prepared(CUSTOMER, [(party, cleaned)], viewer=viewer, batch=batch)
    told = write_supplements("customer", {party.pk: values}, options, viewer, batch)
    outcome.updated = int(bool(written or told))
    outcome.skipped = 1 - outcome.updated
    return outcome


def _added(party: Party, values: Mapping) -> dict:
    """What rows that name a customer otherwise say beyond the file: it keeps its name and number,
    lists are joined, gaps are filled."""
    added = {}
    for name, value in values.items():
        if name in ("owner", "team"):
            continue  # whoever looks after the customer keeps doing so
        if name not in CUSTOMER.field_by_name:
            added[name] = value  # of another app's columns
            continue
        known = getattr(party, CUSTOMER.field_by_name[name].attribute)
        if isinstance(known, list):
            added[name] = list(dict.fromkeys([*known, *value]))
        elif known in (None, ""):
            added[name] = value
    return added


def out_of_sight() -> str:
    """Why a row is refused that names a customer whom the importer may not see."""
    return _("This customer is on file with a colleague whose customers you may not see.")


def _merged(group: Group) -> dict:
    """What the rows of one customer say together; later rows win, lists are joined."""
    merged: dict = {}
    for _number, values in group.rows:
        for name, value in values.items():
            if value in (None, "", [], ()):
                continue
            if isinstance(value, list) and name in merged:
                merged[name] = list(dict.fromkeys([*merged[name], *value]))
            else:
                merged[name] = value
    return merged


def _bearing(column: str, values: Sequence[str]) -> RawSQL:
    """The ids of the customers with one of some numbers or addresses, each looked up by the index:
    for a long list as a whole PostgreSQL compares every file with all of it."""
    statement = (
        "SELECT p.id FROM unnest(%s::varchar[]) w(value) CROSS JOIN LATERAL "
        f"(SELECT r.id FROM customers_party r WHERE r.{column} @> ARRAY[w.value]) p"
    )
    return RawSQL(statement, [list(dict.fromkeys(values))])


class Matches:
    """The customers of the base that some rows may mean: by number, then e-mail, then phone. What
    belonged to a customer that was merged into another still leads there."""

    def __init__(self, rows: Sequence[Mapping], *, lock: bool):
        codes = [row["code"] for row in rows if row.get("code")]
        emails = [email for row in rows for email in row.get("emails") or ()]
        phones = [phone for row in rows for phone in row.get("phones") or ()]
        known = Party.objects.filter(Q(archived_at=None) | Q(merged_into__isnull=False))
        if lock:
            known = known.select_for_update()
        else:  # only who it is will be asked
            known = known.only("id", "code", "emails", "phones", "merged_into")
        found: dict[UUID | None, Party] = {}
        if codes:
            # Without the condition PostgreSQL can't tell that the indexes of numbers will do, and
            # reads a million files for each chunk.
            numbered = known.filter(code__in=codes).exclude(code="")
            live, merged = (
                numbered.filter(archived_at=None),
                numbered.filter(merged_into__isnull=False),
            )
            found |= {party.pk: party for party in [*live, *merged]}
        for column, values in (("emails", emails), ("phones", phones)):
            if values:
                bearing = known.filter(pk__in=_bearing(column, values))
                found |= {party.pk: party for party in bearing}
        stand_ins = {party.merged_into_id for party in found.values() if party.merged_into_id}
        missing = [pk for pk in stand_ins if pk not in found]
        found |= {party.pk: party for party in known.filter(pk__in=missing)} if missing else {}
        self._parties = found
        self._live: dict[tuple[str, str], Party] = {}
        self._merged: dict[tuple[str, str], Party] = {}
        for party in found.values():
            names = self._live if party.merged_into_id is None else self._merged
            names.update(dict.fromkeys(identifiers(party), party))

    def find(self, row: Mapping) -> Party | None:
        name = self._name(row)
        if name is None:
            return None
        if name in self._live:
            return self._live[name]
        return self._parties.get(self._merged[name].merged_into_id)

    def find_merged(self, row: Mapping) -> Party | None:
        """The merged customer that a row means by an identifier which was theirs alone."""
        name = self._name(row)
        merged = self._merged.get(name) if name else None
        if name is None or merged is None:
            return None
        is_shared = name in self._live and not self._was_brought(name, merged)
        return None if is_shared else merged

    def _was_brought(self, name: tuple[str, str], merged: Party) -> bool:
        """Whether the winner has an identifier only since the merge."""
        kind, value = name
        before = self._before.get(merged.pk, {})
        known = before.get(kind, [value])
        return value not in ([known] if isinstance(known, str) else known)

    @cached_property
    def _before(self) -> Mapping[UUID, Mapping]:
        """What the merges of those found changed in the winners' files."""
        merged = {party.pk for party in self._merged.values()}
        return dict(merges_in_force(loser_id__in=merged).values_list("loser_id", "before"))

    def _name(self, row: Mapping) -> tuple[str, str] | None:
        """The first identifier of a row that is somebody's."""
        names = _decisive_names(row)
        return next((name for name in names if name in self._live or name in self._merged), None)


def identifiers(party: Party) -> list[tuple[str, str]]:
    return _names({"code": party.code, "emails": party.emails, "phones": party.phones})


def _names(row: Mapping) -> list[tuple[str, str]]:
    return [
        *([("code", row["code"])] if row.get("code") else []),
        *((key, value) for key in ("emails", "phones") for value in row.get(key) or ()),
    ]


def _decisive_names(row: Mapping) -> list[tuple[str, str]]:
    """A number decides alone: two members of a family may share a phone."""
    return _names(row)[:1] if row.get("code") else _names(row)


def company_ids(names: Iterable[str | None], viewer: Viewer, batch: Batch) -> dict[str, UUID]:
    """Companies by name; those that are not there yet are opened."""
    wanted = {name for name in names if name}
    if not wanted:
        return {}
    found = Party.objects.filter(name__in=wanted, kind="company")
    known = dict(found.filter(merged_into__isnull=False).values_list("name", "merged_into_id"))
    known |= dict(found.filter(archived_at=None).values_list("name", "pk"))
    missing = [
        build_party({"name": name, "kind": "company"}, viewer, batch, {})
        for name in sorted(wanted - known.keys())
    ]
    insert_records(CUSTOMER, missing, viewer=viewer, batch=batch)
    return known | {party.name: party.pk for party in missing}


def build_party(values: Mapping, viewer: Viewer, batch: Batch, options: Mapping) -> Party:
    """A file about to be opened for a row that names somebody."""
    described = describe_party(values, viewer, options)
    return new_instance(CUSTOMER, described, batch=batch, source="import")


def describe_party(values: Mapping, viewer: Viewer, options: Mapping) -> dict:
    """What is written into a file that is opened for a row, as cleaned values."""
    name = values.get("name") or _nameless(values)
    kind = values.get("kind") or options.get("customer_kind") or "person"
    if viewer.sight != "all" and not values.get("owner"):
        # Who sees only some customers must see those that they bring in.
        values = {**values, "owner": viewer.user_id, "team": viewer.team_id}
    return _cleaned({**values, "name": name, "kind": kind})


def _nameless(values: Mapping) -> str:
    if values.get("code"):
        return _("Customer %(code)s") % {"code": values["code"]}
    return (values.get("emails") or values.get("phones") or ["–"])[0]


def _linked(values: Mapping, companies: Mapping[str, UUID]) -> dict:
    company = values.get("company")
    if not company or company == values.get("name"):
        return {name: value for name, value in values.items() if name != "company"}
    return {**values, "company": companies[company]}


def _cleaned(values: Mapping) -> dict:
    own = {name: value for name, value in values.items() if name in CUSTOMER.field_by_name}
    return clean_values(CUSTOMER, own, is_new=False)


def check_row(values: Mapping) -> None:
    if not any(values.get(name) for name in NAMED_BY):
        raise Invalid("nobody", _("The row names nobody: no name, number, e-mail or phone."))


NAMED_BY = ("name", "code", "emails", "phones")


def on_match(label: Words) -> Field:
    """The option that says what happens to records that are there already."""
    choices = {"update": gettext_lazy("Update"), "skip": gettext_lazy("Skip")}
    return Field("on_match", label, FieldKind.CHOICE, choices=lambda: choices)


CUSTOMER_KIND = Field(
    "customer_kind",
    gettext_lazy("New customers without a kind are"),
    FieldKind.CHOICE,
    choices=lambda: KINDS,
)
ON_DUPLICATE = Field(
    "on_duplicate",
    gettext_lazy("Customers who are probably there, written otherwise"),
    FieldKind.CHOICE,
    choices=lambda: {
        "create": gettext_lazy("Open a file of their own"),
        "skip": gettext_lazy("Skip"),
        "update": gettext_lazy("Add to the file that is there"),
        "ask": gettext_lazy("Ask me about each"),
    },
)
OPTIONS = (on_match(gettext_lazy("Customers who are there already")), ON_DUPLICATE, CUSTOMER_KIND)


def declare() -> None:
    fields = tuple(_fields())
    optional_name = tuple(replace(f, is_required=False) if f.name == "name" else f for f in fields)
    register(
        Importer(
            "customer",
            gettext_lazy("Customers"),
            optional_name,
            key_of,
            apply,
            check_row,
            OPTIONS,
            needs_one_of=(NAMED_BY,),
            write_into=write_into,
        )
    )
