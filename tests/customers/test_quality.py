"""How good the files are: counted, verified, and what owners are reminded of."""

from datetime import timedelta

import pytest

from zhike.access import actions as access
from zhike.access.models import FieldRight
from zhike.access.queries import viewer_by_id
from zhike.access.viewer import SYSTEM
from zhike.customers.actions import change_customer, complete_task, create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party, Task
from zhike.customers.quality.actions import REMINDERS, remind_of_stale_files, verify_customer
from zhike.customers.quality.measure import COUNTED
from zhike.customers.quality.queries import report
from zhike.filters import Test as Asked
from zhike.kernel import clock
from zhike.kernel.errors import NotAllowed, NotFound
from zhike.records.actions import undo_batch
from zhike.records.queries import find

FULL = {
    "person": {
        "phones": "13800138000", "emails": "a@b.example", "city": "杭州", "birthday": "1990-01-01",
        "gender": "female",
    },
    "company": {
        "phones": "13800138001", "emails": "c@b.example", "city": "杭州", "street": "文三路 1 号",
        "industry": "茶叶", "registration_no": "91330106MA27X1AB2C", "website": "b.example",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ["person", "company"])
def test_a_file_is_as_complete_as_fields_that_count_are_filled(cast, kind):
    party = create_customer({"name": "甲", "kind": kind}, viewer=cast.li)  # Li owns it
    shares = [Party.objects.get(pk=party.pk).completeness]
    for name, value in FULL[kind].items():
        change_customer(party.pk, {name: value}, viewer=cast.li)
        shares.append(Party.objects.get(pk=party.pk).completeness)

    assert shares == [100 * n // len(COUNTED[kind]) for n in range(1, len(COUNTED[kind]) + 1)]


def test_lists_ask_how_complete_a_file_is(cast):
    full = create_customer({"name": "甲", "kind": "person", **FULL["person"]}, viewer=cast.li)

    found = find(CUSTOMER, cast.mei, where=Asked("completeness", "gte", 100)).items

    assert [party.pk for party in found] == [full.pk]
    assert find(CUSTOMER, cast.mei, sort="-completeness").items[0].pk == full.pk


def age(*parties, days: int) -> None:
    old = clock.now() - timedelta(days=days)
    Party.objects.filter(pk__in=[party.pk for party in parties]).update(updated_at=old)


def test_the_report_adds_up_and_keeps_to_sight(cast):
    age(cast.yunqi, cast.chen, days=400)
    create_customer({"name": "甲"}, viewer=cast.li)

    whole = report(cast.mei).whole
    assert whole.files == Party.objects.count()
    shares = Party.objects.values_list("completeness", flat=True)
    assert whole.completeness == pytest.approx(sum(shares) / len(shares) / 100)
    assert (whole.stale, whole.verified) == (2, 0)
    everybody = Party.objects.all()
    assert whole.unreachable == sum(1 for p in everybody if not p.phones and not p.emails)
    assert sum(one.files for one in report(cast.mei).owners.values()) == whole.files
    assert sum(one.files for one in report(cast.mei).teams.values()) == whole.files

    theirs = report(cast.zhao)
    assert set(theirs.owners) == {cast.zhao.user_id}
    assert theirs.whole.files == Party.objects.filter(owner_id=cast.zhao.user_id).count()


def test_fields_are_counted_where_they_matter(cast):
    birthdays = next(one for one in report(cast.mei).fields if one.name == "birthday")
    people = Party.objects.filter(kind="person")
    assert birthdays.empty == people.filter(birthday=None).count()
    assert birthdays.share == pytest.approx(1 - birthdays.empty / people.count())


def test_a_verified_file_is_fresh_again_and_that_can_be_undone(cast):
    age(cast.yunqi, days=400)

    party = verify_customer(cast.yunqi.pk, viewer=cast.li)

    assert report(cast.mei).whole.stale == 0
    assert report(cast.mei).whole.verified == 1
    undo_batch(cast.li, party.batch_id)
    assert Party.objects.get(pk=cast.yunqi.pk).verified_at is None
    with pytest.raises(NotFound):
        verify_customer(cast.chen.pk, viewer=cast.li)


@pytest.fixture
def stale(cast):
    """Seven files of Li's that nobody has touched for two years."""
    made = [create_customer({"name": f"旧{n}"}, viewer=cast.li) for n in range(7)]
    for n, party in enumerate(made):
        age(party, days=700 + n)
    return made


def reminders() -> list[str]:
    tasks = Task.objects.filter(source="quality", done_at=None)
    return sorted(task.party.name for task in tasks.select_related("party"))


def test_owners_are_reminded_of_their_stalest_files_and_never_twice(cast, stale):
    assert remind_of_stale_files() == REMINDERS
    assert reminders() == ["旧2", "旧3", "旧4", "旧5", "旧6"]
    assert set(Task.objects.values_list("assignee_id", flat=True)) == {cast.li.user_id}
    assert remind_of_stale_files() == 0


def test_a_reminder_that_was_worked_off_makes_room_for_the_next(cast, stale):
    remind_of_stale_files()
    for task in Task.objects.filter(party__in=stale[5:]):
        verify_customer(task.party_id, viewer=cast.li)
        complete_task(task.pk, viewer=cast.li)

    assert remind_of_stale_files() == 2
    assert reminders() == ["旧0", "旧1", "旧2", "旧3", "旧4"]


def test_nobody_is_reminded_who_has_left_and_staff_remind_nobody(cast, stale):
    with pytest.raises(NotAllowed):
        remind_of_stale_files(viewer_by_id(cast.li.user_id, source="page"))
    access.change_user(SYSTEM, cast.li.user_id, is_active=False, leaves_behind=True)
    assert remind_of_stale_files() == 0


def test_a_field_that_is_not_shown_is_not_counted(cast):
    FieldRight.objects.create(role="manager", record_type="customer", fact="industry", level="hide")
    shown = {one.name for one in report(cast.mei).fields}
    han = viewer_by_id(cast.han.user_id, source="page")
    assert shown - {one.name for one in report(han).fields} == {"industry"}
