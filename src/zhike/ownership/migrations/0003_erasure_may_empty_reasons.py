"""The ledger is never changed, except that an erasure takes out words that may name a person."""

from django.db import migrations

KEPT = """
CREATE OR REPLACE FUNCTION ownership_keep_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('zhike.erasing', TRUE), '') <> 'yes' THEN
        RAISE EXCEPTION 'entries of the ledger are never changed';
    END IF;
    RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION ownership_keep_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the ledger are never changed';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ownership", "0002_the_ledger_writes_itself")]
    operations = [migrations.RunSQL(KEPT, BEFORE)]
