"""The servers that are measured: started with their default settings, ended with what they leave behind."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
from peers import jupyverse_command

Server = tuple[subprocess.Popen[bytes], str, str, float]  # process, address, token, seconds to answer
Start = Callable[[Path], Server]


def start_stock(folder: Path) -> Server:
    """Stock jupyter_server with defaults; (process, url, token, seconds to /api)."""
    token, port = "bench", free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", f"--port={port}", "--no-browser", "--allow-root",
         f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0",
         "--ServerApp.jpserver_extensions={'jupyterlab':False,'notebook':False,'notebook_shim':False,'jupyter_lsp':False}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    wait_for(url + "/api")
    return process, url, token, time.perf_counter() - started


def start_jupyverse(folder: Path) -> Server:
    port, program = free_port(), jupyverse_command()
    started = time.perf_counter()
    process = subprocess.Popen(
        [program, f"--port={port}", "--timeout=100", "--set", "auth.mode=noauth"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    wait_for(url + "/api/kernelspecs")
    return process, url, "none", time.perf_counter() - started


def start_ours(folder: Path, *options: str) -> Server:
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "runhere_runtime", "--port", "0", "--announce", "json", "--root", str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "RUNHERE_RUNTIME_DATA": str(folder / "data")},
    )
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    wait_for(facts["origin"] + "/api")
    return process, facts["origin"], facts["token"], time.perf_counter() - started


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(url)


def start_kernel(url: str, token: str) -> str:
    asked = {"path": f"{uuid.uuid4().hex}.ipynb", "name": "", "type": "notebook", "kernel": {"name": "python3"}}
    request = urllib.request.Request(f"{url}/api/sessions", method="POST", data=json.dumps(asked).encode())
    request.add_header("Authorization", f"token {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["kernel"]["id"])


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, and the kernels that it leaves behind: not every peer ends its own."""
    started = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.wait(30)
    _, left = psutil.wait_procs(started, 5)
    for kernel in left:
        kernel.kill()


def memory_mb(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 2**20


def peak_mb(pid: int) -> float:
    """Highest resident memory so far (Linux; elsewhere the present one)."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return memory_mb(pid)


def forget_peak(pid: int) -> None:
    """Let `peak_mb` begin anew (Linux)."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
