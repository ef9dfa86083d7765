"""Ting goes from door to door: what she asks, what she is answered, what it did."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from json import dumps
from types import SimpleNamespace
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from doors import TERRITORIAL, Door, address_of
from territories import Firm

from zhike.access.policies import can
from zhike.access.viewer import Viewer


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    asked: str
    is_anything_changed: bool
    noted: frozenset[UUID] = frozenset()  # the customers whom the access log says were shown


class Visitor:
    """Ting before one door after another. Whatever happens behind one is taken back."""

    def __init__(self, firm: Firm):
        self.firm = firm
        client = Client()
        client.post("/sign-in", {"email": firm.ting.email, "password": "green-tea-2026"})
        self.session = client.cookies["zhike"].value
        self.state: list[tuple] = []

    def look_around(self) -> None:
        """Remembers how everything is."""
        self.state = state_of_tables()

    def open_page(self, method: str, address: str, body: Mapping) -> Answer:
        client = Client(raise_request_exception=False)
        client.cookies = SimpleCookie({"zhike": self.session})
        call = client.post if method == "POST" else client.get
        return self._answer(lambda: call(f"/{address}", body), f"{address} {dict(body)}")

    def call_route(self, method: str, address: str, body: Mapping) -> Answer:
        client = Client(
            raise_request_exception=False,
            headers={"Authorization": f"Bearer {self.firm.secret}"},
        )
        address = f"/api/v1/{address}"
        if method == "GET":
            return self._answer(lambda: client.get(address, body), f"{address} {dict(body)}")
        if any(isinstance(value, SimpleUploadedFile) for value in body.values()):
            return self._answer(lambda: client.post(address, body), address)
        data = dumps(dict(body))
        return self._answer(
            lambda: client.generic(method, address, data, content_type="application/json"),
            address + data,
        )

    def _answer(self, knock, asked: str) -> Answer:
        before = rows_written()
        with transaction.atomic():
            response = knock()
            content = b"".join(response) if response.streaming else response.content
            text = content.decode(errors="replace") + repr(dict(response.headers))
            is_changed = rows_written() > before and state_of_tables() != self.state
            noted = customers_noted()
            transaction.set_rollback(True)
        return Answer(response.status_code, text, asked, is_changed, noted)


def customers_noted() -> frozenset[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(coalesce(ids, ARRAY[party_id])) FROM security_viewing")
        return frozenset(row[0] for row in cursor.fetchall())


def rows_written() -> int:
    """How often the transaction has touched a row so far, also where it was rolled back: tells
    cheaply when nothing can have changed. Sessions are the visitor's own, and that something was
    looked at is no change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) "
            "FROM pg_stat_xact_user_tables "
            "WHERE relname NOT IN ('django_session', 'security_viewing')"
        )
        return cursor.fetchone()[0]


def state_of_tables() -> list[tuple]:
    """A digest of every table's rows."""
    tables = set(connection.introspection.table_names()) - {"django_session", "security_viewing"}
    parts = [
        f"SELECT '{table}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} t"
        for table in sorted(tables)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return sorted(cursor.fetchall())


@dataclass(frozen=True)
class Knock:
    """One request: at which door, with whose ids, and what its answer ought to be."""

    method: str
    address: str
    door: Door
    body: Mapping
    is_allowed: bool
    is_in_sight: bool
    is_question: bool = False  # it need not make sense everywhere


def knocks(
    doors: Mapping[tuple[str, str], Door],
    firm: Firm,
    viewer: Viewer,
    *,
    seen: str,
    hidden: str | None = None,
) -> Iterator[Knock]:
    """Each door with ids of a territory in sight and of one out of sight."""
    for (method, route), door in doors.items():
        is_territorial = door.of in TERRITORIAL
        for territory in filter(None, (seen, hidden)):
            ids = SimpleNamespace(**vars(firm.common), **vars(firm.territories[territory]))
            is_in_sight = territory != hidden
            rights = door.rights_elsewhere if territory != "Own" else ()
            is_allowed = all(can(viewer, right) for right in rights or door.rights)
            for name in door.names:
                address = address_of(route, door, ids, name)
                if is_territorial or is_in_sight:
                    yield Knock(method, address, door, door.body(ids), is_allowed, is_in_sight)
                # What is asked in a list is asked about somebody out of sight, if there is one.
                asked_of = seen if is_territorial else hidden or seen
                if door.asks is not None and territory == asked_of:
                    for query in door.asks(ids):
                        yield Knock(
                            method, address, door, query, is_allowed, True, is_question=True
                        )
