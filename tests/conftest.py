"""Fixtures that every test may use."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def cast(db):
    from cast import build_cast
    from django.db import connection

    company = build_cast()
    with connection.cursor() as cursor:
        # How many customers there are is asked of the planner, which else remembers another test.
        cursor.execute("ANALYZE customers_party")
    return company


@pytest.fixture
def public_data() -> Path:
    """The folder of public data sets beside the project; tests on them are skipped without it."""
    if not DATA.is_dir():
        pytest.skip("the public data sets are not beside the project")
    return DATA
