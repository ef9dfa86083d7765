"""Whatever happened to some customers: a merge loses nothing, leaves nothing behind and is what its
preview said; taken back at once it leaves no trace, taken back later it keeps what came since."""

from collections import Counter

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.commerce.actions import place_order, record_payment
from zhike.customers import actions
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers, preview_merge, unmerge_customers
from zhike.customers.merging.fields import BOTH, FIELDS, LOSER, WINNER
from zhike.customers.merging.pointers import pointers
from zhike.customers.models import Party
from zhike.insight.models import ScoreRun, StageDay, Standing, Suggestion
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.segments.actions import create_segment, evaluate_customers

COUNT = 4  # customers of each history: the first two are merged
# What is written about the writing itself; and the words of the search, which are derived anew at
# every write and catch up with a company's new name only then.
BOOKKEEPING = {"version", "updated_at", "batch_id", "search", "keys"}
TOLD = {"customer.merged", "customer.absorbed", "customer.unmerged", "customer.released",
        "batch.undone"}  # fmt: skip
TABLES = (
    "customers_party", "customers_task", "customers_attachment", "customers_relation",
    "commerce_order", "commerce_line", "commerce_payment", "events_event", "insight_suggestion",
    "insight_standing", "insight_stageday", "segments_membership", "segments_segment",
    "customers_displaced", "customers_duplicate",
)  # fmt: skip

who = st.integers(0, COUNT - 1)
words = st.sampled_from(["", "A", "B", "C"])
values = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["A", "B", "C"]), "city": words, "remark": words,
        "industry": words, "tags": st.lists(st.sampled_from("abcd"), max_size=3),
        "phones": st.lists(st.sampled_from(["13800000001", "13800000002", "13800000003"]),
                           max_size=2),
        "custom": st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12"), max_size=2),
        "birthday": st.sampled_from([None, "1990-01-01", "1991-01-01"]),
    },
)  # fmt: skip
steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), who, values),
        st.tuples(st.just("work_at"), who, who),
        st.tuples(st.sampled_from(["order", "task", "note", "file", "suggest"]), who, words),
        st.tuples(st.sampled_from(["partner", "parent"]), who, who),
        st.tuples(st.just("pay"), who, who),
        st.tuples(st.just("stand"), who, who),
    ),
    max_size=14,
)
choices = st.dictionaries(
    st.sampled_from([field.name for field in FIELDS]), st.sampled_from([WINNER, LOSER, BOTH])
)


class History:
    """A few customers, and what happens to them."""

    def __init__(self, mei) -> None:
        self.mei = mei
        self.parties = [
            actions.create_customer({"name": f"N{n}", "kind": "company"}, viewer=self.mei).pk
            for n in range(COUNT)
        ]
        self.run = ScoreRun.objects.create(as_of=clock.today(), requested_at=clock.now())
        self.orders: list = []
        create_segment(self.mei, name="S", filter={"fact": "city", "op": "eq", "value": "A"})

    def live(self, steps) -> None:
        for verb, subject, thing in steps:
            try:
                with transaction.atomic():
                    self._live(verb, self.parties[subject], thing)
            except ZhikeError:
                continue  # refused: it has not happened

    def _live(self, verb: str, party, thing) -> None:
        viewer = self.mei
        match verb:
            case "change":
                actions.change_customer(party, thing, viewer=viewer)
            case "work_at":
                actions.change_customer(party, {"company": self.parties[thing]}, viewer=viewer)
            case "order":
                order = place_order(
                    {"number": f"O{len(self.orders)}", "customer": party,
                     "placed_at": clock.now()},
                    lines=[{"quantity": 1, "unit_price": 5}], viewer=viewer,
                )  # fmt: skip
                self.orders.append(order.pk)
            case "pay":
                if self.orders:
                    order = self.orders[thing % len(self.orders)]
                    record_payment(order, amount=1, viewer=viewer)
            case "task":
                actions.create_task(party, title=thing or "T", viewer=viewer)
            case "note":
                actions.add_note(party, text=thing or "N", viewer=viewer)
            case "file":
                upload = SimpleUploadedFile("a.txt", b"a")
                actions.add_attachment(party, upload=upload, viewer=viewer)
            case "suggest" | "stand" if Party.objects.get(pk=party).merged_into_id:
                pass  # what is reckoned is reckoned for live customers
            case "suggest":
                Suggestion.objects.get_or_create(
                    party_id=party, defaults={"run": self.run, "reason": "due", "value": 1}
                )
            case "stand":
                Standing.objects.get_or_create(party_id=party, defaults={"run": self.run})
                StageDay.objects.create(
                    party_id=party, as_of=clock.today(), before="", stage="prospect"
                )
            case _:
                actions.add_relation(party, kind=verb, other_id=self.parties[thing], viewer=viewer)


