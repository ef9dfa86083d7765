"""Files on their way in: read, recognise, check, apply, report, undo."""

from zhike.records.imports.importers import (
    Clue,
    Group,
    Importer,
    Outcome,
    Question,
    Supplement,
    fill_from_supplements,
    importer,
    importers,
    register,
    supplement,
    write_supplements,
)
from zhike.records.models import Import

State = Import.State

__all__ = [
    "Clue",
    "Group",
    "Importer",
    "Outcome",
    "Question",
    "State",
    "Supplement",
    "fill_from_supplements",
    "importer",
    "importers",
    "register",
    "supplement",
    "write_supplements",
]
