"""A person is told everything that is kept of them, and nothing of others."""

import io
import json
import zipfile

import pytest

from privacy.test_erasing import SECRETS, _in_tables, fuyao  # noqa: F401
from zhike.customers.telling import UNTOLD, told_tables
from zhike.events.models import Event
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.privacy.actions import disclose_customer, erase_customer

pytestmark = pytest.mark.django_db(transaction=True)


def opened(made) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(made.stream())))


def told(made) -> dict:
    return json.loads(opened(made).read("data.json"))


def test_everything_kept_is_told(cast, fuyao):  # noqa: F811
    """Table by table: whatever stands there of the person stands in the file."""
    made = told(disclose_customer(cast.mei, fuyao.pk))
    by_table = {one["table"]: json.dumps(one["rows"], ensure_ascii=False).lower()
                for one in made["sections"]}  # fmt: skip
    others = {"customers_relation", "events_event", "customers_party"}  # hold others' mentions, too
    missing = []
    for place in _in_tables():
        table, _colon, secret = place.partition(": ")
        table = "events_event" if table.startswith("events_event_") else table
        if table in UNTOLD:
            continue
        text = by_table.get(table, "")
        if secret.lower() not in text and not (table in others and secret == "397 7700"):
            missing.append(place)
    assert missing == []
    assert set(by_table) <= told_tables() | {"customers_party", "events_event"}


def test_it_can_be_read_without_a_program(cast, fuyao):  # noqa: F811
    archive = opened(disclose_customer(cast.mei, fuyao.pk, language="en"))
    page = archive.read("index.html").decode()
    assert '<html lang="en">' in page
    assert "What is known of 欧阳扶摇" in page
    assert "<script" not in page
    files = [name for name in archive.namelist() if name.startswith("files/")]
    assert files == ["files/001-身份证扫描.txt"]
    assert archive.read(files[0]) == b"quillback"
    chinese = opened(disclose_customer(cast.mei, fuyao.pk, language="zh-hans"))
    assert '<html lang="zh-hans">' in chinese.read("index.html").decode()


def test_scores_come_with_what_they_mean(cast, fuyao):  # noqa: F811
    made = told(disclose_customer(cast.mei, fuyao.pk, language="en"))
    scores = next(one for one in made["sections"] if one["table"] == "insight_standing")
    assert scores["rows"][0]["orders"] == 1
    assert "No decision with legal effect" in scores["note"]


def test_nothing_of_others_is_told(cast, fuyao):  # noqa: F811
    archive = opened(disclose_customer(cast.mei, fuyao.pk))
    for name in ("index.html", "data.json"):
        text = archive.read(name).decode()
        assert "Lin & Sons" not in text
        for colleague in (cast.li, cast.zhao, cast.mei):
            assert str(colleague.user_id) not in text
            assert f'"{colleague.name}"' not in text


def test_that_it_was_made_is_told(cast, fuyao):  # noqa: F811
    made = disclose_customer(cast.mei, fuyao.pk, language="en")
    event = Event.objects.get(type="customer.disclosed")
    assert (event.party_id, event.actor_id) == (fuyao.pk, cast.mei.user_id)
    assert event.data == {"rows": made.row_count, "files": 1, "language": "en"}


def test_who_may_hand_it_over(cast, fuyao):  # noqa: F811
    for viewer in (cast.han, cast.li, cast.guest):
        with pytest.raises((NotAllowed, NotFound)):
            disclose_customer(viewer, fuyao.pk)
    with pytest.raises(Invalid):
        disclose_customer(cast.mei, fuyao.pk, language="xx")
    assert not Event.objects.filter(type="customer.disclosed").exists()
    erase_customer(cast.mei, fuyao.pk, ground="request")
    with pytest.raises(Conflict):
        disclose_customer(cast.mei, fuyao.pk)
