"""What hangs on a customer: notes, contacts, tasks, relations, attached files."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.customers import actions, queries
from zhike.customers.models import Attachment, Relation, Task
from zhike.events.models import Event
from zhike.events.queries import timeline
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge


def test_a_contact_with_a_next_date_becomes_a_task(cast):
    actions.log_contact(
        cast.yunqi.pk, channel="visit", outcome="interested", text="新店开张", viewer=cast.li,
        next_on=date(2026, 12, 1), next_step="寄样品",
    )  # fmt: skip

    task = Task.objects.get()
    assert (task.title, task.due_on, task.assignee_id) == (
        "寄样品", date(2026, 12, 1), cast.li.user_id,
    )  # fmt: skip
    assert [e.type for e in timeline(cast.yunqi.pk).items] == [
        "task.created", "contact.logged", "customer.created",
    ]  # fmt: skip


def test_the_timeline_pages_by_key_and_filters_by_group(cast):
    for number in range(7):
        actions.add_note(cast.yunqi.pk, text=f"note {number}", viewer=cast.li)

    seen, cursor = [], None
    while True:
        page = timeline(cast.yunqi.pk, group="contact", cursor=cursor, limit=3)
        seen += [e.data["text"] for e in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"note {number}" for number in reversed(range(7))]


@pytest.mark.parametrize(
    "values",
    [
        {"channel": "pigeon"},
        {"channel": "call", "outcome": "married"},
        {"channel": "call", "happened_at": clock.now() + timedelta(days=2)},
    ],
)
def test_a_wrong_contact_is_refused(cast, values):
    with pytest.raises(Invalid):
        actions.log_contact(cast.yunqi.pk, viewer=cast.li, **values)
    assert Event.objects.filter(type="contact.logged").count() == 0


def test_a_task_is_done_once(cast):
    task = actions.create_task(cast.yunqi.pk, title="回访", viewer=cast.li)
    actions.complete_task(task.pk, viewer=cast.li)
    actions.complete_task(task.pk, viewer=cast.li)

    assert Event.objects.filter(type="task.done").count() == 1
    assert queries.open_tasks(cast.li, cast.yunqi.pk) == []
    with pytest.raises(NotFound):
        actions.complete_task(task.pk, viewer=cast.zhao)


def test_tasks_due_are_ones_own(cast):
    today = clock.today()
    actions.create_task(cast.yunqi.pk, title="late", viewer=cast.li, due_on=today)
    actions.create_task(
        cast.yunqi.pk, title="later", viewer=cast.li, due_on=today + timedelta(days=3)
    )
    assert [t.title for t in queries.tasks_due(cast.li, today)] == ["late"]
    assert queries.tasks_due(cast.han, today) == []


def test_relations_show_from_both_ends_as_far_as_they_are_seen(cast):
    actions.add_relation(cast.lin.pk, kind="supplier", other_id=cast.yunqi.pk, viewer=cast.han)
    with pytest.raises(Conflict):
        actions.add_relation(cast.lin.pk, kind="supplier", other_id=cast.yunqi.pk, viewer=cast.han)
    with pytest.raises(Invalid):
        actions.add_relation(cast.lin.pk, kind="supplier", other_id=cast.lin.pk, viewer=cast.han)
    with pytest.raises(NotFound):
        actions.add_relation(cast.yunqi.pk, kind="partner", other_id=cast.chen.pk, viewer=cast.li)

    assert [r.party for r in queries.related_parties(cast.han, cast.yunqi)] == [cast.lin]
    assert queries.related_parties(cast.li, cast.yunqi) == []

    actions.remove_relation(Relation.objects.get().pk, viewer=cast.han)
    assert queries.related_parties(cast.han, cast.yunqi) == []


def attach(cast, name="报价 单.pdf", content=b"%PDF", viewer=None):
    upload = SimpleUploadedFile(name, content, content_type="application/pdf")
    return actions.add_attachment(cast.yunqi.pk, upload=upload, viewer=viewer or cast.li)


def test_a_file_is_kept_and_shown_to_who_sees_the_customer(cast):
    kept = attach(cast)

    assert actions.attachment_path(kept.pk).read_bytes() == b"%PDF"
    assert queries.attachment(cast.han, kept.pk).name == "报价 单.pdf"
    with pytest.raises(NotFound):
        queries.attachment(cast.zhao, kept.pk)
    with pytest.raises(NotAllowed):
        attach(cast, viewer=cast.guest)
    actions.remove_attachment(kept.pk, viewer=cast.li)
    with pytest.raises(NotFound):
        queries.attachment(cast.li, kept.pk)


@pytest.mark.parametrize("name", ["run.exe", "page.HTML", "picture.svg", "a.pdf.js"])
def test_what_could_run_is_not_attached(cast, name):
    with pytest.raises(Invalid):
        attach(cast, name=name)
    assert Attachment.objects.count() == 0


def test_a_path_in_a_name_leads_nowhere(cast):
    assert attach(cast, name="..\\..\\secret.txt").name == "secret.txt"


def test_a_large_file_is_refused_before_it_is_kept(cast, monkeypatch):
    monkeypatch.setattr(actions, "LARGEST_ATTACHMENT", 10)
    with pytest.raises(TooLarge):
        attach(cast, content=b"x" * 11)
    assert Attachment.objects.count() == 0


def test_a_new_owner_brings_the_team_along(cast):
    changed = actions.change_customer(
        cast.yunqi.pk, {"owner": str(cast.zhao.user_id)}, viewer=cast.han
    )
    assert changed.team_id == cast.zhao.team_id
    with pytest.raises(NotFound):
        queries.customer(cast.li, cast.yunqi.pk)


def test_who_sees_only_some_opens_no_file_that_belongs_to_nobody(cast):
    opened = actions.create_customer({"name": "Alone", "owner": None}, viewer=cast.li)
    assert opened.owner_id == cast.li.user_id
    assert (
        actions.create_customer({"name": "Free", "owner": None}, viewer=cast.mei).owner_id is None
    )
