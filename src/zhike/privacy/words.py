"""Words of privacy: channels, shipped purposes, what a basis implies."""

from collections.abc import Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhike.filters.schema import Words

CHANNELS: Mapping[str, Words] = {
    "phone": _("Phone"),
    "sms": _("SMS"),
    "email": _("E-mail"),
    "wechat": _("WeChat"),
    "post": _("Post"),
}
PURPOSES: Mapping[str, Words] = {
    "service": _("Fulfilling orders and service"),
    "marketing": _("Marketing"),
    "profiling": _("Profiling and scoring"),
    "sharing": _("Sharing with partners"),
    "transfer": _("Transfer abroad"),
    "sensitive": _("Sensitive data"),
}
GROUNDS: Mapping[str, Words] = {
    "request": _("The person asked for it (PIPL Art. 47, GDPR Art. 17)"),
    "withdrawn": _("Consent was withdrawn (PIPL Art. 47(3), GDPR Art. 17(1)(b))"),
    "purpose": _("The purpose has ended (PIPL Art. 47(1), GDPR Art. 17(1)(a))"),
    "retention": _("The retention period is over (PIPL Art. 47(2), GDPR Art. 5(1)(e))"),
    "unlawful": _("It was not lawful to keep (PIPL Art. 47(4), GDPR Art. 17(1)(d))"),
}
SOURCES: Mapping[str, Words] = {
    "call": _("Call"),
    "form": _("Form"),
    "paper": _("Paper"),
    "message": _("Message"),
}
WAYS = SOURCES  # in which people ask
REQUESTS: Mapping[str, Words] = {
    "access": _("Access to the data"),
    "copy": _("Copy to take along"),
    "correction": _("Correction"),
    "erasure": _("Erasure"),
    "restriction": _("Restriction"),
    "objection": _("Objection"),
}
STATES: Mapping[str, Words] = {
    "open": _("Open"),
    "fulfilled": _("Fulfilled"),
    "refused": _("Refused"),
}
EFFECTS: Mapping[str, Words] = {
    "access": _("Hand over the file of everything known, which the page of the customer makes."),
    "copy": _("Hand over the file of everything known; data.json in it is for other systems."),
    "correction": _("Correct the file; what has changed stands in its timeline."),
    "erasure": _("Erase the customer first; the certificate names this request."),
    "restriction": _("While it is in force nobody is contacted, whatever the ledger says."),
    "objection": _("The consent is withdrawn in the ledger on the day of the answer."),
}
BASES: Mapping[str, Words] = {
    "consent": _("Consent"),
    "contract": _("Contract"),
    "legal": _("Legal duty"),
    "interests": _("Legitimate interests (GDPR only)"),
    "vital": _("Vital interests"),
    "public": _("Public interest"),
}
IMPLIES: Mapping[str, Words] = {
    "consent": _("Nothing without a consent in force; it can be withdrawn at any time."),
    "contract": _("What the contract needs, as long as it needs it."),
    "legal": _("What a law demands, as long as it demands it."),
    "interests": _("Allowed until the person objects; the weighing is written down."),
    "vital": _("Only where life or health is in danger."),
    "public": _("Only what a public task asks for."),
}


def purpose_label(key: str, name: str = "", chinese_name: str = "") -> Words:
    """What a purpose is called in the reader's language; the shipped ones have a name in both."""
    if chinese_name and (get_language() or "").startswith("zh"):
        return chinese_name
    return name or PURPOSES.get(key) or chinese_name or key
