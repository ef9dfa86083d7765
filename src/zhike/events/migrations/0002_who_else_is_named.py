"""An erasure asks in which events of others a customer is named: few, among all."""

from django.db import migrations

INDEX = """
CREATE INDEX event_other ON events_event ((data ->> 'other_id')) WHERE data ? 'other'
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunSQL(INDEX, "DROP INDEX event_other")]
