"""What a machine can check of the house rules. The floors themselves are import-linter's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

import zhike
from zhike.events.catalogue import event_types

SOURCE = Path(zhike.__file__).parent
CONTRACTS = SOURCE.parents[1] / "pyproject.toml"
MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if "migrations" not in path.parts]
# Where rows may be written: actions and what belongs to them. Events and jobs keep their own.
WRITERS = re.compile(
    r"(actions|imports|reactions|writing)(/|\.py)|events/|jobs/|demo/|segments/actions|cli/"
)
WRITES = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "attr", getattr(function, "id", ""))
            yield node, name


def test_rows_are_written_in_actions_only():
    found = [
        f"{name_of(path)}:{call.lineno} {name}"
        for path in MODULES
        if not WRITERS.search(name_of(path)) and "analytics" not in path.parts
        for call, name in calls(path)
        if name in WRITES or (name == "create" and "objects" in ast.unparse(call.func))
    ]
    assert found == []


def test_models_leave_their_app_as_types_only():
    """The contracts in pyproject.toml ignore some imports, as long as nothing runs by them."""
    ignored = re.findall(r'"(zhike[.\w]+) -> (zhike[.\w]+\.models)"', CONTRACTS.read_text("utf-8"))
    assert ignored
    found = []
    for importer, models in ignored:
        path = SOURCE.parent / (importer.replace(".", "/") + ".py")
        for_types = [
            node
            for block in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
            for node in block.body
        ]
        modules = [node.module for node in for_types if isinstance(node, ast.ImportFrom)]
        if modules.count(models) != path.read_text(encoding="utf-8").count(f"from {models} import"):
            found.append(f"{importer} -> {models}")
    assert found == []


def test_there_are_no_signals_and_no_overridden_save():
    found = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if "django.dispatch" in text or "db.models.signals" in text:
            found.append(f"{name_of(path)}: signals")
        for node in ast.walk(ast.parse(text)):
            is_method = isinstance(node, ast.FunctionDef) and node.name in ("save", "delete")
            if is_method and "models" in path.name:
                found.append(f"{name_of(path)}: {node.name}")
    assert found == []


def test_no_folder_or_file_is_a_junk_drawer():
    names = {part.removesuffix(".py") for path in MODULES for part in path.parts}
    assert not names & {"utils", "util", "helpers", "common", "misc", "extras"}


def test_every_event_is_worded_in_both_languages():
    unworded = []
    for event_type in event_types().values():
        with override("en"):
            english = str(event_type.label)
        with override("zh-hans"):
            chinese = str(event_type.label)
        if not english or chinese == english:
            unworded.append(event_type.name)
    assert unworded == []


def test_translated_texts_have_named_placeholders():
    """`%s` can't be moved by a translator, and an f-string never reaches the catalogue."""
    found = []
    for path in MODULES:
        for call, name in calls(path):
            if name not in ("_", "gettext", "gettext_lazy", "ngettext") or not call.args:
                continue
            text = call.args[0]
            if isinstance(text, ast.JoinedStr):
                found.append(f"{name_of(path)}:{call.lineno} f-string")
            elif isinstance(text, ast.Constant) and re.search(r"%[sd]", str(text.value)):
                found.append(f"{name_of(path)}:{call.lineno} {text.value}")
    assert found == []


def test_templates_hold_no_bare_words():
    """Every text that a person sees in a template goes through the catalogue."""
    words = re.compile(r">\s*([A-Za-z][a-z]+(?: [a-z]+)+)\s*<")
    found = [
        f"{path.relative_to(SOURCE)}: {match}"
        for path in sorted((SOURCE / "web" / "templates").rglob("*.html"))
        for match in words.findall(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_pages_carry_no_inline_style_or_script():
    found = [
        f"{path.relative_to(SOURCE)}"
        for path in sorted((SOURCE / "web" / "templates").rglob("*.html"))
        if re.search(r"<script(?![^>]*(src|json))|\sstyle=|\son[a-z]+=", path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "app",
    [
        "events",
        "access",
        "records",
        "customers",
        "ownership",
        "commerce",
        "segments",
        "insight",
        "security",
    ],
)
def test_every_domain_folder_tells_what_it_is(app):
    readme = SOURCE / app / "README.md"
    assert 5 <= len(readme.read_text(encoding="utf-8").splitlines()) <= 40


def test_migrations_are_complete(db):
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
