import re

from cast import PASSWORD

from zhike.access.queries import token_of, tokens, users


def test_language_theme_and_density_are_ones_own(li):
    li.post("/settings/preferences", {"language": "zh-hans", "back": "/customers/"})
    li.post("/settings/preferences", {"theme": "dark"})
    text = li.get("/settings/").text
    assert 'lang="zh-hans" data-theme="dark" data-density="comfortable"' in text


def test_a_preference_that_does_not_exist_is_refused(li):
    assert li.post("/settings/preferences", {"theme": "pink"}).status_code == 422


def test_a_password_is_changed_by_whoever_knows_it(li):
    wrong = li.post("/settings/password", {"current": "no", "password": "white-tea-2026"})
    assert wrong.status_code == 422
    li.post("/settings/password", {"current": PASSWORD, "password": "white-tea-2026"})
    li.post("/sign-out")
    data = {"email": "li@teahouse.example", "password": "white-tea-2026"}
    assert li.post("/sign-in", data).status_code == 302


def test_a_secret_is_shown_once(li, cast):
    text = li.post("/settings/tokens", {"name": "till", "scopes": ["read"]}).text
    secret = re.search(r"zk_[\w-]+", text)[0]
    assert token_of(secret).name == "till"
    assert secret not in li.get("/settings/tokens").text
    li.post(f"/settings/tokens/{tokens(cast.li)[0].pk}/revoke")
    assert token_of(secret) is None


def test_administrators_make_and_change_users(mei, cast):
    data = {
        "email": "zhou@teahouse.example", "name": "Zhou", "role": "staff", "sight": "own",
        "team_id": "", "password": "black-tea-2026",
    }  # fmt: skip
    mei.post("/settings/users/new", data)
    zhou = next(user for user in users(cast.mei) if user.name == "Zhou")
    mei.post(
        f"/settings/users/{zhou.pk}", {**data, "role": "manager", "password": "", "is_active": "1"}
    )
    zhou.refresh_from_db()
    assert zhou.role == "manager"


def test_the_last_administrator_stays(mei, cast):
    data = {"name": "Mei", "role": "staff", "sight": "all", "team_id": "", "is_active": "1"}
    answer = mei.post(f"/settings/users/{cast.mei.user_id}", data)
    assert answer.status_code == 422
    assert "One active administrator must remain." in answer.text


def test_nobody_else_gets_in(li, cast):
    for address in ("users", "users/new", "firm"):
        assert li.get(f"/settings/{address}").status_code == 403
    assert li.post("/settings/teams", {"name": "x"}).status_code == 403


def test_the_firm_has_a_name_and_a_currency(mei):
    mei.post("/settings/firm", {"name": "云栖", "currency": "EUR"})
    assert 'value="云栖"' in mei.get("/settings/firm").text


def test_history_shows_ones_own_work_and_undoes_it(li, cast):
    li.post(f"/records/customer/{cast.yunqi.pk}/fields/city", {"city": "宁波"})
    assert "杭州云栖茶舍" in li.get("/history").text


def test_nobody_undoes_what_others_did(sign_in, li, cast):
    from zhike.records.queries import batches

    li.post(f"/records/customer/{cast.yunqi.pk}/fields/city", {"city": "宁波"})
    batch = batches(cast.li)[0]
    assert sign_in("zhao").post(f"/batches/{batch.pk}/undo").status_code == 404
