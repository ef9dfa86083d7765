"""What speaks for a question was kept in words alone, which tell of hidden facts: it goes, and the
question stays."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0008_sharing_is_a_kind_of_batch")]

    operations = [
        migrations.RunSQL(
            "UPDATE records_importrow SET question = question || '{\"why\": []}', error = '?' "
            "WHERE question IS NOT NULL",
            migrations.RunSQL.noop,
        )
    ]
