"""Stock clients, unchanged, against our runtime: the real thing where it can be had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel_client import StockSocket
from live_runtime import Running, start_runtime

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def with_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start_runtime(tmp_path_factory.mktemp("lab"), "--extension", "jupyterlab")
    yield running
    running.stop()


def test_jupyter_kernel_client_runs_code(runtime: Running) -> None:
    """It sends the server's own address as Origin. In a process of its own: it leaves sockets to the collector."""
    program = (
        "import sys\nfrom jupyter_kernel_client import JupyterKernelClient\n"
        "with JupyterKernelClient(server_url=sys.argv[1], token=sys.stdin.read()) as client:\n"
        "    reply = client.execute('print(6*7)')\n"
        "    print(reply['status'], reply['outputs'][0]['text'])\n"
    )
    before = runtime.kernel_ids()
    ended = subprocess.run(
        [sys.executable, "-c", program, f"http://127.0.0.1:{runtime.port}"],
        input=runtime.token, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.stdout == "ok 42\n\n", ended.stderr
    assert runtime.kernel_ids() == before


async def test_vs_code_calls(runtime: Running) -> None:
    """Kernelspecs, contents, a session for a path, its kernel's socket with a header token and no Origin, interrupt."""
    auth = {"Authorization": f"token {runtime.token}"}

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        sent = json.dumps(body).encode() if body is not None else None
        answer = runtime.ask(method, path, headers={**auth, "Content-Type": "application/json"}, body=sent)
        assert answer.status < 300, answer
        return answer.json() if answer.body else None

    assert "version" in ask("GET", "/api")
    assert "python3" in ask("GET", "/api/kernelspecs")["kernelspecs"]
    (runtime.root / "sub").mkdir()
    made = ask("POST", "/api/contents/sub", {"type": "notebook"})
    assert (runtime.root / made["path"]).is_file()
    session = ask(
        "POST", "/api/sessions",
        {"path": made["path"], "name": "", "type": "notebook", "kernel": {"name": "python3"}},
    )  # fmt: skip
    kernel = session["kernel"]["id"]
    assert kernel in {k["id"] for k in ask("GET", "/api/kernels")}
    client = StockSocket(f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels?session_id=vs", auth, v1=False)
    await client.open()
    run = await client.run("import os; print(os.getcwd())")
    assert client.text_of(run).strip() == str((runtime.root / "sub").resolve()), (
        "kernels start in the notebook's folder"
    )
    ask("POST", f"/api/kernels/{kernel}/interrupt", {})
    ask("POST", f"/api/kernels/{kernel}/restart", {})
    again = await client.run("print('x')")
    assert client.text_of(again) == "x\n"
    await client.close()
    runtime.ask("DELETE", f"/api/sessions/{session['id']}", headers=auth)
    assert kernel not in {k["id"] for k in ask("GET", "/api/kernels")}
    listed = ask("GET", "/api/runhere/journal")["journals"]
    (kept,) = [j for j in listed if j["kernel_id"] == kernel]
    assert kept["path"] == "sub"


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_jupyterlab_served_from_here_runs_a_notebook(with_lab: Running, tmp_path: Path) -> None:
    """The page is opened with the printed token; from there on it works with the gate's own cookie.

    In a process of its own, for Playwright's synchronous interface and the test's event loop do not mix.
    """
    program = Path(__file__).with_name("drive_jupyterlab.py")
    ended = subprocess.run(
        [sys.executable, str(program), f"http://127.0.0.1:{with_lab.port}/lab", str(CHROMIUM), str(tmp_path / "s.png")],
        input=with_lab.token, capture_output=True, text=True, timeout=110, check=False, env={**os.environ},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr + with_lab.log.read_text()
    assert "value 42" in ended.stdout
    assert with_lab.token not in with_lab.log.read_text()
