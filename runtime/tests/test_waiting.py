"""One waiting kernel, as a setting: in the right place, under the right name, of nobody else, gone at the end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kernel_client import JournalSocket
from live_runtime import HUB, Running, start_runtime

from runhere_runtime.channels.waiting import kind_of

START_WITHIN_S = 50


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Running]:
    running = start_runtime(tmp_path, "--hub", HUB, "--waiting-kernel")
    yield running
    running.stop()


def journal_folders(runtime: Running) -> set[str]:
    return (
        {folder.name for folder in (runtime.data / "journal").iterdir()}
        if (runtime.data / "journal").is_dir()
        else set()
    )


def kernel_that_waits(runtime: Running, before: set[str]) -> str:
    """Its id: a journal of nobody's; and it is idle."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        for kernel in journal_folders(runtime) - before:
            answer = runtime.ask("GET", f"/api/kernels/{kernel}", headers=runtime.auth)
            if answer.status == 200 and answer.json()["execution_state"] == "idle":
                return kernel
        assert runtime.ask("GET", "/api").status == 200
    raise TimeoutError("no kernel waits")


def socket_of(runtime: Running, kernel: str) -> JournalSocket:
    return JournalSocket(
        f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels", {**runtime.auth, "Origin": HUB}
    )


def ask(runtime: Running, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = runtime.ask(
        method, path, headers=runtime.auth, body=json.dumps(body).encode() if body is not None else None
    )
    assert answer.status < 300, answer
    return answer.json() if answer.body else None


def start_session(runtime: Running, path: str, kernel: str = "python3") -> str:
    asked = {"path": path, "name": Path(path).name, "type": "notebook", "kernel": {"name": kernel}}
    return str(ask(runtime, "POST", "/api/sessions", asked)["kernel"]["id"])


WHERE = (
    "import os; print(os.getcwd(), os.environ.get('JPY_SESSION_NAME'), _dh, len(In), "
    "[name for name in globals() if 'settle' in name])"
)


async def test_it_is_handed_out_in_the_notebooks_folder_under_its_sessions_name(waiting: Running) -> None:
    """… shows no trace of its wait, keeps all that over a restart, and another one waits afterwards."""
    (waiting.root / "sub").mkdir()
    kept = await asyncio.to_thread(kernel_that_waits, waiting, set())
    assert waiting.kernel_ids() == set()
    assert ask(waiting, "GET", "/api/runhere/journal")["journals"] == []
    kernel = await asyncio.to_thread(start_session, waiting, "sub/n.ipynb")
    assert kernel == kept
    assert waiting.kernel_ids() == {kernel}
    client = socket_of(waiting, kernel)
    await client.attach()
    run = await client.run(WHERE)
    folder = str(waiting.root / "sub")
    assert client.text_of(run) == f"{folder} {folder}/n.ipynb ['{folder}'] 2 []\n"
    assert client.of(run, "execute_reply")[0].content["execution_count"] == 1
    assert not [m for m in client.heard if m.seq and m.type == "execute_reply" and m.parent["msg_id"] != run]
    (listed,) = ask(waiting, "GET", "/api/runhere/journal")["journals"]
    assert (listed["kernel_id"], listed["path"], listed["running"]) == (kernel, "sub", True)
    await asyncio.to_thread(ask, waiting, "POST", f"/api/kernels/{kernel}/restart")
    again = await client.run("import os; print(os.getcwd(), os.environ.get('JPY_SESSION_NAME'))")
    assert client.text_of(again) == f"{folder} {folder}/n.ipynb\n"
    await client.run("mine = 1")
    await client.close()
    second = await asyncio.to_thread(kernel_that_waits, waiting, {kernel})
    other = await asyncio.to_thread(start_session, waiting, "m.ipynb")
    assert other == second
    client = socket_of(waiting, other)
    await client.attach()
    run = await client.run("import os; print(os.getcwd(), 'mine' in dir())")
    assert client.text_of(run) == f"{waiting.root} False\n"
    await client.close()


async def test_it_stands_in_for_its_own_kind_only(tmp_path: Path) -> None:
    spec = tmp_path / "share" / "jupyter" / "kernels" / "other"
    spec.mkdir(parents=True)
    facts = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Other",
             "language": "python", "env": {"MARK": "1"}}  # fmt: skip
    (spec / "kernel.json").write_text(json.dumps(facts))
    running = start_runtime(
        tmp_path / "run", "--hub", HUB, "--waiting-kernel", env={"JUPYTER_PATH": str(spec.parents[1])}
    )
    try:
        python = await asyncio.to_thread(kernel_that_waits, running, set())
        kernel = await asyncio.to_thread(start_session, running, "n.ipynb", "other")
        assert kernel != python
        next_one = await asyncio.to_thread(kernel_that_waits, running, {kernel, python})
        assert python not in journal_folders(running), "the one of the other kind has gone without a trace"
        facts["env"] = {"MARK": "2"}  # the kernelspec changed: the one that waits is not what would be started now
        (spec / "kernel.json").write_text(json.dumps(facts))
        changed = await asyncio.to_thread(start_session, running, "m.ipynb", "other")
        assert changed != next_one
        client = socket_of(running, changed)
        await client.attach()
        run = await client.run("import os; print(os.environ['MARK'])")
        assert client.text_of(run) == "2\n"
        await client.close()
    finally:
        running.stop()


async def test_a_package_that_was_installed_meanwhile_makes_a_fresh_one(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    running = start_runtime(tmp_path / "run", "--hub", HUB, "--waiting-kernel", env={"PYTHONPATH": str(packages)})
    try:
        kept = await asyncio.to_thread(kernel_that_waits, running, set())
        (packages / "new.py").write_text("x = 1")
        os.utime(packages, (time.time() + 5,) * 2)
        kernel = await asyncio.to_thread(start_session, running, "n.ipynb")
        assert kernel != kept
        assert running.kernel_ids() == {kernel}
    finally:
        running.stop()


async def test_it_ends_with_the_runtime_and_leaves_nothing(waiting: Running) -> None:
    await asyncio.to_thread(kernel_that_waits, waiting, set())
    (process,) = psutil.Process(waiting.process.pid).children()
    waiting.stop()
    process.wait(20)
    assert journal_folders(waiting) == set()


async def test_without_the_setting_none_waits(fresh: Running) -> None:
    kernel = fresh.start_kernel()
    client = socket_of(fresh, kernel)
    await client.attach()
    await client.run("import time; time.sleep(3)")  # longer than the rest before one would be started
    await client.close()
    assert journal_folders(fresh) == {kernel}


def test_kinds_differ_by_all_but_the_sessions_name() -> None:
    kind = kind_of("p", "{}", {"A": "1", "JPY_SESSION_NAME": "x"})
    assert kind == kind_of("p", "{}", {"JPY_SESSION_NAME": "y", "A": "1"})
    assert kind != kind_of("p", "{}", {"A": "2"})
    assert kind != kind_of("q", "{}", {"A": "1"})
    assert kind != kind_of("p", "{1}", {"A": "1"})
