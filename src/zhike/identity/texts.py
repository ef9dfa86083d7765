"""Writing folded to one form, and Han characters read aloud."""

import re
import unicodedata
from functools import lru_cache

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAN = re.compile(f"[{HAN}]")
_WORD = re.compile(r"[^\W_]+")


def normalise(text: str) -> str:
    """Full-width to half-width, one space between words, no control characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    folded = unicodedata.normalize("NFKC", text)
    return " ".join("".join(c for c in folded if c.isprintable() or c.isspace()).split())


def fold(text: str) -> str:
    """What two people may write differently and mean the same: width, case, accents, traditional
    or simplified characters, spaces.

    >>> fold("ＡＢＣ  雲棲茶舍"), fold("Crème  Brûlée")
    ('abc 云栖茶舍', 'creme brulee')
    """
    folded = normalise(text).casefold()
    if has_han(folded):
        folded = _simplified(folded)
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded)
        folded = unicodedata.normalize("NFKC", "".join(c for c in parts if not _is_accent(c)))
    return " ".join(folded.split())


def letters(text: str) -> str:
    """The letters and digits of a folded text, without anything between them."""
    return "".join(_WORD.findall(fold(text)))


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


@lru_cache(maxsize=32_768)
def readings(character: str) -> tuple[str, ...]:
    """The toneless pinyin readings of one character, most usual first; none for a rare one.

    >>> readings("重")
    ('zhong', 'chong', 'tong')
    """
    from pypinyin.contrib.tone_convert import to_normal
    from pypinyin.pinyin_dict import pinyin_dict

    listed = pinyin_dict.get(ord(character), "")
    plain = (to_normal(reading).replace("ü", "v") for reading in listed.split(",") if reading)
    return tuple(dict.fromkeys(plain))


def _is_accent(character: str) -> bool:
    # Accents of Latin letters only: marks of other scripts are letters of their own.
    return "\u0300" <= character <= "\u036f"


def _simplified(text: str) -> str:
    return _converter().convert(text)


@lru_cache(maxsize=1)
def _converter():
    from opencc import OpenCC

    return OpenCC("t2s")
