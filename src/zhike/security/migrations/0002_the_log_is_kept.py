"""Lines of the access log are never changed, and taken away only when their months are over."""

from django.db import migrations

KEPT = """
CREATE FUNCTION security_keep_viewings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(current_setting('zhike.tidying', TRUE), '') = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'lines of the access log are never changed';
END $$;
CREATE TRIGGER security_kept AFTER UPDATE OR DELETE ON security_viewing
    FOR EACH STATEMENT EXECUTE FUNCTION security_keep_viewings();
"""
BACK = """
DROP TRIGGER security_kept ON security_viewing;
DROP FUNCTION security_keep_viewings;
"""


class Migration(migrations.Migration):
    dependencies = [("security", "0001_access_log_decoys_alarms")]
    operations = [migrations.RunSQL(KEPT, BACK)]