def rows_of(table: str) -> Counter:
    """Every row without the bookkeeping."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t) - %s::text[] FROM {table} t", [sorted(BOOKKEEPING)])
        found = [row for (row,) in cursor.fetchall()]
    if table == "events_event":
        found = [row for row in found if not any(f'"{name}"' in row for name in TOLD)]
    return Counter(found)


def everything() -> dict[str, Counter]:
    return {table: rows_of(table) for table in TABLES}


def numbers() -> dict[str, int]:
    """Rows by table; what is set aside counts where it came from."""
    found = {table: sum(rows_of(table).values()) for table in TABLES}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT split_part(pointer, '.', 1), count(*) FROM customers_displaced "
            "WHERE row IS NOT NULL GROUP BY 1"
        )
        for table, number in cursor.fetchall():
            found[table] += number
    del found["customers_displaced"]
    return found


def left_behind(party_id) -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for pointer in pointers():
            cursor.execute(
                f"SELECT count(*) FROM {pointer.table} t WHERE {pointer.column} = %s", [party_id]
            )
            found[pointer.name] = cursor.fetchone()[0]
    found["events_event.party_id"] -= 1  # that it was merged away
    return {name: number for name, number in found.items() if number}


def values_of(party_id) -> dict:
    party = Party.objects.get(pk=party_id)
    return {field.name: getattr(party, field.attribute) for field in CUSTOMER.fields}


def possible(history: History, wanted: dict) -> dict:
    """Of the choices those that there are."""
    winner, loser = history.parties[:2]
    options = {
        one.field.name: one.options for one in preview_merge(history.mei, winner, loser).fields
    }
    return {name: side for name, side in wanted.items() if side in options[name]}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=steps, wanted=choices)
def test_a_merge_loses_nothing_and_taken_back_leaves_no_trace(cast, before, wanted):
    with transaction.atomic():
        history = History(cast.mei)
        history.live(before)
        evaluate_customers(history.parties)
        winner, loser, *_others = history.parties
        chosen = possible(history, wanted)
        state, count = everything(), numbers()
        preview = preview_merge(history.mei, winner, loser, chosen)

        batch = merge_customers(history.mei, winner, loser, chosen)

        merged = values_of(winner)
        assert {name: merged[name] for name in preview.values} == preview.values
        assert left_behind(loser) == {}
        assert numbers() == count
        assert _moved() == {
            str(one.label): (one.moved, one.aside)
            for one in preview.moves
            if (one.moved, one.aside) != (0, 0)
        }
        unmerge_customers(history.mei, batch.pk)
        assert everything() == state
        transaction.set_rollback(True)


def _moved() -> dict[str, tuple[int, int]]:
    labels = {pointer.name: str(pointer.label) for pointer in pointers() if pointer.label}
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pointer, row IS NOT NULL FROM customers_displaced")
        for pointer, is_aside in cursor.fetchall():
            if pointer in labels:
                found.setdefault(labels[pointer], [0, 0])[is_aside] += 1
    return {label: (moved, aside) for label, (moved, aside) in found.items()}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=steps, wanted=choices, after=steps)
def test_taken_back_later_it_keeps_what_came_since(cast, before, wanted, after):
    with transaction.atomic():
        history = History(cast.mei)
        history.live(before)
        winner, loser, *_others = history.parties
        chosen = possible(history, wanted)
        old_winner, old_loser = values_of(winner), values_of(loser)
        own = _rows_by_owner()
        batch = merge_customers(history.mei, winner, loser, chosen)
        written = values_of(winner)
        history.live(after)
        edited, count = values_of(winner), numbers()
        since = _rows_by_owner()

        unmerge_customers(history.mei, batch.pk)

        now = values_of(winner)
        many = {field.name for field in FIELDS if field.is_many} | {"custom"}
        for name in set(now) - many:
            untouched = edited[name] == written[name]
            assert now[name] == (old_winner[name] if untouched else edited[name]), name
        for name in ("phones", "tags"):
            added = set(written[name]) - set(old_winner[name])
            dropped = set(old_winner[name]) - set(written[name])
            assert set(now[name]) == (set(edited[name]) - added) | dropped, name
        assert values_of(loser) == old_loser
        assert numbers() == count
        # Old rows are back with whom they were with, unless somebody else has them now; new ones
        # stay, but for those written down under the loser's own id.
        for row, owner in _rows_by_owner().items():
            if row in own:
                assert owner == own[row]
            elif since[row] != winner:
                assert owner == since[row]
        transaction.set_rollback(True)


def _rows_by_owner() -> dict:
    found = {}
    with connection.cursor() as cursor:
        for table in ("commerce_order", "customers_task", "customers_attachment"):
            cursor.execute(f"SELECT id, party_id FROM {table}")
            found |= dict(cursor.fetchall())
    return found
