"""Rows of one file that are each other's duplicates are treated as those who are there already."""

import pytest
from privacy.conftest import shipped  # noqa: F401

from zhike.customers.models import Party
from zhike.privacy.models import Consent
from zhike.records.actions import undo_batch
from zhike.records.imports import actions, carrying_out
from zhike.records.imports.answering import answer_questions, open_questions

# 王小美 by her address, then by her phone only; a company, then the same written otherwise, whose
# rows have nothing in common that is surely theirs alone.
FILE = """编号,姓名,类型,手机,电子邮件,城市,行业,consent.marketing.email
,王小美,person,13811112222,mei@one.example,,,
,王小美,person,13811112222,,杭州,,是
K7,上海远山贸易有限公司,company,,,上海,,
,远山贸易（上海）有限公司,company,021-66668888,,上海,贸易,
,北方钢铁厂,company,,,鞍山,,
"""


@pytest.fixture
def prepared(cast, tmp_path):
    def prepare(**options):
        path = tmp_path / "twice.csv"
        path.write_text(FILE, encoding="utf-8")
        run = actions.prepare_import(cast.han, type="customer", path=path, name=path.name)
        mapping = {**run.mapping, "emails": "电子邮件"}
        return actions.map_import(cast.han, run.pk, mapping=mapping, options=options)

    return prepare


@pytest.fixture(params=[4_000, 1], ids=["one chunk", "a chunk each"])
def bring_in(request, cast, prepared, monkeypatch):
    monkeypatch.setattr(carrying_out, "APPLY_CHUNK", request.param)
    return lambda **options: actions.import_now(cast.han, prepared(**options).pk, is_dry_run=False)


def counts(run) -> tuple[int, ...]:
    return run.created, run.updated, run.skipped, run.refused, run.asked


def steel_and(*names: str) -> list[Party]:
    found = Party.objects.filter(archived_at=None, source="import")
    assert set(found.values_list("name", flat=True)) == {"北方钢铁厂", *names}
    return [found.get(name=name) for name in names]


def test_who_is_surely_the_same_is_updated_or_skipped(bring_in):
    run = bring_in(on_duplicate="create")
    assert counts(run) == (4, 1, 0, 0, 0)
    mei, *_companies = steel_and("王小美", "上海远山贸易有限公司", "远山贸易(上海)有限公司")
    assert (mei.city, mei.emails, mei.consents) == (
        "杭州", ["mei@one.example"], ["marketing:email"],
    )  # fmt: skip
    assert Consent.objects.get().party_id == mei.pk


def test_a_later_row_is_left_out_where_those_who_match_are_skipped(bring_in):
    run = bring_in(on_match="skip", on_duplicate="skip")
    assert counts(run) == (3, 0, 2, 0, 0)
    mei, company = steel_and("王小美", "上海远山贸易有限公司")
    assert (mei.city, company.phones) == ("", [])


def test_who_is_probably_the_same_is_added(bring_in, cast):
    run = bring_in(on_duplicate="update")
    assert counts(run) == (3, 2, 0, 0, 0)
    _mei, company = steel_and("王小美", "上海远山贸易有限公司")
    assert (company.code, company.industry) == ("K7", "贸易")
    assert company.phones == ["02166668888"]
    undo_batch(cast.han, run.batch_id)
    assert not Party.objects.filter(archived_at=None, source="import").exists()


def test_who_is_probably_the_same_is_asked_about(bring_in, cast):
    run = bring_in(on_duplicate="ask")
    assert counts(run) == (3, 1, 0, 0, 1)
    _mei, company = steel_and("王小美", "上海远山贸易有限公司")
    (question,) = open_questions(cast.han, run)
    assert (question.record_id, question.numbers) == (company.pk, [5])

    answered = answer_questions(cast.han, run.pk, verdict="same")

    assert counts(answered) == (3, 2, 0, 0, 0)
    company.refresh_from_db()
    assert company.industry == "贸易"


def test_the_trial_says_so(cast, prepared):
    run = actions.import_now(cast.han, prepared(on_duplicate="ask").pk, is_dry_run=True)
    assert counts(run) == (3, 1, 0, 0, 1)


@pytest.mark.parametrize("applied", [1, 2, 3, 4])
def test_a_killed_import_asks_the_same(cast, prepared, monkeypatch, applied):
    monkeypatch.setattr(carrying_out, "APPLY_CHUNK", 1)
    run = prepared(on_duplicate="ask")

    def die(run):
        if run.applied == applied:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.import_now(cast.han, run.pk, is_dry_run=False, report=die)
    run = carrying_out.run_import(run.pk, viewer=cast.han)
    assert counts(run) == (3, 1, 0, 0, 1)
    assert len(open_questions(cast.han, run)) == 1


def test_members_of_a_family_with_numbers_of_their_own_stay_apart(cast, tmp_path):
    path = tmp_path / "family.csv"
    path.write_text("编号,姓名,手机\nF1,周一,13811112222\nF2,周二,13811112222\n", encoding="utf-8")
    run = actions.prepare_import(cast.han, type="customer", path=path, name=path.name)
    actions.map_import(cast.han, run.pk, mapping=run.mapping)
    assert counts(actions.import_now(cast.han, run.pk, is_dry_run=False)) == (2, 0, 0, 0, 0)
