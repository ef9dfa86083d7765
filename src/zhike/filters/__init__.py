"""Every question "which ones?" is one typed, immutable tree with four readings that agree.

`tree` is the expression, `schema` what may be asked about, `check` the typing; the readings are
`sql` (PostgreSQL and DuckDB), `memory` (Python on one record) and `sentence` (zh, en).
"""

from zhike.filters.check import check
from zhike.filters.schema import (
    Aggregate,
    Collection,
    Fact,
    Join,
    Kind,
    Schema,
)
from zhike.filters.tree import (
    EVERYTHING,
    All,
    Any,
    EventTest,
    InSegment,
    Node,
    Not,
    Test,
    dump,
    parse,
)

__all__ = [
    "EVERYTHING",
    "Aggregate",
    "All",
    "Any",
    "Collection",
    "EventTest",
    "Fact",
    "InSegment",
    "Join",
    "Kind",
    "Node",
    "Not",
    "Schema",
    "Test",
    "check",
    "dump",
    "parse",
]
