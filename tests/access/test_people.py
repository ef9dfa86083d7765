"""Users, teams, tokens, signing in: who gets in, who may what, what stays closed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cast import PASSWORD

from zhike.access import actions, policies, queries
from zhike.access.models import SignInAttempt, Token, User
from zhike.access.viewer import SYSTEM
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed


def sign_in(email="li@teahouse.example", password=PASSWORD, address="10.0.0.1"):
    return actions.check_sign_in(email=email, password=password, address=address)


def test_the_right_password_opens_and_the_wrong_one_tells_nothing(cast):
    assert sign_in().name == "Li"
    assert sign_in(email=" LI@teahouse.example ").name == "Li"
    with pytest.raises(NotAllowed) as wrong_password:
        sign_in(password="green-tea-2025")
    with pytest.raises(NotAllowed) as unknown_user:
        sign_in(email="nobody@teahouse.example")
    assert wrong_password.value.message == unknown_user.value.message


def test_guessing_from_one_place_has_to_wait_and_locks_nobody_out(cast):
    for _ in range(actions.ATTEMPTS):
        with pytest.raises(NotAllowed):
            sign_in(password="guess")
    with pytest.raises(NotAllowed) as refusal:
        sign_in()
    assert refusal.value.code == "too_many_attempts"
    assert sign_in(address="10.0.0.2").name == "Li"

    SignInAttempt.objects.update(at=clock.now() - timedelta(hours=1))
    assert sign_in().name == "Li"


def test_whoever_left_gets_in_no_more(cast):
    _token, secret = actions.create_token(
        cast.li, user_id=cast.li.user_id, name="t", scopes=["read"]
    )
    assert queries.token_of(secret) is not None

    actions.change_user(cast.mei, cast.li.user_id, is_active=False, leaves_behind=True)

    assert queries.token_of(secret) is None
    with pytest.raises(NotAllowed):
        sign_in()


def test_one_administrator_remains(cast):
    with pytest.raises(Conflict):
        actions.change_user(cast.mei, cast.mei.user_id, role="staff")
    assert User.objects.get(pk=cast.mei.user_id).role == "administrator"


@pytest.mark.parametrize("who", ["han", "li", "guest"])
def test_only_administrators_administer(cast, who):
    viewer, users = getattr(cast, who), User.objects.count()
    with pytest.raises(NotAllowed):
        actions.create_user(viewer, email="x@y.example", name="X", role="staff", sight="own")
    with pytest.raises(NotAllowed):
        actions.change_user(viewer, cast.li.user_id, sight="all")
    with pytest.raises(NotAllowed):
        actions.create_team(viewer, name="North")
    with pytest.raises(NotAllowed):
        queries.users(viewer)
    assert User.objects.count() == users


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"role": "king"}, "role"),
        ({"sight": "everything"}, "sight"),
        ({"name": " "}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "password"),
    ],
)
def test_a_wrong_user_is_refused_with_the_field(cast, changes, field):
    values = {"email": "new@teahouse.example", "name": "New", "role": "staff", "sight": "own"}
    with pytest.raises(Invalid) as refusal:
        actions.create_user(SYSTEM, **{**values, **changes})
    assert refusal.value.errors[0].field == field


def test_an_address_is_one_user(cast):
    with pytest.raises(Conflict):
        actions.create_user(
            SYSTEM, email="LI@teahouse.example", name="L", role="staff", sight="own"
        )


def test_a_token_never_may_more_than_its_user_or_its_maker(cast):
    reader = replace(cast.han, kind="token", scopes=frozenset({"read"}))
    assert policies.can(cast.han, "import")
    assert policies.can(reader, "view")
    assert not policies.can(reader, "change")
    assert not policies.can(replace(cast.guest, scopes=frozenset({"write"})), "change")
    with pytest.raises(NotAllowed):
        actions.create_token(reader, user_id=cast.han.user_id, name="t", scopes=["write"])
    with pytest.raises(NotAllowed):
        actions.create_token(cast.li, user_id=cast.mei.user_id, name="t", scopes=["read"])


def test_only_the_hash_of_a_token_is_kept(cast):
    token, secret = actions.create_token(
        cast.li, user_id=cast.li.user_id, name="t", scopes=["read"]
    )
    row = str(Token.objects.filter(pk=token.pk).values().get())
    told = str(Event.objects.filter(type="token.created").values().get())
    assert secret not in row + told
    actions.revoke_token(cast.li, token.pk)
    assert queries.token_of(secret) is None


def test_sight_reaches_down_the_tree_and_no_further(cast):
    teams = {name: pk for pk, name in queries.team_names().items()}
    below = {str(team) for team in cast.han.team_ids}
    assert below == {teams["Company"], teams["East"], teams["West"]}
    assert {str(team) for team in cast.wang.team_ids} == {teams["East"]}
    assert cast.li.team_ids == frozenset()
