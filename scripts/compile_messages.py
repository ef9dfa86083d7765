"""Compiles the translations (*.po) named as arguments for the program (*.mo).

It does without the tools of GNU gettext, which few machines have.
"""

import sys
from pathlib import Path

import polib


def compile_messages(source: Path) -> int:
    """Writes the file beside its source. Uncertain ("fuzzy") translations are left out."""
    messages = polib.pofile(str(source), encoding="utf-8", check_for_duplicates=True)
    messages.save_as_mofile(str(source.with_suffix(".mo")))
    return len(messages.translated_entries())


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"{name}: {compile_messages(Path(name))} texts")
