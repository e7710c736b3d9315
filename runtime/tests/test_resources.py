"""What the machine has: parsers as tables, then a real runtime with a real kernel that takes memory."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from kernel_client import JournalSocket, open_socket
from live_runtime import EVIL, HUB, Running, start_runtime
from websockets.exceptions import InvalidStatus

from runhere_runtime.resources import Gpu, Memory, limited, parse_limit, parse_smi, parse_smi_processes

MIB = 2**20


@pytest.mark.fast
def test_two_gpus_are_read() -> None:
    """The shape of nvidia-smi's answer, with numbers made up here."""
    text = (
        "0, NVIDIA A100-SXM4-40GB, 1024, 40960, 37, 12, 45\n1, NVIDIA A100-SXM4-40GB, 0, 40960, [N/A], [N/A], [N/A]\n"
    )
    assert parse_smi(text) == (
        Gpu(0, "NVIDIA A100-SXM4-40GB", 1024 * MIB, 40960 * MIB, 0.37, 0.12, 45),
        Gpu(1, "NVIDIA A100-SXM4-40GB", 0, 40960 * MIB, None, None, None),
    )


@pytest.mark.fast
@pytest.mark.parametrize(
    "text", ["", "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "a,b\n"]
)
def test_what_is_no_gpu_is_none(text: str) -> None:
    assert parse_smi(text) == ()


@pytest.mark.fast
def test_processes_are_found_on_their_gpu() -> None:
    text = "GPU-1, 100, 512\nGPU-2, 101, [N/A]\nGPU-9, 102, 1\n"
    assert parse_smi_processes(text, {"GPU-1": 0, "GPU-2": 1}) == {0: {100: 512 * MIB}, 1: {101: 0}}


@pytest.mark.fast
@pytest.mark.parametrize(("text", "limit"), [("max\n", None), ("9223372036854771712\n", None), ("1073741824\n", 2**30)])
def test_limits_of_both_kinds_of_cgroup(text: str, limit: int | None) -> None:
    assert parse_limit(text) == limit


@pytest.mark.fast
def test_the_smaller_of_machine_and_limit_counts() -> None:
    machine = Memory(16 * 2**30, 8 * 2**30, is_limited=False)
    assert limited(machine, limit_bytes=None, used_bytes=0) == machine
    assert limited(machine, limit_bytes=64 * 2**30, used_bytes=0) == machine
    assert limited(machine, limit_bytes=2**30, used_bytes=2**29) == Memory(2**30, 2**29, is_limited=True)
    assert limited(machine, limit_bytes=2**30, used_bytes=2**31) == Memory(2**30, 0, is_limited=True)


async def test_a_kernel_that_takes_memory_is_seen_to(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    client = JournalSocket(f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels", runtime.auth)
    await client.attach()
    await client.run("held = None")
    before = used_by(runtime, kernel)
    await client.run("held = bytearray(300 * 2**20)")
    after = used_by(runtime, kernel)
    assert 250 * MIB < after - before < 400 * MIB
    await client.close()


def used_by(runtime: Running, kernel: str) -> int:
    snapshot = runtime.ask("GET", "/api/runhere/resources", headers=runtime.auth).json()
    return int(next(one["memory_bytes"] for one in snapshot["kernels"] if one["kernel_id"] == kernel))


async def test_the_stream_goes_on_until_the_page_leaves(runtime: Running) -> None:
    url = f"ws://127.0.0.1:{runtime.port}/api/runhere/resources/stream?interval_ms=1"
    socket = await open_socket(url, {**runtime.auth, "Origin": HUB}, ["runhere.resources.v1"])
    seen = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(3)]
    await socket.close()
    assert {one["type"] for one in seen} == {"resources"}
    assert [one["at_ms"] for one in seen] == sorted(one["at_ms"] for one in seen)
    assert seen[1]["at_ms"] - seen[0]["at_ms"] >= 400  # the shortest interval, whatever was asked
    for one in seen:
        assert 0 <= one["cpu"] <= one["cpu_count"] * 4
        assert 0 < one["memory"]["available_bytes"] <= one["memory"]["total_bytes"]
        assert one["disks"][0]["total_bytes"] > one["disks"][0]["used_bytes"] > 0


async def test_other_sites_get_no_stream(runtime: Running) -> None:
    url = f"ws://127.0.0.1:{runtime.port}/api/runhere/resources/stream"
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(url, {**runtime.auth, "Origin": EVIL}, [])
    assert refused.value.response.status_code == 403


def test_colab_reads_its_own_shape(runtime: Running) -> None:
    answer = runtime.ask("GET", "/api/colab/resources", headers=runtime.auth)
    guard, _, body = answer.body.partition(b"\n")
    assert guard == b")]}'"
    found = json.loads(body)
    assert set(found) == {"memory", "disks", "gpus"}
    assert set(found["memory"]) == {"totalBytes", "freeBytes", "kernels"}
    assert set(found["disks"][0]["filesystem"]) == {"label", "totalBytes", "usedBytes"}
    assert json.loads(runtime.ask("GET", "/api/colab/build-info", headers=runtime.auth).body[5:]) == {"release_tag": ""}
    assert json.loads(runtime.ask("GET", "/api/colab/drive", headers=runtime.auth).body[5:]) == {"dfs": []}
    for path in ("resources", "build-info", "drive"):
        assert runtime.ask("GET", f"/api/colab/{path}").status == 401


SMI = """#!/bin/sh
case "$1" in
  --query-gpu=index*) echo "0, NVIDIA T4, 100, 15360, 5, 1, 40";;
  --query-gpu=uuid*) echo "GPU-a, 0";;
  --query-compute-apps*) echo "GPU-a, 1, 100";;
esac
"""


def test_nvidia_smi_is_asked_where_there_is_no_library(tmp_path: Path) -> None:
    """A stand-in for the program: this machine has no GPU. What it prints has the shape of the real one's answers."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(SMI)
    program.chmod(0o755)
    running = start_runtime(tmp_path, env={"PATH": f"{program.parent}:{os.environ['PATH']}"})
    try:
        (gpu,) = running.ask("GET", "/api/runhere/resources", headers=running.auth).json()["gpus"]
        program.write_text("#!/bin/sh\necho 'Failed to initialize NVML: Driver/library version mismatch'\nexit 18\n")
        broken = running.ask("GET", "/api/runhere/resources", headers=running.auth).json()
    finally:
        running.stop()
    assert (gpu["name"], gpu["memory_total_bytes"], gpu["utilization"]) == ("NVIDIA T4", 15360 * MIB, 0.05)
    assert broken["gpus"] == []
    assert "version mismatch" in broken["gpu_trouble"]
