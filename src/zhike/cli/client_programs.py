"""`pg_dump` and `pg_restore`: those of the embedded PostgreSQL, else those of the machine."""

import os
import shutil
import subprocess
from gettext import gettext

from zhike.kernel.errors import ZhikeError


def client_program(name: str) -> str:
    from zhike.cli.postgres.programs import PostgresError, programs_folder

    try:
        return str(programs_folder() / name)
    except PostgresError:
        if found := shutil.which(name):
            return found
    message = gettext("The program %(name)s is missing: install the client programs of PostgreSQL.")
    raise ZhikeError("postgres.program", message % {"name": name})


def connection_environment(url: str) -> dict[str, str]:
    """The environment with which such a program finds the database.

    The password travels here and not on the command line, which everybody on the machine can read;
    settings of the user's own (PGPORT, PGSERVICE, …) are left out.
    """
    from psycopg.conninfo import conninfo_to_dict

    variables = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
        "passfile": "PGPASSFILE",
    }
    given = conninfo_to_dict(url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {variables[name]: str(given[name]) for name in variables if given.get(name)}


def require_success(process: subprocess.Popen[bytes], complaint: bytes, message: str) -> None:
    """Raises the sentence `message`, which names the %(reason)s, unless the program succeeded."""
    if process.wait() != 0:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["?"]
        raise ZhikeError("postgres.client", message % {"reason": lines[0]})
