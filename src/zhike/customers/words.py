"""What two files of customers have in common, in words."""

from django.utils.translation import gettext_lazy as _

# (kind, sign, level) of `zhike.identity.SIGNS`; what holds for both kinds stands under "".
SIGN_WORDS = {
    ("", "registration_no", "same"): _("same registration number"),
    ("", "registration_no", "slip"): _("registration number differs by one character"),
    ("", "phone", "same"): _("same phone number"),
    ("", "phone", "slip"): _("phone number differs by one digit"),
    ("", "email", "same"): _("same e-mail address"),
    ("person", "name", "same"): _("same name"),
    ("person", "name", "sounds"): _("name sounds the same"),
    ("person", "name", "alike"): _("similar name"),
    ("company", "name", "same"): _("same company name"),
    ("company", "name", "core"): _("same company name, written otherwise"),
    ("company", "name", "branch"): _("same company name, other branch or place"),
    ("company", "name", "alike"): _("similar company name"),
    ("", "birthday", "same"): _("same birthday"),
    ("", "birthday", "slip"): _("birthday differs by one digit"),
    ("", "company", "same"): _("same employer"),
    ("", "domain", "same"): _("same web domain"),
    ("", "city", "same"): _("same city"),
    ("", "street", "same"): _("same street"),
}

# A customer of a colleague's, out of sight, who bears the very sign that was typed.
HELD_WORDS = {
    "registration_no": _("A colleague already has a customer with this registration number."),
    "phone": _("A colleague already has a customer with this phone number."),
    "email": _("A colleague already has a customer with this e-mail address."),
}
# The same of one whom the colleague protects.
PROTECTED_WORDS = {
    "registration_no": _("A colleague protects a customer with this registration number."),
    "phone": _("A colleague protects a customer with this phone number."),
    "email": _("A colleague protects a customer with this e-mail address."),
}


def sign_words(kind: str, sign: str, level: str) -> str:
    """Raises KeyError for a level that speaks against it: there is nothing in common then."""
    own = (kind, sign, level)
    return str(SIGN_WORDS[own if own in SIGN_WORDS else ("", sign, level)])
