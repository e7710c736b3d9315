"""A page's part of a run on another machine, as a process: `drive_far_run.py PORT TOKEN STOP_FILE`.

Starts a kernel, runs a cell that prints numbers until STOP_FILE exists over there, attaches anew after every cut, and
writes one JSON object at the end: what arrived. Writes `running` once the first line came.
"""

import asyncio
import contextlib
import json
import sys
import urllib.request

from kernel_client import JournalSocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake

CODE = """import os, time
n = 0
while not os.path.exists({stop!r}):
    print(n, flush=True); n += 1; time.sleep(0.02)
print('end', n)
"""


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def start_kernel(port: str, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/kernels", b"{}", headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.loads(answer.read())["id"])


async def main(port: str, token: str, stop: str) -> None:
    kernel = await asyncio.to_thread(start_kernel, port, token)
    url = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels"
    client = JournalSocket(url, {"Authorization": f"Bearer {token}"})
    await client.attach()
    run = await client.execute(CODE.format(stop=stop))
    await client.until(lambda: client.text_of(run), 60)
    tell("running")
    cuts = 0
    while not client.is_done(run):
        try:
            # A page notices a dead cable by its pings (SPEC 7.11); here silence is enough: the cell never pauses.
            await client.step(3)
        except (TimeoutError, ConnectionClosed, OSError):
            cuts += 1
            await attach_again(client)
    tell(json.dumps({"lines": client.text_of(run).splitlines(), "cuts": cuts}))


async def attach_again(client: JournalSocket) -> None:
    async with asyncio.timeout(120):
        while True:
            with contextlib.suppress(TimeoutError, ConnectionClosed, InvalidHandshake, OSError):
                async with asyncio.timeout(5):
                    await client.attach()
                    return


asyncio.run(main(*sys.argv[1:]))
