"""Triggers on the customer file append to the ledger, whoever writes there (ADR 12).

They fire once a statement, over all of its rows: a COPY of 200,000 customers costs one INSERT.
"""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION ownership_note_created() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ownership_entry
        (party_id, at, verb, owner_after, pool_after, batch_id, actor_id, reason)
    SELECT c.id, c.updated_at, 'created', c.owner_id, c.pool_id, c.batch_id, b.user_id, ''
    FROM came c LEFT JOIN records_batch b ON b.id = c.batch_id
    WHERE c.owner_id IS NOT NULL OR c.pool_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION ownership_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told jsonb := nullif(current_setting('zhike.ownership', TRUE), '')::jsonb;
BEGIN
    INSERT INTO ownership_entry (party_id, at, verb, owner_before, owner_after, pool_before,
        pool_after, batch_id, actor_id, reason)
    SELECT c.id,
        CASE WHEN c.version = g.version THEN now() ELSE c.updated_at END,
        coalesce(told ->> 'verb', CASE
            WHEN b.kind = 'merge' THEN 'merged'
            WHEN b.kind = 'undo' THEN 'undone'
            WHEN c.owner_id IS NOT NULL AND c.owner_id IS DISTINCT FROM g.owner_id THEN 'assigned'
            WHEN g.owner_id IS NULL THEN 'moved'
            ELSE 'released' END),
        g.owner_id, c.owner_id, g.pool_id, c.pool_id, c.batch_id, b.user_id,
        coalesce(told ->> 'reason', '')
    FROM gone g JOIN came c ON c.id = g.id LEFT JOIN records_batch b ON b.id = c.batch_id
    WHERE c.owner_id IS DISTINCT FROM g.owner_id OR c.pool_id IS DISTINCT FROM g.pool_id;
    RETURN NULL;
END $$;

CREATE FUNCTION ownership_keep_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the ledger are never changed';
END $$;

CREATE TRIGGER ownership_created AFTER INSERT ON customers_party
    REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION ownership_note_created();
CREATE TRIGGER ownership_changed AFTER UPDATE ON customers_party
    REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION ownership_note_changed();
CREATE TRIGGER ownership_kept BEFORE UPDATE ON ownership_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ownership_keep_entries();
"""

# Who holds a customer when the ledger begins has held it since the log last told of a new owner,
# else since the file was opened.
FIRST_ENTRIES = """
INSERT INTO ownership_entry (party_id, at, verb, owner_after, batch_id, actor_id, reason)
SELECT p.id, coalesce(e.at, p.created_at), 'created', p.owner_id, p.batch_id, NULL, ''
FROM customers_party p
LEFT JOIN (
    SELECT subject_id, max(happened_at) AS at FROM events_event
    WHERE subject_type = 'customer' AND changes ? 'owner_id' GROUP BY subject_id
) e ON e.subject_id = p.id
WHERE p.owner_id IS NOT NULL;
"""

BACK = """
DROP TRIGGER ownership_created ON customers_party;
DROP TRIGGER ownership_changed ON customers_party;
DROP TRIGGER ownership_kept ON ownership_entry;
DROP FUNCTION ownership_note_created, ownership_note_changed, ownership_keep_entries;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ownership", "0001_initial"),
        ("customers", "0007_pools"),
        ("events", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FIRST_ENTRIES, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, BACK),
    ]
