"""Assignment begins with whoever arrives from now on: a base that has a history is not read through,
and nobody who came long ago is given away by a rule that is switched on today."""

from django.db import migrations

BEGIN_NOW = """
    INSERT INTO events_reactioncursor (reaction, tx, event_id)
    SELECT 'zhike.ownership.reactions.assign_those_who_arrive',
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1, 4611686018427387904
    ON CONFLICT (reaction) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("ownership", "0005_hand_overs"), ("events", "0001_initial")]
    operations = [migrations.RunSQL(BEGIN_NOW, migrations.RunSQL.noop)]
