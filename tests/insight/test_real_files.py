"""The main job on a real file: from its orders, through the importer, to the published figures."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from zhike.access.viewer import SYSTEM
from zhike.commerce.models import Order
from zhike.insight import actions
from zhike.insight.models import Standing
from zhike.records.imports import actions as imports

CDNOW = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow_sample.csv.gz"
COLUMNS = {
    "customer_code": "master_id", "placed_at": "date", "quantity": "cds", "amount": "amount",
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not CDNOW.exists(), reason="the folder of real data is not beside the project")
def test_cdnow_comes_in_and_gets_its_published_scores(tmp_path, cast):
    path = tmp_path / "cdnow.csv"
    path.write_bytes(gzip.decompress(CDNOW.read_bytes()))
    run = imports.prepare_import(SYSTEM, type="order", path=path, name=path.name)
    imports.map_import(
        SYSTEM, run.pk, mapping=COLUMNS, options={"currency": "USD", "rate": "1"}
    )  # an amount stays as it is

    run = imports.import_now(SYSTEM, run.pk, is_dry_run=False)
    scored = actions.run_scores(SYSTEM, as_of=date(1997, 9, 30))

    assert (run.rows, run.created, run.refused) == (6_919, 6_919, 0)
    assert Order.objects.values("party").distinct().count() == 2_357
    # Eight of them got their first order for nothing; who never paid is no buyer here.
    assert Standing.objects.filter(orders__gt=0).count() == 2_349
    # Fader, Hardie & Lee 2005 print r = .243, alpha = 4.414 weeks, a = .793, b = 2.426 for all
    # 2,357; Fader & Hardie 2013 p = 6.25, q = 3.74, v = 15.44 dollars.
    fitted = scored.report["parameters"]
    assert scored.report["verdict"] == "identified"
    assert fitted["r"] == pytest.approx(0.243, rel=0.01)
    assert fitted["alpha"] / 7 == pytest.approx(4.414, rel=0.01)
    assert fitted["a"] == pytest.approx(0.793, rel=0.01)
    assert fitted["b"] == pytest.approx(2.426, rel=0.01)
    spend = scored.report["spend"]
    assert spend["p"] == pytest.approx(6.25, rel=0.002)
    assert spend["q"] == pytest.approx(3.74, rel=0.002)
    assert spend["v"] / 100 == pytest.approx(15.44, rel=0.002)
