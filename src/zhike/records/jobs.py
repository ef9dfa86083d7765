"""Doorbells of the record service."""

from zhike.access.queries import viewer_by_id
from zhike.jobs import every, job, later
from zhike.records.actions import errands
from zhike.records.imports import actions, carrying_out
from zhike.records.models import Import


@job
def run_import(import_id: str) -> None:
    run = Import.objects.filter(pk=import_id).first()
    if run is None:
        return
    carrying_out.run_import(import_id, viewer=viewer_by_id(run.user_id, source="import"))


@every("* * * * *")
def resume_imports() -> None:
    for import_id in actions.stale_imports():
        later(run_import, import_id=str(import_id))


@job
def run_errand(errand_id: str) -> None:
    errands.carry_out(errand_id)


@every("* * * * *")
def look_after_errands() -> None:
    errands.tend_errands()
