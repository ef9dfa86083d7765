"""The words of the signs by which somebody comes upon a colleague's customer."""

from django.utils.translation import gettext_lazy as _

SIGNS = {
    "phone": _("Phone number"),
    "email": _("E-mail address"),
    "registration_no": _("Registration number"),
}
