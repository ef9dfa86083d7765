from datetime import timedelta

from zhike.customers.actions import complete_task, create_task
from zhike.kernel import clock


def test_what_waits_today_is_counted_beside_it(li, cast):
    assert '<span class="sr"> waiting</span>' not in li.get("/customers/").text
    today = clock.today()
    task = create_task(cast.yunqi.pk, title="送样品", due_on=today, viewer=cast.li)
    create_task(cast.yunqi.pk, title="later", due_on=today + timedelta(days=1), viewer=cast.li)
    assert '1<span class="sr"> waiting</span>' in li.get("/customers/").text
    assert li.get("/today/waiting").text == '1<span class="sr"> waiting</span>\n'
    complete_task(task.pk, viewer=cast.li)
    assert li.get("/today/waiting").text == "\n"


def test_a_part_of_a_page_counts_nothing(mei, cast, django_assert_num_queries):
    part = {"HX-Request": "true", "HX-Target": "section#listing"}
    with django_assert_num_queries(9):
        mei.get("/customers/", headers=part)
