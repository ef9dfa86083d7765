"""Writing down a customer: who may be there already is shown beside the form, and asked once."""

from zhike.customers.models import Party

FRAGMENT = {"HX-Request": "true"}
DUPLICATE = {"name": "云栖茶舍", "kind": "company", "phones": "13800138821", "remark": "两层楼"}


def test_who_may_be_there_already_is_shown_while_typing(li, cast):
    answer = li.post(
        "/customers/new/hints", {"name": "云栖茶舍", "kind": "company"}, headers=FRAGMENT
    )

    page = answer.content.decode()
    assert f'href="/customers/{cast.yunqi.pk}" target="_blank"' in page
    assert "maybe the same" in page
    assert "same company name, written otherwise" in page


def test_of_a_colleagues_customer_only_the_sign_is_told(sign_in, cast):
    zhao = sign_in("zhao")
    page = zhao.post("/customers/new/hints", DUPLICATE, headers=FRAGMENT).content.decode()

    assert "A colleague already has a customer with this phone number." in page
    assert "杭州云栖茶舍" not in page
    assert str(cast.yunqi.pk) not in page


def test_a_probable_duplicate_is_asked_about_once_and_nothing_typed_is_lost(li, cast):
    before = Party.objects.count()

    asked = li.post("/customers/new", DUPLICATE)

    page = asked.content.decode()
    assert asked.status_code == 422
    assert "This customer is probably on file already." in page
    assert "Save all the same" in page
    assert "杭州云栖茶舍" in page
    assert 'value="云栖茶舍"' in page
    assert ">两层楼</textarea>" in page
    assert Party.objects.count() == before

    saved = li.post("/customers/new", {**DUPLICATE, "anyway": "1"})

    assert saved.status_code == 302
    assert Party.objects.count() == before + 1


def test_whoever_is_new_is_saved_at_once(li):
    answer = li.post("/customers/new", {"name": "青禾茶行", "kind": "company"})

    assert answer.status_code == 302


def test_what_is_wrong_is_told_before_anything_else(li):
    answer = li.post("/customers/new", {"name": "", "kind": "company", "emails": "no"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“no” is not an e-mail address." in page
    assert "Save all the same" not in page
