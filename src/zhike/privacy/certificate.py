"""What was erased, on which ground, by whom, where, and what cannot be reached: without a word that
tells who it was."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.queries import user_names
from zhike.customers.forgetting import TABLES

if TYPE_CHECKING:
    from zhike.privacy.models import Erasure


def certificate(run: "Erasure") -> dict[str, Any]:
    """For programs. Counts are of rows."""
    return {
        "id": run.pk, "number": run.number, "customer": run.party_id, "state": run.state,
        "ground": run.ground, "reference": run.reference,
        "requested_by": user_names().get(str(run.requested_by), ""),
        "requested_at": run.requested_at, "finished_at": run.finished_at,
        "files_of_customers": len(run.ids), **run.report, "backups_until": run.backups_until,
        "limits": limits(run),
    }  # fmt: skip


def rows(run: "Erasure") -> list[tuple[str, int, int]]:
    """Table by table: rows deleted or emptied, and mentions taken out of others' rows."""
    own, mentions = run.report.get("rows", {}), run.report.get("mentions", {})
    return [
        (str(TABLES.get(table, table)), own.get(table, 0), mentions.get(table, 0))
        for table in sorted(own.keys() | mentions.keys())
    ]


def limits(run: "Erasure") -> Sequence[str]:
    """What the certificate does not claim."""
    found = []
    if run.backups_until is not None:
        text = _("Backups written before hold the person until they are deleted: by %(day)s.")
        found.append(text % {"day": date_format(run.backups_until)})
        found.append(_("Freed parts of the database's own files are overwritten as it goes on."))
    if borne := run.report.get("borne_by_others"):
        text = _(
            "Names, numbers or addresses that other customers bear too, or that are too short: "
            "%(count)s. Where they are said of others they stay."
        )
        found.append(text % {"count": borne})
    if outside := run.report.get("outside"):
        text = _("Files imported from outside Zhike's folder, left where they lie: %(count)s.")
        found.append(text % {"count": outside})
    found.append(_("Exports and printed lists that people took are not within reach, nor what "
                   "files kept with other customers may say."))  # fmt: skip
    return found
