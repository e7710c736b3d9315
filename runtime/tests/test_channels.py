"""The kernel's socket with real kernels: our subprotocol, the stock ones, prompts, restarts, big buffers."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kernel_client import JournalSocket, StockSocket, execute_content, make_request
from live_runtime import HUB, Running, start_runtime
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

LINES = "for i in range({n}): print(i, flush=True)"
WAITS_TO_BE_TOLD = "told = input()"


@pytest.fixture(scope="module")
def kernel(runtime: Running) -> str:
    return runtime.start_kernel()


def channels_url(runtime: Running, kernel: str, session: str = "") -> str:
    return f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels" + (
        f"?session_id={session}" if session else ""
    )


def journal_socket(runtime: Running, kernel: str, **more: Any) -> JournalSocket:
    return JournalSocket(channels_url(runtime, kernel), {**runtime.auth, "Origin": HUB}, **more)


def stock_socket(runtime: Running, kernel: str, session: str, *, v1: bool = True) -> StockSocket:
    return StockSocket(channels_url(runtime, kernel, session), {**runtime.auth, "Origin": HUB}, v1=v1)


def asked_of(client: JournalSocket) -> dict[str, Any] | None:
    """The newest stdin frame, if a prompt is pending."""
    frame = client.last_frame("stdin")
    return frame if frame and frame["state"] == "asked" else None


async def tell(client: JournalSocket, run: str) -> None:
    """Let the cell go on that waits to be told; it forgets what it is told before it asks."""
    await client.until(lambda: client.of(run, "input_request"))
    await client.send("stdin", make_request("input_reply", {"value": "on"})[1])


async def read_to_the_end(client: JournalSocket) -> int:
    """The code with which the server closes."""
    while True:
        try:
            await client.step()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0


@pytest.fixture
async def client(runtime: Running, kernel: str) -> AsyncIterator[JournalSocket]:
    socket = journal_socket(runtime, kernel, last=None)
    await socket.attach()
    yield socket
    await socket.close()


async def test_7_a_run_is_heard_whole(client: JournalSocket) -> None:
    run = await client.run("print('hello'); 6*7")
    assert client.text_of(run) == "hello\n"
    assert client.of(run, "execute_result")[0].content["data"] == {"text/plain": "42"}
    assert client.of(run, "execute_reply")[0].channel == "shell"
    assert client.last_frame("sent") == {"type": "sent", "channel": "shell", "msg_id": run, "repeated": False}


async def test_7_every_flushed_line_arrives_in_order_in_few_records(client: JournalSocket) -> None:
    run = await client.run(LINES.format(n=20_000), timeout_s=60)
    assert client.text_of(run).split() == [str(i) for i in range(20_000)]
    assert len(client.of(run, "stream")) < 5_000


async def test_7_a_burst_of_messages_loses_none(client: JournalSocket) -> None:
    code = (
        "from ipykernel.comm import Comm\nk = get_ipython().kernel\n"
        "for i in range(20_000): k.session.send(k.iopub_socket, 'display_data', "
        "{'data': {'text/plain': str(i)}, 'metadata': {}}, parent=k.get_parent('shell'))"
    )
    run = await client.run(code, timeout_s=60)
    shown = [m.content["data"]["text/plain"] for m in client.of(run, "display_data")]
    assert shown == [str(i) for i in range(20_000)]


async def test_7_after_gives_the_rest_then_the_live_stream(
    runtime: Running, kernel: str, client: JournalSocket
) -> None:
    first = await client.run("print('one')")
    middle = client.last
    second = await client.run("print('two')")
    late = journal_socket(runtime, kernel, last=middle)
    attached = await late.attach()
    assert attached["after"] == middle
    await late.until(lambda: late.is_done(second))
    assert late.text_of(second) == "two\n"
    assert late.of(first) == []
    await late.until(lambda: late.last_frame("live"))
    third = await client.run("print('three')")
    await late.until(lambda: late.is_done(third))
    assert [m.seq for m in late.heard] == list(range(middle + 1, late.last + 1))
    assert [(m.seq, m.header) for m in late.heard] == [(m.seq, m.header) for m in client.heard if m.seq > middle]
    await late.close()


async def test_7_the_same_request_twice_runs_once(client: JournalSocket) -> None:
    await client.run("n = 0")
    msg_id, parts = make_request("execute_request", execute_content("n += 1; print(n)"))
    await client.send("shell", parts)
    await client.until(lambda: client.is_done(msg_id))
    await client.send("shell", parts)
    await client.until(lambda: (client.last_frame("sent") or {}).get("repeated"))
    check = await client.run("print(n)")
    assert client.text_of(check) == "1\n"


async def test_7_the_same_client_again_replaces_its_old_socket(
    runtime: Running, kernel: str, client: JournalSocket
) -> None:
    again = journal_socket(runtime, kernel, client_id=client.client_id, last=client.last)
    await again.attach()
    assert await read_to_the_end(client) == 4409
    run = await again.run("print('still')")
    assert again.text_of(run) == "still\n"
    await again.close()


@pytest.mark.parametrize(
    "frame",
    ['{"type":"attach"}', "nonsense", '{"type":"hello"}', "[]", b"bytes", b"",
     '{"type":"attach","protocol":1,"client_id":"x","after":-1}',
     '{"type":"attach","protocol":1,"client_id":"","after":0}',
     '{"type":"attach","protocol":2,"client_id":"x","after":0}'],
)  # fmt: skip
async def test_7_a_bad_first_frame_closes(runtime: Running, kernel: str, frame: str | bytes) -> None:
    headers = {**runtime.auth, "Origin": HUB}
    url = channels_url(runtime, kernel)
    async with connect(url, additional_headers=headers, subprotocols=[Subprotocol("runhere.journal.v1")]) as raw:
        await raw.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            await raw.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in (4400, 4426)


async def test_7_a_prompt_is_asked_again_after_a_reload_and_answered_once(
    runtime: Running, kernel: str, client: JournalSocket
) -> None:
    run = await client.execute("print('got', input('name? '))")
    await client.until(lambda: client.of(run, "input_request"))
    asked = await client.until(lambda: asked_of(client))
    assert asked["prompt"] == "name? "
    assert asked["yours"] is True
    assert asked["parent_msg_id"] == run
    await client.close()
    again = journal_socket(runtime, kernel, client_id=client.client_id, last=client.last)
    await again.attach()
    frame = await again.until(lambda: asked_of(again))
    assert frame["msg_id"] == asked["msg_id"]
    assert frame["yours"] is True
    _, parts = make_request("input_reply", {"value": "Ada", "status": "ok"})
    await again.send("stdin", parts)
    await again.until(lambda: again.is_done(run))
    assert again.text_of(run) == "got Ada\n"
    assert (again.last_frame("stdin") or {})["state"] == "none"
    await again.close()


async def test_7_another_page_may_not_answer_a_prompt_but_can_take_it_over(
    runtime: Running, kernel: str, client: JournalSocket
) -> None:
    other = journal_socket(runtime, kernel, last=client.last)
    await other.attach()
    run = await client.execute("print('got', input('?'))")
    frame = await other.until(lambda: asked_of(other))
    assert frame["yours"] is False
    reply_id, parts = make_request("input_reply", {"value": "thief", "status": "ok"})
    await other.send("stdin", parts)
    refused = await other.until(lambda: other.last_frame("refused"))
    assert (refused["code"], refused["msg_id"]) == ("stdin_held", reply_id)
    await other.tell({"type": "take_stdin", "force": False})
    await other.until(lambda: (other.last_frame("refused") or {}).get("of") == "take_stdin")
    await client.close()  # its owner is gone: now it may be taken
    while not (other.last_frame("stdin") or {}).get("yours"):  # its socket may take a moment to be seen closed
        other.frames.clear()
        await other.tell({"type": "take_stdin", "force": False})
        await other.until(lambda: other.frames)
    _, parts = make_request("input_reply", {"value": "heir", "status": "ok"})
    await other.send("stdin", parts)
    await other.until(lambda: other.is_done(run))
    assert other.text_of(run) == "got heir\n"
    await other.close()


async def test_7_a_prompt_can_be_taken_over_by_force_and_ends_with_an_interrupt(
    runtime: Running, kernel: str, client: JournalSocket
) -> None:
    other = journal_socket(runtime, kernel, last=client.last)
    await other.attach()
    run = await client.execute("input('?')")
    await other.until(lambda: asked_of(other))
    await other.tell({"type": "take_stdin", "force": True})
    await other.until(lambda: (other.last_frame("stdin") or {}).get("yours"))
    await client.until(lambda: (client.last_frame("stdin") or {}).get("yours") is False)
    answer = await asyncio.to_thread(
        runtime.ask, "POST", f"/api/kernels/{kernel}/interrupt", headers=runtime.auth, body=b""
    )
    assert answer.status == 204
    await other.until(lambda: other.is_done(run))
    await other.until(lambda: (other.last_frame("stdin") or {}).get("state") == "none")
    await other.close()


async def test_7_control_answers_are_not_kept_and_go_to_who_asked(
    runtime: Running, kernel: str, client: JournalSocket
) -> None:
    other = journal_socket(runtime, kernel, last=client.last)
    await other.attach()
    busy = await client.execute(WAITS_TO_BE_TOLD)
    await client.until(lambda: client.of(busy, "input_request"))
    msg_id, parts = make_request("usage_request", {})
    await client.send("control", parts)
    await client.until(lambda: client.control)
    assert client.control[0].parent["msg_id"] == msg_id
    assert client.control[0].content["cpu_count"] >= 1
    assert not client.is_done(busy), "the answer came while the kernel was busy"
    await tell(client, busy)
    await client.until(lambda: client.is_done(busy))
    await other.until(lambda: other.is_done(busy))
    assert other.control == []
    await other.close()


async def test_7_restart_keeps_journal_and_sockets(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    client = journal_socket(runtime, kernel)
    await client.attach()
    await client.run("x = 1")
    before = client.last
    answer = await asyncio.to_thread(
        runtime.ask, "POST", f"/api/kernels/{kernel}/restart", headers=runtime.auth, body=b""
    )
    assert answer.status == 200
    run = await client.run("print('x' in dir())")
    assert client.text_of(run) == "False\n"
    assert restarts_after(client, before or 0)
    before = client.last
    await client.execute("import os; os._exit(1)")  # it may die before anything of it is sent
    await client.until(lambda: restarts_after(client, before or 0), 60)
    again = await client.run("print('back')", timeout_s=60)
    assert client.text_of(again) == "back\n"
    await client.close()


def restarts_after(client: JournalSocket, seq: int) -> list[int]:
    return [m.seq for m in client.heard if m.seq > seq and m.content.get("execution_state") == "restarting"]


async def test_7_the_end_of_a_kernel_is_told_and_its_journal_stays(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    client = journal_socket(runtime, kernel)
    await client.attach()
    run = await client.run("print('kept')")
    path = f"/api/runhere/journal/{kernel}"
    assert runtime.ask("DELETE", path, headers=runtime.auth).status == 409
    gone = await asyncio.to_thread(runtime.ask, "DELETE", f"/api/kernels/{kernel}", headers=runtime.auth)
    assert gone.status == 204
    await client.until(lambda: client.last_frame("ended"))
    assert await read_to_the_end(client) == 4410
    listed = runtime.ask("GET", "/api/runhere/journal", headers=runtime.auth).json()["journals"]
    (entry,) = [j for j in listed if j["kernel_id"] == kernel]
    assert entry["running"] is False
    assert entry["ended_at"] >= entry["started_at"]
    kept = runtime.ask("GET", f"{path}?after=0", headers=runtime.auth)
    assert b"kept" in kept.body
    assert run.encode() in kept.body
    assert int(kept.headers["x-runhere-last-seq"]) == client.last
    assert runtime.ask("GET", f"{path}?after={client.last}", headers=runtime.auth).body == b""
    assert runtime.ask("DELETE", path, headers=runtime.auth).status == 204
    assert runtime.ask("GET", path, headers=runtime.auth).status == 404


async def test_7_14_a_journal_that_is_turned_off_is_deleted_and_written_no_more(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    client = journal_socket(runtime, kernel)
    await client.attach()
    path = f"/api/runhere/journal/{kernel}"
    (folder,) = runtime.data.rglob(f"journal/{kernel}")
    await client.run("print('ca' + 'nary')")
    assert b"canary" in on_disk(folder)
    refused = runtime.ask("PUT", path, headers=runtime.auth, body=b'{"on": true}')
    assert refused.status == 400
    assert b"canary" in on_disk(folder)
    assert runtime.ask("PUT", path, headers=runtime.auth, body=b'{"on": false}').status == 204
    await client.run("print('can' + 'ary')")
    assert b"canary" not in on_disk(folder)
    again = journal_socket(runtime, kernel)
    await again.attach()
    await again.until(lambda: [m for m in again.heard if m.content.get("text") == "canary\n"][1:])
    await again.close()
    gone = await asyncio.to_thread(runtime.ask, "DELETE", f"/api/kernels/{kernel}", headers=runtime.auth)
    assert gone.status == 204
    await client.until(lambda: client.last_frame("ended"))
    assert not folder.exists()
    assert runtime.ask("PUT", path, headers=runtime.auth, body=b'{"on": false}').status == 404
    await client.close()


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_7_a_slow_reader_misses_nothing_and_does_not_fill_memory(runtime: Running, kernel: str) -> None:
    reader = journal_socket(runtime, kernel, last=None)
    await reader.attach()
    writer = journal_socket(runtime, kernel, last=None)
    await writer.attach()
    code = "for i in range(3000): print(str(i).rjust(20_000), flush=True)"  # 60 MB
    run = await writer.run(code, timeout_s=60)
    await reader.until(lambda: reader.is_done(run), 60)
    assert reader.text_of(run).split() == [str(i) for i in range(3000)]
    await reader.close()
    await writer.close()


@pytest.mark.parametrize("kind", ["journal", "v1", "default"])
async def test_comm_buffers_of_64_mb_both_ways(runtime: Running, kernel: str, kind: str) -> None:
    if kind == "journal":
        client: Any = journal_socket(runtime, kernel, last=None)
        await client.attach()
    else:
        client = stock_socket(runtime, kernel, f"big-{kind}", v1=kind == "v1")
        await client.open()
    await client.run(
        "def opened(comm, msg):\n"
        "    @comm.on_msg\n"
        "    def _(msg): comm.send({'n': len(msg['buffers'][0])}, buffers=[bytes(msg['buffers'][0])[::-1]])\n"
        "get_ipython().kernel.comm_manager.register_target('echo', opened)"
    )
    _, parts = make_request("comm_open", {"comm_id": f"c-{kind}", "target_name": "echo", "data": {}})
    await client.send("shell", parts)
    blob = bytes(range(256)) * (64 * 2**20 // 256)
    msg_id, parts = make_request("comm_msg", {"comm_id": f"c-{kind}", "data": {}})
    await client.send("shell", [*parts, blob])
    (answer,) = await client.until(lambda: client.of(msg_id, "comm_msg"), 60)
    assert answer.content["data"] == {"n": len(blob)}
    assert answer.buffers == [blob[::-1]]
    await client.close()


async def four_pongs(client: JournalSocket) -> list[float]:
    """Seconds from four small questions to the last of four small answers, several times on a warm connection."""
    took = []
    for _ in range(40):
        client.frames.clear()
        started = time.perf_counter()
        for _ in range(4):
            await client.tell({"type": "ping"})
        await client.until(lambda: len(client.frames) == 4)
        took.append(time.perf_counter() - started)
    return took[20:]


WITH_NAGLE = (
    "import sys; from runhere_runtime.handlers.channels import ChannelsHandler as H; H.set_nodelay = lambda *_: None\n"
    "from runhere_runtime.cli import main; sys.exit(main())"
)


@pytest.mark.skipif(sys.platform != "linux", reason="how long an ACK is delayed differs")
async def test_small_frames_do_not_wait_for_the_others_acknowledgement(tmp_path: Path, client: JournalSocket) -> None:
    """The cause of stock Jupyter's 40 ms: Nagle's algorithm against delayed ACKs. With it, and without."""
    assert min(await four_pongs(client)) < 0.03
    slow = start_runtime(tmp_path, "--hub", HUB, start=("-c", WITH_NAGLE))
    try:
        stalled = journal_socket(slow, slow.start_kernel())
        await stalled.attach()
        await stalled.until(lambda: stalled.last_frame("stdin"))
        # Not each time: a receiver that is in a hurry acknowledges at once.
        assert max(await four_pongs(stalled)) > 0.03
        await stalled.close()
    finally:
        slow.stop()


@pytest.mark.parametrize("v1", [True, False])
async def test_stock_subprotocols_pass_every_message_as_it_came(runtime: Running, kernel: str, v1: bool) -> None:
    client = stock_socket(runtime, kernel, f"stock-{v1}", v1=v1)
    await client.open()
    run = await client.run(LINES.format(n=2000))
    assert client.text_of(run).split() == [str(i) for i in range(2000)]
    asked = await client.execute("print(input('?'))")
    await client.until(lambda: client.of(asked, "input_request"))
    _, parts = make_request("input_reply", {"value": "yes"})
    await client.send("stdin", parts)
    await client.until(lambda: client.is_done(asked))
    assert client.text_of(asked) == "yes\n"
    await client.close()


@pytest.mark.parametrize("v1", [True, False])
async def test_stock_session_that_comes_back_gets_what_it_missed(
    runtime: Running, kernel: str, tmp_path: Path, v1: bool
) -> None:
    session = f"back-{v1}"
    client = stock_socket(runtime, kernel, session, v1=v1)
    await client.open()
    left = tmp_path / "left"
    code = (
        "import pathlib, time\nfor i in range(30):\n    print(i, flush=True)\n"
        f"    while i == 3 and not pathlib.Path({str(left)!r}).exists(): time.sleep(0.01)\n1/0"
    )
    run = await client.execute(code)
    await client.until(lambda: "3" in client.text_of(run))
    await client.close()
    stranger = stock_socket(runtime, kernel, session + "-other", v1=v1)  # a stock server forgets when one looks in
    await stranger.open()
    looked, parts = make_request("usage_request", {})  # answered though the kernel is busy
    await stranger.send("control", parts)
    await stranger.until(lambda: stranger.of(looked, "usage_reply"))
    left.touch()
    await stranger.until(lambda: stranger.of(run, "error"))
    await stranger.close()
    await client.open()
    await client.until(lambda: client.is_done(run))
    assert client.text_of(run).split() == [str(i) for i in range(30)]
    assert client.of(run, "execute_reply")[0].content["status"] == "error"
    assert stranger.of(run, "execute_reply") == []
    await client.close()


async def test_malformed_stock_messages_do_no_harm(runtime: Running, kernel: str) -> None:
    client = stock_socket(runtime, kernel, "odd")
    await client.open()
    assert client.socket is not None
    for data in (b"", b"\0" * 8, b"\xff" * 64, "text", b"\1" + b"\0" * 7 + b"\xff" * 8):
        await client.socket.send(data)
    run = await client.run("print('fine')")
    assert client.text_of(run) == "fine\n"
    await client.close()


async def test_rest_api_shows_busy_and_idle(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    client = journal_socket(runtime, kernel)
    await client.attach()
    await client.run("1")

    def state() -> str:
        return str(runtime.ask("GET", f"/api/kernels/{kernel}", headers=runtime.auth).json()["execution_state"])

    assert await asyncio.to_thread(state) == "idle"
    run = await client.execute(WAITS_TO_BE_TOLD)
    await client.until(lambda: client.of(run, "input_request"))
    assert await asyncio.to_thread(state) == "busy"
    await tell(client, run)
    await client.until(lambda: client.is_done(run))
    assert await asyncio.to_thread(state) == "idle"
    await client.close()


async def test_7_13_a_run_that_waits_is_withdrawn_and_never_runs(client: JournalSocket) -> None:
    await client.run("ran = []")
    running = await client.execute(f"{WAITS_TO_BE_TOLD}; ran.append(1)")
    withdrawn = await client.execute("ran.append(2)")
    kept = await client.execute("ran.append(3)")
    await client.until(lambda: client.of(running, "input_request"))
    await client.tell({"type": "withdraw", "msg_id": withdrawn})
    await client.until(lambda: client.last_frame("withdrawn") == {"type": "withdrawn", "msg_id": withdrawn})
    await tell(client, running)
    await client.until(lambda: client.is_done(kept))
    assert [(m.type, m.content) for m in client.heard if m.parent.get("msg_id") == withdrawn] == [
        ("execute_reply", {"status": "aborted"})
    ]
    assert client.of(running, "execute_reply")[0].content["status"] == "ok"
    assert client.text_of(await client.run("print(ran)")) == "[1, 3]\n"


async def test_7_13_what_the_kernel_has_already_is_not_withdrawn(client: JournalSocket) -> None:
    running = await client.execute(f"{WAITS_TO_BE_TOLD}; print('ran')")
    await client.until(lambda: client.of(running, "input_request"))
    await client.tell({"type": "withdraw", "msg_id": running})
    await client.until(lambda: (client.last_frame("refused") or {}).get("code") == "already_begun")
    await tell(client, running)
    await client.until(lambda: client.is_done(running))
    assert client.text_of(running) == "ran\n"
    await client.tell({"type": "withdraw", "msg_id": running})
    await client.until(lambda: len([f for f in client.frames if f["type"] == "refused"]) == 2)


async def test_7_13_a_run_that_fails_gives_up_those_behind_it_and_no_later_ones(client: JournalSocket) -> None:
    await client.run("ran = []")
    failing = await client.execute(f"{WAITS_TO_BE_TOLD}; 1/0")
    behind = [await client.execute(f"ran.append({n})") for n in range(3)]
    _, question = make_request("kernel_info_request", {})
    await client.send("shell", question)
    await tell(client, failing)
    await client.until(lambda: all(client.of(run, "execute_reply") for run in behind))
    assert client.of(failing, "execute_reply")[0].content["status"] == "error"
    assert [client.of(run, "execute_reply")[0].content["status"] for run in behind] == ["aborted"] * 3
    await client.until(lambda: any(m.type == "kernel_info_reply" for m in client.heard))
    assert client.text_of(await client.run("print(ran)")) == "[]\n"


async def test_7_13_what_is_asked_behind_waiting_runs_is_answered_after_them(client: JournalSocket) -> None:
    first = await client.execute(WAITS_TO_BE_TOLD)
    second = await client.execute("x = 1")
    msg_id, question = make_request("kernel_info_request", {})
    await client.send("shell", question)
    await tell(client, first)
    await client.until(lambda: client.of(msg_id, "kernel_info_reply") != [])
    replies = [m.parent["msg_id"] for m in client.heard if m.channel == "shell"]
    assert replies[-3:] == [first, second, msg_id]


async def test_7_13_a_restart_gives_up_what_waits(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    client = journal_socket(runtime, kernel, last=0)
    await client.attach()
    running = await client.execute("import time; time.sleep(60)")
    waiting = await client.execute("print('never')")
    await client.until(lambda: client.of(running, "execute_input") != [])
    url = f"/api/kernels/{kernel}/restart"
    await asyncio.to_thread(runtime.ask, "POST", url, headers=runtime.auth, body=b"")
    await client.until(lambda: client.of(waiting, "execute_reply") != [])
    assert client.of(waiting, "execute_reply")[0].content == {"status": "aborted"}
    after = await client.run("print('after')")
    assert client.text_of(after) == "after\n"
    assert client.text_of(waiting) == ""
    await client.close()
