"""Where a record or an event came from when it was not typed in: `Viewer.source` in words."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.filters.schema import Words

SOURCES: Mapping[str, Words] = {
    "page": _("By hand"),
    "import": _("Import"),
    "api": _("API"),
    "rule": _("Rule"),
    "demo": _("Demo data"),
    "system": _("System"),
}
