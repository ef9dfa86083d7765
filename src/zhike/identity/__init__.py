"""Who is who: names, numbers and addresses read into one form, and compared with reasons.

A library of its own, without Django and without the rest of Zhike:

>>> from zhike.identity import Profile, compare
>>> one = Profile("company", name="杭州雲棲茶舍有限公司", city="杭州市")
>>> other = Profile("company", name="云栖茶舍（杭州）有限公司", city="杭州")
>>> [(sign.sign, sign.level) for sign in compare(one, other, base=10_000).reasons]
[('name', 'core'), ('city', 'same')]
"""

from .companies import CompanyName, read_company_name
from .contacts import read_domain, read_email, read_phone
from .matching import SIGNS, USUAL, Agreement, Match, Profile, Sign, compare, signs_of
from .people import PersonName, read_person_name
from .registration import RegistrationNo, check_character, read_registration_no
from .texts import fold, letters, normalise, readings

__all__ = [
    "SIGNS",
    "USUAL",
    "Agreement",
    "CompanyName",
    "Match",
    "PersonName",
    "Profile",
    "RegistrationNo",
    "Sign",
    "check_character",
    "compare",
    "fold",
    "letters",
    "normalise",
    "read_company_name",
    "read_domain",
    "read_email",
    "read_person_name",
    "read_phone",
    "read_registration_no",
    "readings",
    "signs_of",
]
