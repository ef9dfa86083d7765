"""What the web server loads."""

import os

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from zhike.kernel.reading import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhike.config.settings")
application = get_wsgi_application()
connection_created.connect(limit_statements)
