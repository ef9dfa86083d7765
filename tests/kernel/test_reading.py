"""What holds while a question is answered."""

from zhike.kernel.reading import once, one_reading


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
