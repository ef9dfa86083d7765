"""The Chinese catalogue is whole: nothing empty or uncertain, every text of the source is in it.

The source is read here without the tools of GNU gettext, so that a forgotten text is found on
any machine.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.template.base import Lexer, Token, TokenType
from django.utils.text import smart_split

import zhike

SOURCE = Path(zhike.__file__).parent
CATALOGUE = SOURCE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
# name → how many of its first arguments are texts, and whether a context comes before them
CALLS = {
    "_": (1, False),
    "gettext": (1, False),
    "gettext_lazy": (1, False),
    "gettext_noop": (1, False),
    "ngettext": (2, False),
    "ngettext_lazy": (2, False),
    "pgettext": (1, True),
    "pgettext_lazy": (1, True),
    "npgettext": (2, True),
    "npgettext_lazy": (2, True),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|%%")
IN_EXPRESSION = re.compile(r"""\b_\((?:"([^"]*)"|'([^']*)')\)""")

Text = tuple[str, str]  # context, text


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE), encoding="utf-8", check_for_duplicates=True)


def test_nothing_is_empty_or_uncertain(catalogue):
    untold = [e.msgid for e in catalogue if e.obsolete or e.fuzzy or not all(forms(e))]
    assert untold == []
    assert catalogue.metadata["Plural-Forms"] == "nplurals=1; plural=0;"
    assert not catalogue.metadata_is_fuzzy


def test_placeholders_agree(catalogue):
    wrong = [
        (entry.msgid, form)
        for entry in catalogue
        for form in forms(entry)
        if placeholders(form) != placeholders(entry.msgid_plural or entry.msgid)
    ]
    assert wrong == []


def test_spaces_at_the_ends_agree(catalogue):
    """“ and ” joins two conditions: without its spaces they would run together."""
    wrong = [e.msgid for e in catalogue if ends(e.msgid) != ends(forms(e)[0])]
    assert wrong == []


def test_chinese_has_chinese_punctuation(catalogue):
    slip = re.compile(r"[\u4e00-\u9fff][,.;:?!](?:\s|$)")
    wrong = [form for entry in catalogue for form in forms(entry) if slip.search(form)]
    assert wrong == []


def test_every_text_of_the_programs_is_in_it(catalogue):
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue}
    found = {text for path in files("*.py") for text in texts_of_program(path)}
    assert len(found) > 500, "the walk finds nothing"
    assert sorted(found - known) == []


def test_every_text_of_the_pages_is_in_it(catalogue):
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue}
    found = {text for path in files("*.html") for text in texts_of_page(path)}
    assert len(found) > 200, "the walk finds nothing"
    assert sorted(found - known) == []


def test_a_new_text_would_be_noticed(tmp_path):
    program = tmp_path / "one.py"
    program.write_text('_("one " "text")\nngettext("%(n)d day", "%(n)d days", n)\n', "utf-8")
    assert set(texts_of_program(program)) == {("", "one text"), ("", "%(n)d day")}
    page = tmp_path / "one.html"
    page.write_text(
        '{% translate "at 90 %" %}{% translate "Open" context "order" as x %}{{ y|default:_("z") }}'
        "{% blocktranslate with a=b|c %}to {{ a }}{% endblocktranslate %}"
        "{% blocktranslate count n=m %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}",
        "utf-8",
    )
    assert set(texts_of_page(page)) == {
        ("", "at 90 %%"), ("order", "Open"), ("", "z"), ("", "to %(a)s"), ("", "%(n)s day"),
    }  # fmt: skip


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def placeholders(text: str) -> Counter[str]:
    """Each named placeholder counts once however often it is used; each %% counts."""
    found = PLACEHOLDER.findall(text)
    return Counter(set(found) - {"%%"}) + Counter(one for one in found if one == "%%")


def ends(text: str) -> tuple[bool, bool]:
    text = re.sub(": $", ":", text)  # a full-width colon brings its space along
    is_list_comma = text.strip() in (",", "、")
    return text[:1].isspace(), text[-1:].isspace() and not is_list_comma


def files(pattern: str) -> Iterator[Path]:
    for path in SOURCE.rglob(pattern):
        if not {"node_modules", "migrations"} & set(path.parts):
            yield path


def texts_of_program(path: Path) -> Iterator[Text]:
    """The literals of every call by which a text is translated."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in CALLS:
            continue
        count, has_context = CALLS[name]
        wanted = [
            argument.value
            for argument in node.args[: count + has_context]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if len(wanted) == count + has_context:
            yield (wanted[0], wanted[1]) if has_context else ("", wanted[0])


def texts_of_page(path: Path) -> Iterator[Text]:
    """The texts of {% translate %}, {% blocktranslate %} and _("…") of a template."""
    tokens = iter(Lexer(path.read_text("utf-8")).tokenize())
    for token in tokens:
        if token.token_type not in (TokenType.VAR, TokenType.BLOCK):
            continue
        for double, single in IN_EXPRESSION.findall(token.contents):
            yield "", (double or single).replace("%", "%%")
        if token.token_type is TokenType.VAR:
            continue
        words = list(smart_split(token.contents))
        context = literal(after(words, "context"))
        if words[0] in ("translate", "trans") and literal(words[1]):
            yield context, literal(words[1]).replace("%", "%%")
        elif words[0] in ("blocktranslate", "blocktrans"):
            text = text_of_block(tokens)
            yield context, trimmed(text) if "trimmed" in words else text


def text_of_block(tokens: Iterator[Token]) -> str:
    """What stands before {% plural %} or the end: one entry holds both forms, under the first."""
    parts = []
    for token in tokens:
        if token.token_type is TokenType.BLOCK:
            break
        is_name = token.token_type is TokenType.VAR
        parts.append(f"%({token.contents})s" if is_name else token.contents.replace("%", "%%"))
    return "".join(parts)


def after(words: list[str], word: str) -> str:
    return words[words.index(word) + 1] if word in words else ""


def literal(word: str) -> str:
    is_quoted = len(word) > 1 and word[0] in "\"'" and word[-1] == word[0]
    return word[1:-1] if is_quoted else ""


def trimmed(text: str) -> str:
    return " ".join(line.strip() for line in text.strip().splitlines())
