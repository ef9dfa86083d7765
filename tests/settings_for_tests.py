"""The product's settings on a throw-away PostgreSQL.

The first process of a test session starts the cluster; the workers of pytest-xdist inherit its
address. The cluster ends with the process that started it.
"""

import atexit
import os
import tempfile
from pathlib import Path

if "ZHIKE_TEST_HOME" not in os.environ:
    from zhike.cli.postgres import EmbeddedPostgres

    home = Path(tempfile.mkdtemp(prefix="zhike-tests-", dir="/tmp"))
    home.chmod(0o755)
    cluster = EmbeddedPostgres(home / "home", durable=False)
    os.environ["ZHIKE_TEST_DATABASE_URL"] = cluster.start()
    os.environ["ZHIKE_TEST_HOME"] = str(home / "home")
    atexit.register(cluster.stop)

os.environ["ZHIKE_DATABASE_URL"] = os.environ["ZHIKE_TEST_DATABASE_URL"]
os.environ["ZHIKE_HOME"] = os.environ["ZHIKE_TEST_HOME"]
os.environ["ZHIKE_LANGUAGE"] = "en"
os.environ["ZHIKE_TIME_ZONE"] = "Asia/Shanghai"

from zhike.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
