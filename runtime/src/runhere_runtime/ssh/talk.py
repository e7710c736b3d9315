"""One connection: starts the ssh process, sends the far program and the wish, and hands on what is said.

Nothing here decides: `forward.py` does. The process is ended by `close`, which may be called twice.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from runhere_runtime.errors import SshMissing
from runhere_runtime.ssh.events import read_event

_LINE_BYTES = 2**20
_KEPT_LINES = 60
CLOSE_WITHIN_S = 5


class Talk:
    """A running ssh and the conversation with the program at its far end.

    What ssh itself says goes to `told` line by line as it comes, and its last lines are kept in `said`.
    """

    def __init__(self, process: asyncio.subprocess.Process, told: Callable[[str], None]) -> None:
        self._process = process
        self._told = told
        self._lines: list[str] = []
        self._heard = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def open(cls, words: list[str], told: Callable[[str], None]) -> Talk:
        """Start the command.

        Raises:
            SshMissing: There is no such program here.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_BYTES,
            )
        except OSError as error:
            remedy = "Install OpenSSH's client." if words[0] == "ssh" else "Is it installed, and on your PATH?"
            raise SshMissing(f"{words[0]} cannot be started here ({error.strerror}). {remedy}") from error
        return cls(process, told)

    @property
    def said(self) -> str:
        """The last of ssh's own words."""
        return "\n".join(self._lines)

    async def has_said(self, words: str, *, within_s: float) -> bool:
        """Whether ssh has said this, or does so in a moment."""
        try:
            async with asyncio.timeout(within_s):
                while words not in self.said:
                    self._heard.clear()
                    await self._heard.wait()
        except TimeoutError:
            return False
        return True

    async def send_program(self, program: bytes, wish: dict[str, Any]) -> None:
        """What runs over there, then what is wanted of it. A connection that has ended swallows both: `next` tells."""
        await self._write(str(len(program)).encode() + b"\n" + program + json.dumps(wish).encode() + b"\n")

    async def answer(self, value: dict[str, Any]) -> None:
        """One line to the far program."""
        await self._write(json.dumps(value).encode() + b"\n")

    async def next(self) -> dict[str, Any] | None:
        """What the far program says next; None when the connection has ended. Other lines are passed over."""
        assert self._process.stdout is not None
        while True:
            line = await _line_of(self._process.stdout)
            if not line:
                await self._process.wait()
                await self._listening
                return None
            event = read_event(line)
            if event is not None:
                return event

    async def close(self) -> None:
        """End ssh, and with it the forwarded port. A runtime over there goes on."""
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), CLOSE_WITHIN_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)

    async def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # the end is told by `next`, with ssh's own words

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while raw := await _line_of(self._process.stderr):
            line = raw.decode(sys.getfilesystemencoding(), "replace").rstrip()
            self._lines = [*self._lines, line][-_KEPT_LINES:]
            self._heard.set()
            self._told(line)


async def _line_of(stream: asyncio.StreamReader) -> bytes:
    """The next line; empty at the end. One that is longer than any of ours is noise of a start-up file: left out."""
    while True:
        try:
            return await stream.readline()
        except ValueError:
            continue
