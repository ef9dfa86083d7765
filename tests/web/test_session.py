import pytest
from cast import PASSWORD
from django.test import Client

LI = {"email": "li@teahouse.example", "password": PASSWORD}


def test_a_stranger_is_led_to_the_sign_in_page_and_back(cast):
    client = Client()
    assert client.get("/orders/").headers["Location"] == "/sign-in?next=%2Forders%2F"
    assert client.post("/sign-in", {**LI, "next": "/orders/"}).headers["Location"] == "/orders/"


def test_a_fragment_asked_for_by_a_stranger_reloads_the_page(cast):
    answer = Client().get("/customers/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_next_leads_to_our_own_pages_only(cast, address):
    assert Client().post("/sign-in", {**LI, "next": address}).headers["Location"] == "/"


def test_a_wrong_password_says_neither_which_nor_who(cast):
    answer = Client().post("/sign-in", {**LI, "password": "wrong"})
    assert answer.status_code == 403
    assert "E-mail and password don&#x27;t match." in answer.text
    assert "zhike" not in answer.cookies


def test_the_session_changes_its_key_and_keeps_only_who_it_is(li):
    assert set(li.session.keys()) == {"user"}


def test_signing_out_needs_a_post(li):
    assert li.get("/sign-out").status_code == 405
    li.post("/sign-out")
    assert li.get("/customers/").headers["Location"].startswith("/sign-in")


def test_a_form_without_its_token_is_refused(cast):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in", LI)
    assert answer.status_code == 403
    assert "zhike" not in answer.cookies


def test_somebody_who_was_put_out_is_out_at_once(cast, li):
    from zhike.access.actions import change_user

    change_user(cast.mei, cast.li.user_id, is_active=False, leaves_behind=True)
    assert li.get("/customers/").headers["Location"].startswith("/sign-in")


def test_every_answer_carries_policy_and_number(li):
    answer = li.get("/customers/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert len(answer.headers["X-Request-Id"]) == 16


def test_a_missing_page_is_a_page_with_the_number_of_the_request(li):
    answer = li.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["X-Request-Id"] in answer.text


def test_health_needs_nobody(db):
    assert Client().get("/healthz").content == b"ok"


def test_the_sign_in_page_speaks_the_language_chosen_there(db):
    client = Client()
    client.post("/sign-in/language", {"language": "zh-hans"})
    assert 'lang="zh-hans"' in client.get("/sign-in").text
