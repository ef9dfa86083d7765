"""Writing all standings at once: the new ones are laid down beside the old and change places.

Readers see the old ones or the new ones, never none, and wait for no longer than a renaming takes.
"""

from pathlib import Path

from django.db import OperationalError, connection, transaction

from zhike.events.actions import announce
from zhike.insight.models import ScoreRun, Standing
from zhike.insight.scoring import Scores
from zhike.kernel import clock

TABLE = "insight_standing"
NEXT = "insight_standing_next"
# Shorter than the second after which PostgreSQL looks for deadlocks: whoever reads while we ask for
# the table neither waits long nor is ended for our sake.
PATIENCE = "800ms"
ATTEMPTS = 5


def relation(engine, columns: dict):
    """Arrays as a relation of DuckDB."""
    frame = columns  # noqa: F841  DuckDB finds the arrays by this name
    return engine.sql("SELECT * FROM frame")


_WHOLE = (
    *("orders", "value", "average", "recency_grade", "frequency_grade", "money_grade"),
    *("value_3", "value_6", "value_12", "value_12_low", "value_12_high", "next_spread"),
)
_REAL = ("usual_gap", "alive", "overdue", "orders_3", "orders_6", "orders_12")
_WORDS = ("rfm_group", "abc", "tier", "stage", "relation")


def export_standings(engine, scores: Scores, run: ScoreRun, path: Path) -> None:
    """One CSV row for every customer, those without orders as prospects, in the order of
    Standing's columns."""
    base = scores.base
    columns = {"n": base.customer, "orders": base.orders, "value": base.value, **scores.columns}
    columns |= {"first_day": base.first_day, "last_day": base.last_day}
    if len(base) == 0:
        engine.execute("CREATE TEMP TABLE score AS SELECT NULL::BIGINT AS n WHERE FALSE")
    else:
        engine.register("score", relation(engine, columns))
    has = columns.keys() if len(base) else {"n"}
    epoch = "DATE '1970-01-01'"

    def whole(name: str) -> str:
        return f"nullif(s.{name}::DOUBLE, 'nan'::DOUBLE)::BIGINT" if name in has else "NULL"

    def real(name: str) -> str:
        return f"nullif(s.{name}, 'nan'::DOUBLE)" if name in has else "NULL"

    def day(name: str) -> str:
        return f"{epoch} + {whole(name)}::INTEGER" if name in has else "NULL"

    values = {name: whole(name) for name in _WHOLE}
    values |= {name: real(name) for name in _REAL}
    values |= {name: f"coalesce(s.{name}, '')" if name in has else "''" for name in _WORDS}
    values["orders"], values["value"] = (f"coalesce({values[n]}, 0)" for n in ("orders", "value"))
    values["stage"] = "coalesce(s.stage, 'prospect')" if "stage" in has else "'prospect'"
    values["relation"] = "coalesce(s.relation, 'none')" if "relation" in has else "'none'"
    until = clock.day_number(run.as_of)
    values |= {
        "party_id": "p.id",
        "run_id": f"'{run.pk}'",
        "first_on": day("first_day"),
        "last_on": day("last_day"),
        "recency_days": f"{until} - {whole('last_day')}" if "last_day" in has else "NULL",
        "next_on": day("next_day"),
        "evidence": (
            "json_object('rule', coalesce(s.rule, 'no_purchase'), 'trend', "
            "nullif(s.trend, 'nan'::DOUBLE))"
            if "rule" in has
            else "json_object('rule', 'no_purchase')"
        ),
    }
    listed = ", ".join(f"{values[field.attname]} AS {field.attname}" for field in _columns())
    engine.execute(
        f"COPY (SELECT {listed} FROM party p LEFT JOIN score s ON s.n = p.n) "
        f"TO '{path}' (FORMAT csv, HEADER false, NULLSTR '\\N')"
    )


