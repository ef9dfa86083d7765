"""The keys of the customers that are there already, by the reading of names as it is now."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

CHUNK = 5_000


def fill_keys(apps, schema_editor):
    from zhike.customers.profiles import keys_of, profile_of

    party = apps.get_model("customers", "Party")
    parties = party.objects.order_by("id").defer("search")
    last = None
    while True:
        chunk = list((parties.filter(id__gt=last) if last else parties)[:CHUNK])
        if not chunk:
            return
        last = chunk[-1].pk
        for one in chunk:
            one.keys = keys_of(profile_of(one))
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE customers_party SET keys = %s WHERE id = %s",
                [(one.keys, one.pk) for one in chunk],
            )


class Migration(migrations.Migration):

    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="party",
            name="keys",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop, elidable=False),
        migrations.AddIndex(
            model_name="party",
            index=django.contrib.postgres.indexes.GinIndex(fields=["keys"], name="party_keys"),
        ),
    ]
