"""Rows of a file that are probably customers who are there already."""

import pytest

from zhike.access.queries import viewer_by_id
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.records.actions import limit_fact, undo_batch
from zhike.records.imports import actions
from zhike.records.imports.answering import answer_questions, open_questions, words_of_questions
from zhike.records.imports.refused import write_error_file

# The first is 云栖茶舍 of the cast under its full name; the second nobody's.
FILE = """姓名,类型,城市,行业,电子邮件
杭州云栖茶舍有限公司,company,杭州,茶叶零售,hello@yunqi.example
北方钢铁厂,company,鞍山,钢铁,
"""


@pytest.fixture
def bring_in(cast, tmp_path):
    def run(on_duplicate: str, *, viewer=None, is_dry_run: bool = False):
        path = tmp_path / f"{on_duplicate}.csv"
        path.write_text(FILE, encoding="utf-8")
        viewer = viewer or cast.han
        run = actions.prepare_import(viewer, type="customer", path=path, name=path.name)
        mapping = {**run.mapping, "emails": "电子邮件"}
        actions.map_import(viewer, run.pk, mapping=mapping, options={"on_duplicate": on_duplicate})
        return actions.import_now(viewer, run.pk, is_dry_run=is_dry_run)

    return run


def counts(run) -> dict[str, int]:
    names = ("created", "updated", "skipped", "refused", "asked")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


def test_each_way_to_treat_those_who_are_probably_there(bring_in, cast):
    assert counts(bring_in("create")) == {"created": 2}
    Party.objects.filter(name__in=("杭州云栖茶舍有限公司", "北方钢铁厂")).delete()
    assert counts(bring_in("skip")) == {"created": 1, "skipped": 1}
    Party.objects.filter(name="北方钢铁厂").delete()
    assert counts(bring_in("update")) == {"created": 1, "updated": 1}
    cast.yunqi.refresh_from_db()
    assert (cast.yunqi.name, cast.yunqi.industry) == ("杭州云栖茶舍", "茶叶零售")
    assert "hello@yunqi.example" in cast.yunqi.emails


def test_the_trial_says_how_many_would_be_asked_about(bring_in):
    run = bring_in("ask", is_dry_run=True)
    assert counts(run) == {"created": 1, "asked": 1}
    assert not Party.objects.filter(name="北方钢铁厂").exists()


@pytest.fixture
def asked(bring_in):
    return bring_in("ask")


def test_a_question_names_the_row_and_the_customer(asked, cast):
    assert counts(asked) == {"created": 1, "asked": 1}
    (question,) = open_questions(cast.han, asked)
    assert (question.record_id, question.numbers) == (cast.yunqi.pk, [2])
    assert question.values["name"] == "杭州云栖茶舍有限公司"
    assert question.probability > 0.5
    assert "same company name, written otherwise" in question.why


def test_how_probable_it_is_would_tell_of_what_is_hidden(asked, cast):
    limit_fact(cast.mei, CUSTOMER, role="manager", fact="city", level="hide")
    (question,) = open_questions(viewer_by_id(cast.han.user_id, source="page"), asked)
    assert question.probability is None
    assert not any("city" in why for why in question.why[:-1])
    (row,) = words_of_questions(viewer_by_id(cast.han.user_id, source="page"), asked).values()
    assert "%" not in row


def test_the_same_is_added_to_the_file_that_is_there_and_undone_with_the_import(asked, cast):
    run = answer_questions(cast.han, asked.pk, verdict="same", numbers=[2])

    assert counts(run) == {"created": 1, "updated": 1}
    cast.yunqi.refresh_from_db()
    assert cast.yunqi.industry == "茶叶零售"
    undo_batch(cast.han, run.batch_id)
    cast.yunqi.refresh_from_db()
    assert cast.yunqi.industry == ""
    assert not Party.objects.filter(name="北方钢铁厂", archived_at=None).exists()


def test_a_new_one_is_opened_and_a_skipped_one_left_out(bring_in, cast):
    run = answer_questions(cast.han, bring_in("ask").pk, verdict="new")
    assert counts(run) == {"created": 2}
    assert open_questions(cast.han, run) == []
    Party.objects.filter(name="杭州云栖茶舍有限公司").delete()
    run = bring_in("ask")
    assert counts(answer_questions(cast.han, run.pk, verdict="skip"))["skipped"] >= 1


def test_answers_that_mean_nothing_are_refused(asked, bring_in, cast):
    with pytest.raises(Invalid):
        answer_questions(cast.han, asked.pk, verdict="perhaps")
    with pytest.raises(NotFound):
        answer_questions(cast.han, asked.pk, verdict="same", numbers=[99])
    answer_questions(cast.han, asked.pk, verdict="skip")
    with pytest.raises(NotFound):
        answer_questions(cast.han, asked.pk, verdict="skip")
    undone = bring_in("ask")
    undo_batch(cast.han, undone.batch_id)
    with pytest.raises(Conflict):
        answer_questions(cast.han, undone.pk, verdict="same")


def test_a_customer_archived_since_is_not_written_into(asked, cast):
    from zhike.customers.facts import CUSTOMER
    from zhike.records.actions import archive_record

    archive_record(CUSTOMER, cast.yunqi.pk, viewer=cast.han)

    run = answer_questions(cast.han, asked.pk, verdict="same")

    assert counts(run) == {"created": 1, "refused": 1}


def test_open_rows_stand_in_the_file_of_refused_ones(cast, asked, tmp_path):
    path = tmp_path / "open.csv"
    assert write_error_file(cast.han, asked, path) == 1
    assert "云栖茶舍" in path.read_text(encoding="utf-8-sig").splitlines()[1]
