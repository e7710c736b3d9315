"""One kernel's feed, in this process, with a real kernel: what only shows from inside."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager
from kernel_client import execute_content, make_request, unpack_v1

from runhere_runtime.channels.feed import Feed
from runhere_runtime.journal.log import Journal
from runhere_runtime.journal.record import unpack_records


class Page:
    """A page that is attached and sends nothing by itself."""

    client_id = "page"

    def deliver(self, records: object, last_seq: int) -> None: ...

    def tell(self, frame: bytes) -> None: ...

    def kernel_ended(self) -> None: ...


@pytest.fixture
async def manager() -> AsyncIterator[AsyncKernelManager]:
    with tempfile.TemporaryDirectory() as folder:  # a short path: sockets have no room for pytest's
        private = {"transport": "ipc", "ip": f"{folder}/k"} if hasattr(asyncio, "open_unix_connection") else {}
        found = AsyncKernelManager(**private)
        await found.start_kernel()
        yield found
        await found.shutdown_kernel(now=True)


@pytest.fixture
def heard() -> asyncio.Event:
    """Set with every word of the kernel."""
    return asyncio.Event()


@pytest.fixture
async def feed(manager: AsyncKernelManager, heard: asyncio.Event, tmp_path: Path) -> AsyncIterator[Feed]:
    found = Feed(manager, journal=Journal(tmp_path / "journal", limit_bytes=2**20), note=lambda _: heard.set())
    yield found
    found.close()


async def until(heard: asyncio.Event, is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            heard.clear()
            await heard.wait()


def kept(feed: Feed, run: str) -> list[tuple[str, dict[str, object]]]:
    """(type, content) of what the journal holds of a run."""
    messages = [unpack_v1(record.message)[1] for record in unpack_records(feed.journal.read(0, 2**20).data)]
    parsed = [tuple(json.loads(part) for part in parts[:4]) for parts in messages]
    return [(header["msg_type"], content) for header, parent, _, content in parsed if parent.get("msg_id") == run]


async def test_7_what_the_old_process_says_does_not_make_the_new_one_ready(
    feed: Feed, heard: asyncio.Event, manager: AsyncKernelManager
) -> None:
    """Else the first run after a restart goes to a kernel that does not know our subscription yet, and is lost."""
    await until(heard, lambda: feed.is_ready)
    feed.kernel_restarting()
    run, parts = make_request("execute_request", execute_content("print('new', 6 * 7)"))
    feed.accept(Page(), "shell", parts, run)
    assert await feed.run_unheard("1", within_s=30), "the old one is still there, and answers"
    assert not feed.is_ready
    await manager.restart_kernel(now=True)
    feed.kernel_started_again()
    # Asking behind it would prove nothing: a kernel reads its sockets in no order, and that run's has to join it anew.
    await until(heard, lambda: ("stream", {"name": "stdout", "text": "new 42\n"}) in kept(feed, run))
    assert feed.is_ready


async def test_7_13_a_run_that_waits_for_a_kernel_to_start_is_given_up_by_a_restart(
    feed: Feed, heard: asyncio.Event, manager: AsyncKernelManager
) -> None:
    assert not feed.is_ready
    run, parts = make_request("execute_request", execute_content("ran = 1"))
    feed.accept(Page(), "shell", parts, run)
    feed.kernel_restarting()
    await manager.restart_kernel(now=True)
    feed.kernel_started_again()
    await until(heard, lambda: feed.is_ready)
    assert await feed.run_unheard("assert 'ran' not in globals()", within_s=30)
    assert kept(feed, run) == [("execute_reply", {"status": "aborted"})]
