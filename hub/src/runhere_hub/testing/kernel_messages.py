"""The few kernel messages that a test sends by hand, and how it waits for an answer. For tests only."""

import asyncio
import json
from typing import Any, Protocol

_MSG_ID = "m1"


class Socket(Protocol):
    """What a WebSocket has here."""

    async def recv(self) -> str | bytes:
        """The next message."""
        ...


def execute(code: str) -> str:
    """An `execute_request`, as Jupyter's own channel carries it."""
    header = {"msg_id": _MSG_ID, "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell", "content": content}
    return json.dumps({**message, "buffers": []})


async def until(socket: Socket, msg_type: str) -> dict[str, Any]:
    """Content of the next answer of this type to what `execute` asked."""
    async with asyncio.timeout(60):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["msg_type"] == msg_type and message["parent_header"].get("msg_id") == _MSG_ID:
                return dict(message["content"])
