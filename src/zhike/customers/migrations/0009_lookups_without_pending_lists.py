from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

_COLUMNS = ("keys", "emails", "phones")


class Migration(migrations.Migration):
    """A lookup in a GIN index reads its list of pending entries as a whole, and imports look
    values up by the thousand while they fill it."""

    dependencies = [("customers", "0008_consents_and_erasure")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        f"ALTER INDEX party_{column} SET (fastupdate = off)",
                        f"SELECT gin_clean_pending_list('party_{column}')",
                    ],
                    f"ALTER INDEX party_{column} RESET (fastupdate)",
                )
                for column in _COLUMNS
            ],
            state_operations=[
                operation
                for column in _COLUMNS
                for operation in (
                    migrations.RemoveIndex("party", f"party_{column}"),
                    migrations.AddIndex(
                        "party",
                        GinIndex(fields=[column], name=f"party_{column}", fastupdate=False),
                    ),
                )
            ],
        )
    ]
