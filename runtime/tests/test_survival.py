"""What holds when the disk is full, and when the runtime itself is killed."""

from __future__ import annotations

import asyncio
import os
import struct
import sys
from pathlib import Path

import pytest
from kernel_client import JournalSocket, unpack_v1
from live_runtime import HUB, Running, start_runtime

LIMITED = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
    "from runhere_runtime.cli import main; sys.exit(main())"
)


def socket_of(runtime: Running, kernel: str) -> JournalSocket:
    return JournalSocket(
        f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels", {**runtime.auth, "Origin": HUB}
    )


@pytest.mark.skipif(os.name != "posix", reason="the size of files is limited through rlimit")
async def test_7_8_a_disk_that_refuses_stops_nothing_and_the_gap_is_told(tmp_path: Path) -> None:
    """For real: the system lets no file of this runtime grow beyond 400 kB, and one output is larger."""
    runtime = start_runtime(tmp_path, "--hub", HUB, start=("-c", LIMITED))
    try:
        kernel = runtime.start_kernel()
        client = socket_of(runtime, kernel)
        await client.attach()
        first = await client.run("print('before')")
        big = await client.run(
            "from IPython.display import display\ndisplay({'text/plain': 'x' * 600_000}, raw=True)\nprint('after')"
        )
        (shown,) = client.of(big, "display_data")
        assert len(shown.content["data"]["text/plain"]) == 600_000, "those who are connected get it all the same"
        assert client.text_of(big) == "after\n"
        last = await client.run("print('later')")

        def notices() -> list[str]:
            return [frame["state"] for frame in client.frames if frame["type"] == "journal"]

        await client.until(lambda: len(notices()) >= 2)  # the disk is tried after those who are connected were served
        assert notices() == ["disk_full", "ok"]
        later = socket_of(runtime, kernel)
        await later.attach()
        await later.until(lambda: later.is_done(last))
        (gap,) = [frame for frame in later.frames if frame["type"] == "gap"]
        lost = range(gap["from"], gap["to"] + 1)
        # What was on its way in the same write is refused with the large one: of the same run, before or after it.
        of_the_run = {message.seq for message in client.of(big)}
        assert (gap["reason"], shown.seq in lost) == ("disk", True)
        assert set(lost) <= of_the_run
        assert [m.seq for m in later.heard] == [m.seq for m in client.heard if m.seq not in lost]
        assert [later.text_of(run) for run in (first, last)] == ["before\n", "later\n"]
        await later.close()
        await client.close()
    finally:
        runtime.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="kills the process without a word")
async def test_7_9_a_killed_runtime_takes_its_kernels_with_it_but_not_what_they_said(tmp_path: Path) -> None:
    """Kernels end with their runtime (they watch their parent). The next runtime serves their journals, whole."""
    first = start_runtime(tmp_path, "--hub", HUB)
    try:
        kernel = first.start_kernel()
        client = socket_of(first, kernel)
        await client.attach()
        run = await client.run("for i in range(500): print(i, flush=True)")
        last = client.last
    finally:
        first.process.kill()
        first.process.wait()
    assert client.socket is not None
    client.socket.transport.abort()
    second = start_runtime(tmp_path, "--hub", HUB)
    try:
        assert second.kernel_ids() == set()
        listed = second.ask("GET", "/api/runhere/journal", headers=second.auth).json()["journals"]
        assert [(j["kernel_id"], j["running"], j["ended_at"]) for j in listed] == [(kernel, False, None)]
        path = f"/api/runhere/journal/{kernel}?max_bytes={8 * 2**20}"
        kept = await asyncio.to_thread(second.ask, "GET", path, headers=second.auth)
        assert int(kept.headers["x-runhere-last-seq"]) == last
        data, seqs, text = kept.body, [], ""
        while data:
            length, _, seq, _ = struct.unpack_from(">IIQQ", data)
            _, parts = unpack_v1(data[24 : 4 + length])
            seqs.append(seq)
            text += parts[3].decode() if run.encode() in parts[1] and b'"stream"' in parts[0] else ""
            data = data[4 + length :]
        assert seqs == list(range(1, (last or 0) + 1))
        assert "499\\n" in text
        assert second.ask("GET", f"/api/kernels/{kernel}", headers=second.auth).status == 404
    finally:
        second.stop()
