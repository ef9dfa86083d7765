"""Files on their way in: read, recognise, check, apply, report, undo."""

from zhike.records.imports.importers import Group, Importer, Outcome, importer, importers, register

__all__ = ["Group", "Importer", "Outcome", "importer", "importers", "register"]
