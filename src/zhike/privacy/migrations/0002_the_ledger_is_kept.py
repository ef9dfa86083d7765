"""Lines of the ledger are never changed: a merge may move them to the file that stays, and an
erasure takes words about the person out. The shipped purposes."""

from django.db import migrations

KEPT = """
CREATE FUNCTION privacy_keep_consents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND coalesce(current_setting('zhike.erasing', TRUE), '') = 'yes' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'party_id' = to_jsonb(OLD) - 'party_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'lines of the ledger are never changed';
END $$;
CREATE TRIGGER privacy_kept BEFORE UPDATE OR DELETE ON privacy_consent
    FOR EACH ROW EXECUTE FUNCTION privacy_keep_consents();
"""
BACK = """
DROP TRIGGER privacy_kept ON privacy_consent;
DROP FUNCTION privacy_keep_consents;
"""
# key, PIPL, GDPR, by channel, separate
SHIPPED = (
    ("service", "contract", "contract", True, False),
    ("marketing", "consent", "consent", True, False),
    ("profiling", "consent", "interests", False, False),
    ("sharing", "consent", "consent", False, True),
    ("transfer", "consent", "consent", False, True),
    ("sensitive", "consent", "consent", False, True),
)


def ship(apps, schema_editor):
    purpose = apps.get_model("privacy", "Purpose")
    for position, (key, pipl, gdpr, is_by_channel, is_separate) in enumerate(SHIPPED):
        purpose.objects.create(
            key=key, pipl=pipl, gdpr=gdpr, is_by_channel=is_by_channel, is_separate=is_separate,
            position=position,
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_consents_and_erasures")]
    operations = [
        migrations.RunSQL(KEPT, BACK),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]
