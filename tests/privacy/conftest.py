import pytest

from zhike.privacy.models import Purpose


@pytest.fixture(autouse=True)
def shipped(db):
    """A flush by a test with transactions of its own takes the shipped purposes along."""
    if not Purpose.objects.exists():
        from importlib import import_module

        from django.apps import apps

        import_module("zhike.privacy.migrations.0002_the_ledger_is_kept").ship(apps, None)
