"""PostgreSQL remembers how many rows the first statement of a connection changed, and plans the
trigger for so many ever after: 4,000 customers after one took three seconds, and four times as long
for twice as many. Asked as text the question is planned anew, for the rows there are."""

from django.db import migrations

CHANGED = """
CREATE OR REPLACE FUNCTION ownership_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told jsonb := nullif(current_setting('zhike.ownership', TRUE), '')::jsonb;
BEGIN
    EXECUTE $question$
    INSERT INTO ownership_entry (party_id, at, verb, owner_before, owner_after, pool_before,
        pool_after, batch_id, actor_id, reason)
    SELECT c.id,
        CASE WHEN c.version = g.version THEN now() ELSE c.updated_at END,
        coalesce($1 ->> 'verb', CASE
            WHEN b.kind = 'merge' THEN 'merged'
            WHEN b.kind = 'undo' THEN 'undone'
            WHEN c.owner_id IS NOT NULL AND c.owner_id IS DISTINCT FROM g.owner_id THEN 'assigned'
            WHEN g.owner_id IS NULL THEN 'moved'
            ELSE 'released' END),
        g.owner_id, c.owner_id, g.pool_id, c.pool_id, c.batch_id, b.user_id,
        coalesce($1 ->> 'reason', '')
    FROM gone g JOIN came c ON c.id = g.id LEFT JOIN records_batch b ON b.id = c.batch_id
    WHERE c.owner_id IS DISTINCT FROM g.owner_id OR c.pool_id IS DISTINCT FROM g.pool_id
    $question$ USING told;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ownership", "0008_rehearsals")]

    operations = [migrations.RunSQL(CHANGED, migrations.RunSQL.noop)]
