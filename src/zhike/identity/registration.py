"""统一社会信用代码, the number under which an organisation is registered in China."""

from dataclasses import dataclass

from .texts import normalise

# GB 32100-2015: no I, O, S, V, Z.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
# GB 11714-1997, the organisation code in places 9 to 17.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class RegistrationNo:
    """A number of 18 characters, and what is wrong with it when something is.

    `problem` is empty, or one of ``length``, ``character``, ``check`` (the last character does not
    fit the others), ``organisation`` (that of the organisation code inside does not).
    """

    number: str
    problem: str = ""

    @property
    def is_valid(self) -> bool:
        return not self.problem


def read_registration_no(text: str) -> RegistrationNo:
    """
    >>> read_registration_no("91440300708461136T")
    RegistrationNo(number='91440300708461136T', problem='')
    >>> read_registration_no("9144 0300 7084 6113 6X").problem
    'check'
    """
    number = "".join(c for c in normalise(text).upper() if c.isalnum())
    if len(number) != 18:
        return RegistrationNo(number, "length")
    if any(character not in _VALUE for character in number):
        return RegistrationNo(number, "character")
    if number[17] != check_character(number):
        return RegistrationNo(number, "check")
    if number[16] != _organisation_check(number[8:16]):
        return RegistrationNo(number, "organisation")
    return RegistrationNo(number)


def check_character(number: str) -> str:
    """The 18th character for the first 17: weights 3^i modulo 31 (GB 32100-2015, 4.6)."""
    total = sum(_VALUE[c] * pow(3, place, 31) for place, c in enumerate(number[:17]))
    return _ALPHABET[-total % 31]


def _organisation_check(code: str) -> str:
    # GB 11714 counts the letters from A = 10 without leaving any out.
    values = (int(c) if c.isdigit() else ord(c) - ord("A") + 10 for c in code)
    rest = 11 - sum(w * v for w, v in zip(_ORGANISATION_WEIGHTS, values, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))
