"""What access says."""

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare

declare(
    EventType(
        "field_right.set",
        _("Field right set"),
        _("What %(role)s may do with %(fact)s was set"),
        "system",
    ),
    EventType("user.created", _("User created"), _("User %(name)s created"), "system"),
    EventType("user.updated", _("User changed"), _("User %(name)s changed"), "system"),
    EventType("user.signed_in", _("Signed in"), _("%(name)s signed in"), "system"),
    EventType(
        "user.braked", _("Stopped"), _("%(name)s is shown few customers from now on"), "system"
    ),
    EventType("user.released", _("Let go on"), _("%(name)s may open customers again"), "system"),
    EventType("team.created", _("Team created"), _("Team %(name)s created"), "system"),
    EventType("token.created", _("API token created"), _("API token %(name)s created"), "system"),
    EventType("token.revoked", _("API token revoked"), _("API token %(name)s revoked"), "system"),
)
