"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil

import pytest

from zhike import analytics

MODULES = ["zhike.analytics"] + [f"zhike.analytics.{module.name}" for module in pkgutil.iter_modules(analytics.__path__)]
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
    import subprocess
    import sys

    program = (
        "import sys, zhike.analytics\n"
        "heavy = {'django', 'pandas', 'polars', 'duckdb', 'pyarrow', 'sklearn'} & set(sys.modules)\n"
        "ours = [m for m in sys.modules if m.startswith('zhike.') and not m.startswith('zhike.analytics')]\n"
        "print(sorted(heavy), ours)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