def prepare_standings(run: ScoreRun, path: Path) -> None:
    """Lays the new standings beside the old ones and notes whose stage changes.

    They are loaded without indexes, frozen, and measured, so that the first reader already finds
    them as autovacuum would leave them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(f"CREATE TABLE {NEXT} (LIKE {TABLE} INCLUDING DEFAULTS)")
        _load(cursor, path)
        cursor.execute(f"ANALYZE {NEXT}")
        _note_moves(cursor, run)
    announce()


def swap_standings() -> None:
    """Lets the prepared standings take the place of the old ones.

    Whoever reads the old ones for long (a backup does) is not waited for: their rows are then
    exchanged inside the table, which is slower and disturbs nobody.
    """
    with connection.cursor() as cursor:
        constraints, indexes = _constraints(cursor), _indexes(cursor)
        for position, (name, definition) in enumerate(indexes):
            kind, _on, method = definition.partition(f" {name} ON ")
            method = method.partition(" USING ")[2]
            cursor.execute(f"{kind} {NEXT}_{position} ON {NEXT} USING {method}")
        keys = [entry for entry in constraints if entry[2] != "f"]
        for name, definition, _type in keys:
            cursor.execute(f"ALTER TABLE {NEXT} ADD CONSTRAINT {_interim(name)} {definition}")
        if not _lock(cursor):
            _exchange_rows(cursor)
            return
        cursor.execute(f"DROP TABLE {TABLE}")
        cursor.execute(f"ALTER TABLE {NEXT} RENAME TO {TABLE}")
        for position, (name, _definition) in enumerate(indexes):
            cursor.execute(f"ALTER INDEX {NEXT}_{position} RENAME TO {name}")
        for name, _definition, _type in keys:
            cursor.execute(f"ALTER TABLE {TABLE} RENAME CONSTRAINT {_interim(name)} TO {name}")
        # A foreign key closes the table it points at to writers; so it comes last.
        for name, definition, type in constraints:
            if type == "f":
                cursor.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT {name} {definition}")


def _columns():
    return Standing._meta.concrete_fields


def _names() -> str:
    return ", ".join(field.column for field in _columns())


def _load(cursor, path: Path) -> None:
    statement = f"COPY {NEXT} ({_names()}) FROM STDIN (FORMAT csv, NULL '\\N', FREEZE)"
    with cursor.copy(statement) as copy, path.open("rb") as file:
        while chunk := file.read(2**20):
            copy.write(chunk)


def _note_moves(cursor, run: ScoreRun) -> None:
    now = clock.now()
    cursor.execute(
        f"""
        WITH moved AS (
            INSERT INTO insight_stageday (party_id, as_of, before, stage)
            SELECT n.party_id, %s, coalesce(o.stage, ''), n.stage
            FROM {NEXT} n LEFT JOIN {TABLE} o USING (party_id)
            WHERE o.stage IS DISTINCT FROM n.stage
            RETURNING party_id, before, stage
        )
        INSERT INTO events_event (type, party_id, subject_type, subject_id, actor_kind, source,
            happened_at, recorded_at, data)
        SELECT 'score.changed', party_id, 'customer', party_id, 'system', 'score', %s, %s,
            jsonb_build_object('before', before, 'after', stage)
        FROM moved WHERE before <> ''
        """,
        [run.as_of, now, now],
    )


def _indexes(cursor) -> list[tuple[str, str]]:
    """(name, definition) of the indexes that belong to no constraint."""
    cursor.execute(
        """
        SELECT quote_ident(c.relname), pg_get_indexdef(c.oid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = %s::regclass
          AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid
                          AND k.conrelid = i.indrelid)
        ORDER BY c.oid
        """,
        [TABLE],
    )
    return cursor.fetchall()


def _constraints(cursor) -> list[tuple[str, str, str]]:
    """(name, definition, type) of all constraints but NOT NULL, which the new table has already."""
    cursor.execute(
        "SELECT quote_ident(conname), pg_get_constraintdef(oid), contype::text FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype <> 'n' ORDER BY oid",
        [TABLE],
    )
    return cursor.fetchall()


def _interim(name: str) -> str:
    """The name of a constraint while the old table still has it."""
    return '"next_' + name.strip('"')[:50] + '"'


def _lock(cursor) -> bool:
    """Whether the old table is ours alone now."""
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
                cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
                cursor.execute("SET LOCAL lock_timeout = DEFAULT")
            return True
        except OperationalError:
            continue
    return False


def _exchange_rows(cursor) -> None:
    cursor.execute(f"DELETE FROM {TABLE}")
    cursor.execute(f"INSERT INTO {TABLE} ({_names()}) SELECT {_names()} FROM {NEXT}")
    cursor.execute(f"DROP TABLE {NEXT}")
