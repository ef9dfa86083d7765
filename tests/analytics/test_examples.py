"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

from zhike import analytics

MODULES = ["zhike.analytics"] + [
    module.name for module in pkgutil.walk_packages(analytics.__path__, "zhike.analytics.")
]
PUBLIC = {name: getattr(analytics, name) for name in analytics.__all__}


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_module(name):
    result = doctest.testmod(importlib.import_module(name), extraglobs=PUBLIC)
    assert result.failed == 0


@pytest.mark.parametrize("name", sorted(name for name, thing in PUBLIC.items() if callable(thing)))
def test_everything_public_is_documented(name):
    assert PUBLIC[name].__doc__


def test_library_stands_alone():
    """Nothing of ours and nothing heavier than SciPy is imported."""
    program = """if True:
        import sys, zhike.analytics
        heavy = {"django", "pandas", "polars", "duckdb", "pyarrow", "sklearn"} & set(sys.modules)
        zhike = [name.split(".")[1] for name in sys.modules if name.startswith("zhike.")]
        print(sorted(heavy), sorted(set(zhike)))
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] ['analytics']"
