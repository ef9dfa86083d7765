"""Words as people write them and as they look for them: Chinese, pinyin, Latin, digits.

A record's search column holds tokens made here; a query is turned into the same tokens. Han text
is indexed by character and bigram, names also by pinyin and initials from every syllable on, so
that ``云栖``, ``yunqi`` and ``yq`` all find 杭州云栖茶舍.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from zhike.identity.texts import HAN, normalise, readings

_HAN_RUN = re.compile(f"[{HAN}]+")
_RUNS = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+", re.UNICODE)
_LEGAL_FORM = re.compile("(股份|有限责任|集团)*(有限)?公司$")
_SYLLABLES_AHEAD = 5
_TOKEN_LENGTH = 40
STARS = "***"  # stands in place of what somebody may not see


def pinyin(text: str) -> str:
    """A text with each Han character replaced by its usual reading: the key that lists sort by."""
    letters = (
        next(iter(readings(c)), c) + " " if _HAN_RUN.match(c) else c for c in normalise(text)
    )
    return "".join(letters).strip().casefold()


def listed(words: Iterable[object]) -> str:
    """Words one after the other as a sentence names them: 甲、乙 or a, b."""
    return _(", ").join(map(str, words))


def word_tokens(text: str) -> set[str]:
    """Tokens of any text: lower-cased words, Han characters and bigrams."""
    tokens: set[str] = set()
    for run in _RUNS.findall(normalise(text).casefold()):
        if _HAN_RUN.match(run):
            tokens.update(run)
            tokens.update(run[i : i + 2] for i in range(len(run) - 1))
        else:
            tokens.add(run[:_TOKEN_LENGTH])
    return tokens


def name_tokens(name: str) -> set[str]:
    """Tokens of a name: its words, and for Han runs the pinyin and the initials from each
    syllable on, every usual reading of a polyphone included (重庆: chongqing, zhongqing)."""
    tokens = word_tokens(name)
    for run in _HAN_RUN.findall(normalise(name)):
        run = _LEGAL_FORM.sub("", run)
        for start in range(len(run)):
            ahead = [readings(c)[:2] or ("",) for c in run[start : start + _SYLLABLES_AHEAD]]
            if start == 0:  # as a family name a character may have its rarest reading (单: shan)
                ahead[0] = readings(run[0])[:4] or ("",)
            for syllables in _variants(ahead):
                tokens.add("".join(syllables)[:_TOKEN_LENGTH])
                tokens.add("".join(s[:1] for s in syllables))
    tokens.discard("")
    return tokens


def _variants(ahead: list[tuple[str, ...]]) -> list[list[str]]:
    """The usual readings, and each polyphone read the other way once."""
    usual = [choices[0] for choices in ahead]
    variants = [usual]
    for position, choices in enumerate(ahead):
        variants += [[*usual[:position], other, *usual[position + 1 :]] for other in choices[1:]]
    return variants


def phone_tokens(phone: str) -> set[str]:
    """Every tail of at least three digits: with prefix search, any fragment finds its number."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    return {digits[i:][:_TOKEN_LENGTH] for i in range(max(len(digits) - 2, 0))}


def email_tokens(email: str) -> set[str]:
    lowered = email.casefold()
    return {lowered[:_TOKEN_LENGTH], *re.findall(r"[^\W_]+", lowered)}


def search_query(text: str) -> str | None:
    """A tsquery that finds what `text` names; None when there is nothing to look for.

    Words may stand in any order; Latin words and digits match as beginnings.
    """
    parts = [f"'{word}'" + (":*" if is_beginning else "") for word, is_beginning in _wanted(text)]
    return " & ".join(parts) or None


def _wanted(text: str) -> list[tuple[str, bool]]:
    """The words that a search looks for, and whether each may be the beginning of one."""
    words = normalise(text).casefold().replace("@", " ")
    parts: list[tuple[str, bool]] = []
    for run in _RUNS.findall(words)[:12]:
        if _HAN_RUN.match(run):
            pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
            parts.extend((pair, False) for pair in pairs)
        else:
            parts.append((run[:_TOKEN_LENGTH], True))
    return parts


def finds(text: str, tokens: Iterable[str], whole: Collection[str] = ()) -> bool:
    """Whether a search finds what has these tokens, as `search_query` does it in the database; or
    is the whole of something that is found in no other way, such as a masked phone number."""
    if normalise(text).casefold().replace(" ", "") in whole:
        return True
    known = list(tokens)
    return all(
        any(one.startswith(word) if is_beginning else one == word for one in known)
        for word, is_beginning in _wanted(text)
    )


def simple_lower(text: str) -> str:
    """Lower case character by character, as PostgreSQL's and DuckDB's `lower` do it.

    `str.lower` differs for a few characters (final sigma, dotted capital I).
    """
    return "".join("i" if c == "İ" else c.lower() for c in text)
