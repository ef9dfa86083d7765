"""Homes of their own for the tests of the command, away from the one cluster of the other tests."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zhike.cli.postgres import EmbeddedPostgres
from zhike.cli.postgres.cluster import remove_cluster

Zhike = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def new_home() -> Iterator[Callable[..., Path]]:
    """Makes homes with short names that every user can walk to, and stops what is left in them."""
    homes: list[Path] = []

    def make(*parts: str) -> Path:
        top = Path(tempfile.mkdtemp(prefix="zhike-test-", dir="/tmp"))
        top.chmod(0o755)
        homes.append(top.joinpath("home", *parts))
        return homes[-1]

    yield make
    for home in homes:
        server = EmbeddedPostgres(home)
        if server.is_running():
            server.start()
            server.stop()
        remove_cluster(home)
        shutil.rmtree(Path(*home.parts[:3]))


@pytest.fixture
def home(new_home: Callable[..., Path]) -> Path:
    return new_home()


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """What a person's shell would have, with nothing of the test session's own."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("ZHIKE_")}
    inherited.pop("DJANGO_SETTINGS_MODULE", None)
    return inherited | {"ZHIKE_HOME": str(home), "ZHIKE_LANGUAGE": "en"}


@pytest.fixture
def zhike(environment: dict[str, str]) -> Zhike:
    """Runs the command as a person would, in a process of its own."""

    def run(*words: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "zhike.cli", *words],
            check=False,
            env=environment | changes,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run
