"""The scan of the whole base for customers who are on file twice, and its queue."""

import pytest

from zhike.access.viewer import SYSTEM
from zhike.customers.actions import change_customer, create_customer, decide_duplicate
from zhike.customers.duplicates import probable_pairs
from zhike.customers.models import Duplicate, LearntWeights
from zhike.events.models import Event
from zhike.insight.actions import scan_duplicates
from zhike.kernel.errors import NotAllowed, NotFound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twins(cast):
    """Second files of Li's tea house (Li's own too) and of Zhao's customer (Li's)."""
    tea = create_customer(
        {"name": "雲棲茶舍（杭州）有限公司", "kind": "company", "city": "杭州",
         "phones": "+86 138 0013 8821"},
        viewer=cast.li,
    )  # fmt: skip
    chen = create_customer({"name": "Chen Jiayi", "phones": "139-1234-5678"}, viewer=cast.li)
    return tea, chen


def pairs(viewer, **wanted) -> set:
    return {(p.party_id, p.other_id) for p in probable_pairs(viewer, **wanted).items}


def test_second_files_are_found_with_their_reasons(cast, twins):
    tea, chen = twins
    result = scan_duplicates(SYSTEM)

    assert (result["customers"], result["open"], result["new"]) == (5, 2, 2)
    assert pairs(cast.mei) == {(cast.yunqi.pk, tea.pk), (cast.chen.pk, chen.pk)}
    reasons = Duplicate.objects.get(party=cast.yunqi).reasons
    assert [(one["sign"], one["level"]) for one in reasons] == [
        ("phone", "same"), ("name", "core"), ("city", "same"),
    ]  # fmt: skip


def test_weights_that_would_join_half_the_base_are_not_believed(cast):
    """Shops of one name in one city are alike, and yet not the same."""
    for number in range(300):
        values = {"name": f"云栖茶舍{number % 15}店", "kind": "company", "city": "杭州"}
        create_customer({**values, "phones": f"1380000{number:04}"}, viewer=cast.mei)

    result = scan_duplicates(SYSTEM)

    assert result["customers"] == 303
    assert LearntWeights.objects.count() == 0


def test_a_pair_is_seen_by_those_who_see_both(cast, twins):
    tea, _chen = twins
    scan_duplicates(SYSTEM)
    hidden = Duplicate.objects.get(party=cast.chen)

    assert pairs(cast.li) == {(cast.yunqi.pk, tea.pk)}
    assert pairs(cast.zhao) == set()
    with pytest.raises(NotFound):
        decide_duplicate(hidden.pk, verdict="same", viewer=cast.li)
    hidden.refresh_from_db()
    assert hidden.state == "open"


def test_what_is_decided_is_not_asked_again(cast, twins):
    scan_duplicates(SYSTEM)
    pair = Duplicate.objects.get(party=cast.yunqi)

    decide_duplicate(pair.pk, verdict="different", viewer=cast.li)
    again = scan_duplicates(SYSTEM)

    assert (again["open"], again["new"], again["closed"]) == (1, 0, 0)
    assert pairs(cast.li) == set()
    assert pairs(cast.li, state="different") == {(pair.party_id, pair.other_id)}
    told = Event.objects.get(type="duplicate.decided")
    assert (told.party_id, told.data["verdict"], told.actor_id) == (
        cast.yunqi.pk, "different", cast.li.user_id,
    )  # fmt: skip

    decide_duplicate(pair.pk, verdict="open", viewer=cast.li)

    assert pairs(cast.li) == {(pair.party_id, pair.other_id)}


def test_a_pair_that_no_longer_holds_is_closed(cast, twins):
    tea, _chen = twins
    scan_duplicates(SYSTEM)
    other = {"name": "半山茶舍", "phones": "13700000001"}
    change_customer(tea.pk, other, viewer=cast.li)

    result = scan_duplicates(SYSTEM)

    assert (result["open"], result["new"], result["closed"]) == (1, 0, 1)
    assert not Duplicate.objects.filter(party=cast.yunqi).exists()


def test_pairs_page_by_key(cast, twins):
    scan_duplicates(SYSTEM)

    first = probable_pairs(cast.mei, limit=1)
    second = probable_pairs(cast.mei, limit=1, cursor=first.next_cursor)

    assert len({p.pk for p in [*first.items, *second.items]}) == 2
    assert second.next_cursor is None


def test_who_only_reads_decides_nothing(cast, twins):
    scan_duplicates(SYSTEM)
    pair = Duplicate.objects.get(party=cast.yunqi)

    with pytest.raises(NotAllowed):
        decide_duplicate(pair.pk, verdict="same", viewer=cast.guest)
    with pytest.raises(NotAllowed):
        scan_duplicates(cast.li)
