"""The command line itself: words, exit statuses, what is said where."""

import json
import re
import socket

import pytest

from zhike.cli import output
from zhike.cli.commands import COMMANDS

from .conftest import Zhike

ENGLISH = re.compile(r"[a-z]+ [a-z]+ [a-z]+")  # a phrase; names of options and files are not


def test_help_names_every_command(zhike: Zhike) -> None:
    shown = zhike("--help")
    assert shown.returncode == 0
    for command in COMMANDS:
        assert (f"  {command.name} " in shown.stdout) is not command.internal


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself_without_a_database(zhike: Zhike, command: str) -> None:
    shown = zhike(command, "--help", ZHIKE_HOME="/proc/nowhere")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"usage: zhike {command}" in shown.stdout


@pytest.mark.parametrize("command", ["", *(command.name for command in COMMANDS)])
def test_help_is_chinese_for_those_who_read_it(zhike: Zhike, command: str) -> None:
    shown = zhike(*command.split(), "--help", ZHIKE_LANGUAGE="zh-hans")
    assert shown.stdout.startswith("用法：zhike")
    assert "显示本帮助" in shown.stdout
    lines = [line for line in shown.stdout.splitlines() if ENGLISH.search(line)]
    assert lines == []


def test_a_wrong_line_is_refused_in_chinese(zhike: Zhike) -> None:
    assert "缺少必需的参数：TYPE, FILE" in zhike("import", ZHIKE_LANGUAGE="zh-hans").stderr
    assert "无效的选择：'serf'" in zhike("serf", ZHIKE_LANGUAGE="zh-hans").stderr
    refused = zhike("serve", "--port", "x", ZHIKE_LANGUAGE="zh-hans")
    assert "错误：参数 --port：无效的 int 值：'x'" in refused.stderr


def test_no_command_and_an_unknown_command_could_not_run(zhike: Zhike) -> None:
    assert zhike().returncode == 2
    refused = zhike("serf")
    assert refused.returncode == 2
    assert "serf" in refused.stderr


def test_a_refusal_is_one_sentence_on_standard_error(zhike: Zhike) -> None:
    refused = zhike("backup", "/tmp/never", ZHIKE_HOME="/proc/nowhere")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("zhike: ")
    assert refused.stderr.count("\n") == 1
    assert "/proc/nowhere" in refused.stderr


def test_with_json_a_refusal_is_an_object_on_the_last_line(zhike: Zhike) -> None:
    refused = zhike("backup", "/tmp/never", "--json", ZHIKE_HOME="/proc/nowhere")
    answer = json.loads(refused.stdout.splitlines()[-1])
    assert refused.returncode == 2
    assert answer["error"]["code"] == "home.not_usable"


def test_a_server_that_does_not_answer_is_named(zhike: Zhike) -> None:
    refused = zhike("backup", "/tmp/never", ZHIKE_DATABASE_URL="postgresql://127.0.0.1:1/zhike")
    assert refused.returncode == 2
    assert "ZHIKE_DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_named_before_anything_starts(zhike: Zhike) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = zhike("serve", "--port", str(port))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert str(port) in refused.stderr
    assert "--port" in refused.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_refused(zhike: Zhike, host: str) -> None:
    refused = zhike("serve", "--host", host)
    assert refused.returncode == 2
    assert "--host" in refused.stderr


def test_columns_stand_below_each_other_in_both_scripts() -> None:
    rows = [("✓", "数据库", "PostgreSQL 18"), ("✗", "Disk", "满")]
    assert output.table(rows) == "✓  数据库  PostgreSQL 18\n✗  Disk    满"
