"""The data folder: private, the same for every process, and clear when it can't be used."""

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from zhike.kernel import home as places


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    folders = [
        places.home(home),
        places.files_folder(home),
        places.lake_folder(home),
        places.logs_folder(home),
        places.run_folder(home),
    ]
    assert [mode(folder) for folder in folders] == [0o700] * 5


def test_zhike_home_names_the_folder_and_the_default_is_in_the_users_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ZHIKE_HOME", raising=False)
    assert places.home() == tmp_path / ".zhike"
    monkeypatch.setenv("ZHIKE_HOME", "~/data")
    assert places.home() == tmp_path / "data"


def test_a_folder_that_cannot_be_made_is_one_clear_sentence() -> None:
    with pytest.raises(places.HomeError) as refusal:
        places.home(Path("/proc/zhike"))
    assert "/proc/zhike" in refusal.value.message
    assert "ZHIKE_HOME" in refusal.value.message


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = places.secret_key(tmp_path)
    assert len(first) >= 64
    assert places.secret_key(tmp_path) == first
    assert mode(tmp_path / "secret_key") == 0o600


def test_processes_that_start_together_agree_on_the_secret_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as processes:
        keys = set(processes.map(places.secret_key, [tmp_path] * 16))
    assert len(keys) == 1
    assert sorted(os.listdir(tmp_path)) == ["run", "secret_key"]


def test_an_empty_secret_key_is_refused_rather_than_used(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(places.HomeError):
        places.secret_key(tmp_path)


def test_two_names_of_one_home_are_one_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    names = {places.embedded_database_url(tmp_path / name) for name in ("home", "link")}
    assert len(names) == 1


@pytest.mark.parametrize("name", ["x" * 120, "a,b"], ids=["too long", "with a comma"])
def test_a_home_that_no_socket_can_lie_in_gets_a_short_folder_for_it(name: str) -> None:
    home = Path("/tmp") / name
    folder = places.socket_folder(home)
    assert folder.parent == Path("/tmp")
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= places.LONGEST_SOCKET_PATH
    assert folder == places.socket_folder(home)


def test_the_database_url_may_lie_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("postgresql://somewhere/else\n")
    monkeypatch.setenv("ZHIKE_DATABASE_URL_FILE", str(tmp_path / "url"))
    assert places.database_url() == "postgresql://somewhere/else"
