"""`runhere` started, started twice, signed in to, stopped."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from runhere_hub.testing.ports import free_port
from runhere_hub.testing.processes import Started, ask, environment, run, sign_in, wait_until_gone

Start = Callable[..., Started]
ANOTHER = re.compile("`(.+)` prints another")


def notebook(folder: Path, name: str) -> Path:
    """An empty notebook."""
    file = folder / name
    file.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return file


def hub_json(data: Path) -> dict[str, object]:
    """What the running hub says of itself."""
    found: dict[str, object] = json.loads((data / "hub.json").read_text())
    return found


def test_one_line_on_standard_output_signs_in_and_ctrl_c_ends_it_all(start: Start, work: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    hub = sign_in(started)
    assert hub.ask("GET", "/api/v1/home")[1]["folders"][0]["path"] == str(work)
    child = int(str(hub_json(data)["pid"]))
    assert stat.S_IMODE((data / "hub.json").stat().st_mode) == 0o600
    assert started.stop(signal.SIGINT) == 0
    wait_until_gone(child)
    assert started.out.empty()
    assert not (data / "hub.json").exists()
    assert list(work.iterdir()) == []


def test_the_link_carries_the_runtime_and_the_hub_never_learns_of_it(
    start: Start, home: Path, work: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    started = start(work, "--port", "0", "--no-browser", "--data", data)
    link = started.link()
    fragment = parse_qs(link[4].lstrip("&"), strict_parsing=True)
    (runtime,), (pair,) = fragment["rt"], fragment["pair"]
    assert ask(runtime, "GET", "/.well-known/runhere", Origin=link[1])[0] == 200
    status, _, cookie = ask(link[1], "POST", "/api/v1/session", {"code": link[3]})
    assert status == 200
    hub_pid = int(str(hub_json(data)["pid"]))
    port = runtime.rpartition(":")[2]
    for kind in ("cmdline", "environ"):
        seen = Path(f"/proc/{hub_pid}/{kind}").read_bytes().decode(errors="replace")
        assert pair not in seen
        assert port not in seen
    assert ask(link[1], "GET", "/api/v1/home", Cookie=cookie)[0] == 200
    assert stat.S_IMODE((data / "runtime.json").stat().st_mode) == 0o600
    later = run(home, "login", "--data", data).stdout
    again = parse_qs(later.strip().partition("#")[2], strict_parsing=True)
    assert again["rt"] == [runtime]
    assert again["pair"] != [pair]
    assert started.stop() == 0
    assert not (data / "runtime.json").exists()
    for file in data.rglob("*"):
        if file.is_file():
            assert pair.encode() not in file.read_bytes()
    with pytest.raises(OSError, match="refused"):
        ask(runtime, "GET", "/api")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_kill_9_of_the_command_line_leaves_no_process_behind(start: Start, work: Path, tmp_path: Path) -> None:
    started = start(work, "--port", "0", "--no-browser", "--data", tmp_path / "data")
    started.link()
    children = children_of(started.process.pid)
    assert len(children) == 2
    started.stop(signal.SIGKILL)
    for child in children:
        wait_until_gone(child)


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_it_as_cleanly(start: Start, work: Path, tmp_path: Path, number: int) -> None:
    data = tmp_path / "data"
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    started.link()
    child = int(str(hub_json(data)["pid"]))
    assert started.stop(number) == 0
    wait_until_gone(child)
    assert not (data / "hub.json").exists()


def test_a_second_start_binds_the_folder_in_the_running_hub(
    start: Start, home: Path, work: Path, tmp_path: Path
) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    other.mkdir()
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    hub = sign_in(started)
    second = start(other, "--no-browser", "--data", data)
    link = second.link()
    assert second.process.wait(timeout=40) == 0
    assert second.out.empty()
    assert link[1] == hub.origin
    assert ask(link[1], "POST", "/api/v1/session", {"code": link[3]})[0] == 200
    assert [f["path"] for f in hub.ask("GET", "/api/v1/home")[1]["folders"]] == [str(work), str(other)]
    third = run(home, other, "--no-browser", "--data", data)
    assert third.returncode == 0
    assert len(hub.ask("GET", "/api/v1/home")[1]["folders"]) == 2
    assert started.process.poll() is None


def test_two_starts_at_once_become_one_hub(start: Start, work: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    both = [start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data) for _ in range(2)]
    assert len({started.link()[1] for started in both}) == 1
    deadline = time.monotonic() + 20
    while not (ended := [started.process for started in both if started.process.poll() is not None]):
        assert time.monotonic() < deadline, "neither handed on to the other"
        time.sleep(0.02)
    assert [process.returncode for process in ended] == [0]


def test_a_path_that_is_a_notebook_opens_it(start: Start, work: Path, tmp_path: Path) -> None:
    file = notebook(work, "a b.ipynb")
    started = start(file, "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "data")
    link = started.link()
    next_path = parse_qs(link[4].lstrip("&"))["next"][0]
    status, _, cookie = ask(link[1], "POST", "/api/v1/session", {"code": link[3]})
    assert status == 200
    status, found, _ = ask(link[1], "GET", f"/api/v1/notebooks/{next_path.removeprefix('/n/')}", Cookie=cookie)
    assert (status, found["path"], found["folder_path"]) == (200, "a b.ipynb", str(work))


def test_login_prints_a_fresh_link_only_while_a_hub_runs(start: Start, home: Path, work: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    none = run(home, "login", "--data", data)
    assert (none.returncode, none.stdout) == (1, "")
    assert "no hub is running" in none.stderr
    assert len(none.stderr.splitlines()) == 1
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    origin = started.link()[1]
    printed = run(home, "login", "--data", data)
    assert printed.returncode == 0
    assert printed.stdout.startswith(f"{origin}/login#code=")
    code = printed.stdout.strip().partition("#code=")[2]
    assert ask(origin, "POST", "/api/v1/session", {"code": code})[0] == 200
    assert ask(origin, "POST", "/api/v1/session", {"code": code})[1]["code"] == "code_used"


def told(started: Started, words: re.Pattern[str]) -> re.Match[str]:
    """What it said on standard error: the two streams are read by two threads."""
    deadline = time.monotonic() + 20
    while True:
        for line in started.err:
            if found := words.search(line):
                return found
        assert time.monotonic() < deadline, started.err
        time.sleep(0.02)


def test_the_command_for_another_link_works_as_it_is_shown(
    start: Start, home: Path, work: Path, tmp_path: Path
) -> None:
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "its data")
    origin = started.link()[1]
    shown = told(started, ANOTHER)[1]
    # In a shell where no environment is entered, as after `make run`.
    elsewhere = environment(home) | {"PATH": os.defpath}
    printed = subprocess.run(shown, shell=True, env=elsewhere, capture_output=True, text=True, timeout=60)
    assert printed.stdout.startswith(f"{origin}/login#code="), printed.stderr


def test_the_command_for_another_link_is_short_for_an_installed_hub(start: Start, work: Path, tmp_path: Path) -> None:
    ours = shutil.which("runhere", path=str(Path(sys.executable).parent))
    assert ours is not None
    (tmp_path / "runhere").symlink_to(ours)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    started = start(work, "--no-browser", "--no-runtime", PATH=path, RUNHERE_PORT=str(free_port()))
    started.link()
    assert told(started, ANOTHER)[1] == "runhere login"


def test_a_hub_json_that_a_crash_left_is_no_running_hub(start: Start, work: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    started.link()
    os.kill(int(str(hub_json(data)["pid"])), signal.SIGKILL)
    assert started.process.wait(timeout=40) == 1
    assert (data / "hub.json").exists()
    again = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    assert sign_in(again).ask("GET", "/api/v1/home")[1]["folders"][0]["path"] == str(work)


def test_without_a_runtime_that_starts_the_link_is_printed_all_the_same(
    start: Start, work: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken" / "runhere_runtime"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("")
    (broken / "__main__.py").write_text("import sys; sys.exit('it is broken')")
    variables = {"PYTHONPATH": str(broken.parent)}
    started = start(work, "--port", "0", "--no-browser", "--data", tmp_path / "data", **variables)
    link = started.link()
    assert link[4] == ""
    told(started, re.compile("no runtime was started"))
    assert ask(link[1], "GET", "/healthz")[0] == 200


def test_a_browser_is_opened_with_the_link_and_nothing_else_is_printed(
    start: Start, work: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho noise\necho "$1" > {seen}.part\nmv {seen}.part {seen}\n')
    browser.chmod(0o755)
    words = [work, "--port", "0", "--no-runtime", "--data", tmp_path / "data"]
    started = start(*words, BROWSER=str(browser))
    link = started.link()
    wait_for_file(seen)
    assert seen.read_text() == link[0]
    assert started.out.empty()


def wait_for_file(path: Path) -> None:
    import time

    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_default_port_is_8800_and_the_default_data_folder_this_users(start: Start, home: Path, work: Path) -> None:
    port = free_port()
    started = start(work, "--no-browser", "--no-runtime", RUNHERE_PORT=str(port))
    link = started.link()
    assert int(link[2]) == port
    assert (home / "share" / "runhere" / "hub.db").exists() or (home / "Library").exists()
