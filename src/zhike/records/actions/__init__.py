"""The record service: the one door through which records are written.

Every write checks the right, validates, writes the difference, appends one event with before and
after and belongs to a batch, in one transaction. Domain verbs end here.
"""

from zhike.records.actions.bulk import (
    archive_many,
    change_many,
    change_prepared,
    insert_records,
)
from zhike.records.actions.errands import ask_archive, ask_change, ask_undo
from zhike.records.actions.keeping import remove_view, save_view, set_firm
from zhike.records.actions.limiting import levels_of, limit_fact, unmask
from zhike.records.actions.streams import copy_rows, update_rows
from zhike.records.actions.undoing import (
    take_rows_back,
    takes_back,
    takes_back_beside,
    undo_batch,
)
from zhike.records.actions.writing import (
    archive_record,
    change_record,
    clean_values,
    create_record,
    created_draft,
    new_instance,
    new_instances,
    open_batch,
    restore_record,
)

__all__ = [
    "archive_many",
    "ask_archive",
    "ask_change",
    "ask_undo",
    "archive_record",
    "change_many",
    "change_prepared",
    "change_record",
    "clean_values",
    "copy_rows",
    "create_record",
    "created_draft",
    "insert_records",
    "levels_of",
    "limit_fact",
    "new_instance",
    "new_instances",
    "open_batch",
    "remove_view",
    "restore_record",
    "save_view",
    "set_firm",
    "take_rows_back",
    "takes_back",
    "takes_back_beside",
    "undo_batch",
    "unmask",
    "update_rows",
]
