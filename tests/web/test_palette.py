import pytest


@pytest.mark.parametrize("text", ["云栖", "yunqi", "yq", "8821", "C001"])
def test_a_customer_is_found_by_any_name(li, text):
    assert "杭州云栖茶舍" in li.get("/palette", {"q": text}).text


def test_only_what_may_be_seen_is_found(li):
    assert "陈嘉怡" not in li.get("/palette", {"q": "chenjiayi"}).text


def test_only_what_may_be_done_is_offered(li, mei):
    assert "Import a file" not in li.get("/palette").text
    assert "Import a file" in mei.get("/palette").text


def test_what_was_typed_is_never_markup(li):
    assert "<b>" not in li.get("/palette", {"q": "<b>zz"}).text
