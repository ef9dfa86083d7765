"""The product's settings on a throw-away PostgreSQL.

Each process of a test session has a cluster of its own (it takes half a second): the log's readers
wait for every open transaction of a cluster, other workers' tests included.
"""

import atexit
import os
import tempfile
from pathlib import Path

from zhike.cli.postgres import EmbeddedPostgres

home = Path(tempfile.mkdtemp(prefix="zhike-tests-", dir="/tmp"))
home.chmod(0o755)
cluster = EmbeddedPostgres(home / "home", durable=False)
os.environ["ZHIKE_DATABASE_URL"] = cluster.start()
os.environ["ZHIKE_HOME"] = str(home / "home")
os.environ["ZHIKE_LANGUAGE"] = "en"
os.environ["ZHIKE_TIME_ZONE"] = "Asia/Shanghai"
atexit.register(cluster.stop)

from zhike.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
