"""What a kernel is started with, and the encrypted way where sockets cannot lie in a private folder."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from kernel_client import JournalSocket
from live_runtime import HUB, Running, start_runtime

from runhere_runtime.channels.kernels import kernel_environment, speaks_ipc, unlimited_command
from runhere_runtime.slim import without_slow_imports


@pytest.mark.fast
def test_tokens_of_servers_do_not_reach_kernels() -> None:
    given = {"PATH": "/bin", "JUPYTER_TOKEN": "x", "JPY_API_TOKEN": "x", "RUNHERE_TOKEN": "x", "RUNHERE_ROOT": "/r",
             "JUPYTERHUB_API_TOKEN": "x", "HF_TOKEN": "mine"}  # fmt: skip
    assert kernel_environment(given) == {"PATH": "/bin", "RUNHERE_ROOT": "/r", "HF_TOKEN": "mine"}


@pytest.mark.fast
def test_only_ipykernel_is_started_with_its_limit_lifted() -> None:
    packages = Path("/private/packages")
    command = ["python", "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "file.json"]
    lifted = unlimited_command(command, packages)
    assert lifted[:3] == ["python", "-Xfrozen_modules=off", "-c"]
    assert lifted[-2:] == ["-f", "file.json"]
    assert f"sys.path.append({str(packages)!r})" in lifted[3], "last of all: nothing of the environment is hidden"
    other = ["R", "--slave", "-e", "IRkernel::main()", "--args", "file.json"]
    assert unlimited_command(other, packages) == other
    assert not speaks_ipc(other)


HOW_IT_LISTENS = (
    "import ipykernel.kernelapp as a\napp = a.IPKernelApp.instance()\n"
    "print(app.transport, app.curve_secretkey is not None)"
)


async def test_a_kernel_without_ipc_is_encrypted(tmp_path: Path) -> None:
    """A kernelspec whose command hides ipykernel: sockets on TCP, so CurveZMQ, which it declares to support."""
    spec = tmp_path / "share" / "jupyter" / "kernels" / "hidden"
    spec.mkdir(parents=True)
    program = "import runpy; runpy.run_module('ipykernel_launcher', run_name='__main__')"
    (spec / "kernel.json").write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-c", program, "-f", "{connection_file}"],
                "display_name": "Hidden",
                "language": "python",
                "metadata": {"supported_encryption": ["curve"]},
            }
        )
    )
    runtime = start_runtime(tmp_path / "run", "--hub", HUB, env={"JUPYTER_PATH": str(spec.parents[1])})
    try:
        made = await asyncio.to_thread(
            runtime.ask, "POST", "/api/kernels", headers=runtime.auth, body=b'{"name": "hidden"}'
        )
        kernel = made.json()["id"]
        url = f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels"
        client = JournalSocket(url, {**runtime.auth, "Origin": HUB})
        await client.attach()
        run = await client.run(HOW_IT_LISTENS)
        assert client.text_of(run) == "tcp True\n"
        await client.close()
    finally:
        runtime.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="no ipc there")
async def test_a_kernel_in_the_private_folder_is_not_encrypted_as_well(fresh: Running) -> None:
    """CurveZMQ took half of the time of a large buffer, and kept nobody out whom the folder lets in."""
    kernel = await asyncio.to_thread(fresh.start_kernel)
    client = JournalSocket(f"ws://127.0.0.1:{fresh.port}/api/kernels/{kernel}/channels", {**fresh.auth, "Origin": HUB})
    await client.attach()
    for _ in range(2):
        run = await client.run(
            HOW_IT_LISTENS + "; import os; print(oct(os.stat(os.path.dirname(app.ip)).st_mode & 0o777))"
        )
        assert client.text_of(run) == "ipc False\n0o700\n"
        await asyncio.to_thread(fresh.ask, "POST", f"/api/kernels/{kernel}/restart", headers=fresh.auth)
    await client.close()


def test_slow_imports_are_left_out_and_come_back_when_asked_for() -> None:
    import subprocess

    program = (
        "import sys\nimport runhere_runtime.launcher\n"
        "assert 'lark' not in sys.modules and 'rfc3987_syntax' not in sys.modules\n"
        "import jsonschema\n"
        "check = jsonschema.FormatChecker(['iri'])\n"
        "assert check.conforms('http://example.org/ä', 'iri') and not check.conforms('a b', 'iri')\n"
        "assert 'rfc3987_syntax' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    with without_slow_imports():
        pass
