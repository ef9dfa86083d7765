"""Lists, searches and the page of one customer: processor time and latency.

Alone, then with 8 clients at once (processes that ask one question after the other without a
pause: all the same one, then all questions in turn; then web pages likewise, through the whole of
Django). The peer is the cheapest list there can be: 50 rows in the order of the primary key.
Targets at a million customers: 20 ms of processor time, p95 of 100 ms with 8 clients.
"""

import itertools
import multiprocessing
import os
import time
from collections.abc import Callable

import machine

REPETITIONS = 60
CLIENTS = 8
ROUNDS = 25
Seconds = dict[str, list[float]]


def questions() -> dict[str, Callable[[], object]]:
    """By label, asked on a connection as the web server has them."""
    from django.db import connection

    from zhike.access.queries import user_ids_by_word, viewer_by_id
    from zhike.access.viewer import SYSTEM
    from zhike.customers.facts import CUSTOMER
    from zhike.filters import All, Test
    from zhike.kernel.reading import limit_statements
    from zhike.records.queries import find

    far = far_cursor()
    limit_statements(connection)
    seller = viewer_by_id(user_ids_by_word()["顾清和"], source="page")

    def ask(viewer=SYSTEM, **wanted):
        return lambda: find(CUSTOMER, viewer, **wanted)

    two = All((Test("city", "eq", "杭州"), Test("kind", "eq", "company")))
    scarce = All((Test("city", "eq", "兰州"), Test("tags", "has_any", ("批发",))))
    spending = All((Test("city", "eq", "杭州"), Test("orders.total", "gte", 1_000_000)))
    return {
        "first page": ask(),
        "newest first": ask(sort="-created_at"),
        "far down (90 %)": ask(cursor=far),
        "two filters": ask(where=two),
        "two filters, newest first": ask(where=two, sort="-created_at"),
        "two filters, rare": ask(where=scarce),
        "a filter on orders": ask(where=spending),
        "first page, one seller": ask(seller),
        "search 王伟": ask(search="王伟"),
        "search wangwei": ask(search="wangwei"),
        "search yq": ask(search="yq"),
        "search 云栖": ask(search="云栖"),
        "search phone, 4 digits": ask(search="2533"),
        "search 王伟, one seller": ask(seller, search="王伟"),
        "search phone, one seller": ask(seller, search="2533"),
        "search + filter": ask(where=Test("city", "eq", "杭州"), search="云栖"),
        "360° of a customer": file_of_customer(),
    }


def web_pages() -> dict[str, Callable[[], object]]:
    return {
        "the list as a web page": web_page(lambda: "/customers/"),
        "360° as a web page": web_page(busy_customers("/customers/{}")),
    }


def far_cursor() -> str:
    from django.db import connection

    from zhike.kernel.paging import encode_cursor

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) * 9 / 10 FROM customers_party")
        place = cursor.fetchone()[0]
        cursor.execute(
            "SELECT name_key, id FROM customers_party ORDER BY name_key, id LIMIT 1 OFFSET %s",
            [place],
        )
        return encode_cursor("name", *cursor.fetchone())


def busy_customers(pattern: str = "{}") -> Callable[[], str]:
    """Customers with many orders, one after the other."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT party_id FROM commerce_order WHERE number < 'SO00020000'"
            " GROUP BY 1 ORDER BY count(*) DESC LIMIT 20"
        )
        turn = itertools.cycle([pattern.format(row[0]) for row in cursor.fetchall()])
    return lambda: next(turn)


def file_of_customer() -> Callable[[], object]:
    """What the page of a customer shows: file, timeline, orders, tasks, relations, scores."""
    from zhike.access.viewer import SYSTEM
    from zhike.commerce.queries import orders_of
    from zhike.customers.queries import attachments, customer, open_tasks, related_parties
    from zhike.events.queries import timeline
    from zhike.insight.explaining import explain
    from zhike.insight.queries import standing_of, suggestion_of
    from zhike.kernel.reading import one_reading, together

    whose = busy_customers()

    def read():
        with one_reading():  # as every page and every GET of the API does
            party = customer(SYSTEM, whose())
            together(
                lambda: timeline(party.pk),
                lambda: orders_of(SYSTEM, party.pk),
                lambda: open_tasks(SYSTEM, party.pk),
                lambda: related_parties(SYSTEM, party),
                lambda: attachments(party),
                lambda: explain(SYSTEM, standing_of(SYSTEM, party)),
                lambda: suggestion_of(SYSTEM, party),
            )

    return read


def web_page(address: Callable[[], str]) -> Callable[[], object]:
    """A page through the whole of Django, from session to markup, for a manager of teams."""
    from django.conf import settings
    from django.test import Client

    from zhike.access.queries import user_ids_by_word

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    session = client.session
    session["user"] = str(user_ids_by_word()["沈知秋"])
    session.save()

    def read():
        answer = client.get(address())
        assert answer.status_code == 200, answer.status_code

    return read


def plain_list() -> object:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM customers_party ORDER BY id LIMIT 50")
        return cursor.fetchall()


def client(customers: int, asks: Callable[[], dict], start, results) -> None:
    """One of several: asks everything, each question often while the others ask it as well, then
    all in turn; hands back the seconds by question, of both."""
    machine.use_home(customers)
    import django

    django.setup()
    asked = asks()
    for ask in asked.values():
        ask()
    same: Seconds = {label: [] for label in asked}
    mixed: Seconds = {label: [] for label in asked}
    for label, ask in asked.items():
        start.wait()
        for _ in range(ROUNDS):
            same[label].append(_seconds(ask))
    start.wait()
    for _ in range(ROUNDS):
        for label, ask in asked.items():
            mixed[label].append(_seconds(ask))
    results.put((same, mixed))


def _seconds(ask: Callable[[], object]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def at_once(customers: int, asks: Callable[[], dict]) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(CLIENTS), context.Queue()
    processes = [
        context.Process(target=client, args=(customers, asks, start, results))
        for _ in range(CLIENTS)
    ]
    for process in processes:
        process.start()
    parts = [results.get() for _ in processes]
    for process in processes:
        process.join()
    print(f"\nWith {CLIENTS} clients on {os.cpu_count()} cores: the same question | all in turn")
    for label in parts[0][0]:
        columns = []
        for way in (0, 1):
            values = [value for part in parts for value in part[way][label]]
            median, p95 = machine.percentile(values, 0.5), machine.percentile(values, 0.95)
            columns.append(f"median {median * 1000:7.2f} ms  p95 {p95 * 1000:7.2f} ms")
        print(f"{label:34} {' | '.join(columns)}")


def main() -> None:
    options = machine.arguments(__doc__)
    with machine.base(options.customers):
        machine.headline("Lists", options.customers)
        peer = machine.measure(plain_list, REPETITIONS)
        machine.row("plain SELECT of 50 rows", peer)
        for asks in (questions, web_pages):
            for label, ask in asks().items():
                machine.row(label, machine.measure(ask, REPETITIONS), peer)
        for asks in (questions, web_pages):
            at_once(options.customers, asks)


if __name__ == "__main__":
    main()
