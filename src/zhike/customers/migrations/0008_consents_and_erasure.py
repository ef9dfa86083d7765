from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    """The JSON field was never written by any door; what is agreed stands in privacy's ledger."""

    dependencies = [("customers", "0007_pools")]

    operations = [
        migrations.AddField("party", "erased_at", models.DateTimeField(null=True)),
        migrations.RemoveField("party", "consents"),
        migrations.AddField(
            "party",
            "consents",
            ArrayField(models.CharField(max_length=60), default=list, size=None),
        ),
        migrations.AddIndex("party", GinIndex(fields=["consents"], name="party_consents")),
    ]
