"""The language of the command line.

The words come from the same catalogue as the pages, by the `gettext` of the standard library,
because most commands speak before Django is loaded and some never load it. So do the words of
argparse, which are listed in `argparse_words`.
"""

import gettext
import os
from pathlib import Path

import zhike

CATALOGUE = "django"
DEFAULT = "zh-hans"  # as in the settings
FOLDER = Path(zhike.__file__).parent / "locale"


def speak() -> None:
    """From here on `gettext` speaks the language of ``ZHIKE_LANGUAGE``, else ours."""
    wanted = os.environ.get("ZHIKE_LANGUAGE") or DEFAULT
    os.environ["LANGUAGE"] = "zh_Hans" if wanted.lower().startswith("zh") else "en"
    gettext.bindtextdomain(CATALOGUE, str(FOLDER))
    gettext.textdomain(CATALOGUE)
