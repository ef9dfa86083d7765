"""`zhike erase`, and that an older backup doesn't bring anybody back."""

import json
from pathlib import Path

import psycopg
import pytest

from zhike.cli.postgres import EmbeddedPostgres

TEXT = "姓名,手机,备注\n欧阳扶摇,13977700123,怕狗不吃辣\n李雷,13811112222,甲\n"


def result(done) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def fuyao(zhike, home: Path, tmp_path: Path) -> str:
    """The id of a customer in an installation of its own."""
    (tmp_path / "a.csv").write_text(TEXT)
    assert result(zhike("import", "customer", str(tmp_path / "a.csv"), "--json"))["created"] == 2
    return ids(home)["欧阳扶摇"]


def ids(home: Path) -> dict[str, str]:
    with EmbeddedPostgres(home) as server, psycopg.connect(server.url) as connection:
        return dict(connection.execute("SELECT name, id::text FROM customers_party").fetchall())


def test_a_restored_backup_brings_nobody_back(
    zhike, fuyao: str, home: Path, tmp_path: Path
) -> None:
    backup = str(tmp_path / "backup.tar")
    result(zhike("backup", backup, "--json"))
    reached = result(zhike("erase", fuyao, "--dry-run", "--json"))
    assert reached["merged"] == 0
    made = result(zhike("erase", fuyao, "--reference", "R-1", "--json"))
    assert (made["state"], made["reference"]) == ("done", "R-1")
    assert "欧阳扶摇" not in (home / "erased.jsonl").read_text()
    assert "13977700123" not in (home / "erased.jsonl").read_text()

    result(zhike("restore", backup, "--replace", "--json"))

    assert "欧阳扶摇" not in ids(home)
    assert "李雷" in ids(home)
    found = result(zhike("erase", "13977700123", "--was", "--json"))["erasures"]
    assert [one["number"] for one in found] == [made["number"]]
    assert zhike("erase", fuyao).returncode == 2
    assert zhike("erase", "nobody").returncode == 2
