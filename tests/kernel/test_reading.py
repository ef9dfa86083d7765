"""What holds while a question is answered."""

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import translation
from django.utils.translation import gettext
from psycopg.errors import DeadlockDetected

from zhike.kernel.reading import once, one_reading, refusal, together


def test_nothing_is_asked_twice_within_a_reading_and_always_anew_outside():
    asked = []

    @once
    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    with one_reading():
        assert [double(1), double(1), double(2)] == [2, 2, 4]
    assert asked == [1, 2]
    assert [double(1), double(1)] == [2, 2]
    assert asked == [1, 2, 1, 1]


def ask(sql: str, *params: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def test_questions_asked_together_are_answered_in_their_order(db):
    def twice() -> object:
        first = ask("SELECT %s", "one")
        return ask("SELECT %s || '+two'", first)

    assert together(lambda: ask("SELECT 1"), twice, lambda: "nothing asked") == [
        1, "one+two", "nothing asked",
    ]  # fmt: skip


def test_nobody_reads_an_answer_before_all_have_asked(db):
    steps = []

    def question(name: str) -> None:
        for step in "12":
            steps.append(name + step)
            assert ask("SELECT %s", step) == step
        steps.append(name + "done")

    together(lambda: question("a"), lambda: question("b"))
    assert steps == ["a1", "b1", "a2", "b2", "adone", "bdone"]


def test_a_question_that_fails_fails_them_all(db):
    with pytest.raises(DatabaseError, match="division by zero"), transaction.atomic():
        together(lambda: ask("SELECT 1"), lambda: ask("SELECT 1 / 0"))
    assert ask("SELECT 2") == 2


def test_questions_know_the_language_and_the_reading(db):
    asked = []

    @once
    def counted() -> int:
        asked.append(1)
        return 1

    with one_reading(), translation.override("zh-hans"):
        counted()
        assert together(counted, lambda: gettext("Customers")) == [1, "客户"]
    assert asked == [1]


def deadlock() -> OperationalError:
    """As PostgreSQL and Django report it to the one of two whom they stop."""
    error = OperationalError("deadlock detected")
    error.__cause__ = DeadlockDetected()
    return error


def test_two_in_each_others_way_hear_so():
    told = refusal(deadlock())
    assert told is not None
    assert (told.code, told.status) == ("busy", 409)
    assert refusal(OperationalError("the disk is full")) is None
