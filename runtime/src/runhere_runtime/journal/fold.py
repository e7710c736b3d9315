"""Make many small output messages few. Pure: messages in order in, messages in order out.

Nothing that a person could still see is lost: consecutive stream text of one run and one stream is joined; of text
that a carriage return overwrites wholly only the last stays; output that a `clear_output` of the same batch removes
goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from runhere_runtime.journal.record import Part

JOINED_BYTES = 64 * 1024


class Message(NamedTuple):
    """One message of a kernel. (A tuple, because a flood makes one every ten microseconds.)

    Attributes:
        channel: iopub, shell, control or stdin.
        type: `msg_type` of its header.
        run: `msg_id` of its parent header; empty when it has none.
        frames: header, parent_header, metadata, content (JSON, UTF-8), then buffers.
        asked_by: `msg_type` of its parent header; empty when it has none.
    """

    channel: str
    type: str
    run: str
    frames: tuple[Part, ...]
    asked_by: str = ""

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.frames))


def fold(messages: Sequence[Message]) -> list[Message]:
    """The same outputs in fewer messages."""
    if len(messages) < 2:
        return list(messages)
    clears = any(message.type == "clear_output" for message in messages)
    return _join_streams(_drop_cleared(messages) if clears else messages)


def _drop_cleared(messages: Sequence[Message]) -> list[Message]:
    """Leave out what a later `clear_output` of the same run removes in any case."""
    cleared: set[str] = set()
    follows: set[str] = set()
    kept: list[Message] = []
    for message in reversed(messages):
        if message.channel == "iopub":
            if message.type == "clear_output":
                waits = bool(_content(message).get("wait"))
                if not waits or message.run in follows:
                    cleared.add(message.run)
            elif message.run in cleared and _is_removable(message):
                continue
            elif message.type in ("stream", "display_data", "execute_result", "error"):
                follows.add(message.run)
        kept.append(message)
    kept.reverse()
    return kept


def _is_removable(message: Message) -> bool:
    if message.type == "stream":
        return True
    # A display with an id may be updated later, or stand in another cell too: it stays.
    return message.type == "display_data" and not (_content(message).get("transient") or {})


def _join_streams(messages: Sequence[Message]) -> list[Message]:
    out: list[Message] = []
    held: list[Message] = []
    size = 0
    for message in messages:
        if held and not (_continues(held[0], message) and size + message.size_bytes <= JOINED_BYTES):
            out.extend(_joined(held))
            held, size = [], 0
        if message.channel == "iopub" and message.type == "stream" and len(message.frames) == 4:
            held.append(message)
            size += len(message.frames[3])
        else:
            out.append(message)
    out.extend(_joined(held))
    return out


def _continues(first: Message, message: Message) -> bool:
    return (
        message.channel == "iopub"
        and message.type == "stream"
        and message.run == first.run
        and len(message.frames) == 4
        and message.frames[2] == first.frames[2]
    )


def _joined(held: Sequence[Message]) -> list[Message]:
    """Held messages with one message for each stretch of one stream (stdout or stderr)."""
    if len(held) < 2:
        return list(held)
    out: list[Message] = []
    first, name = held[0], None
    texts: list[str] = []
    count = 0
    for message in held:
        content = _content(message)
        if content.get("name") != name:
            out += _one(first, name, texts, count)
            first, texts, name, count = message, [], content.get("name"), 0
        texts.append(str(content.get("text", "")))
        count += 1
    return out + _one(first, name, texts, count)


def _one(first: Message, name: object, texts: Sequence[str], count: int) -> list[Message]:
    if count == 0:
        return []
    if count == 1:
        return [first]
    content = json.dumps({"name": name, "text": fold_returns("".join(texts))}).encode()
    return [Message(first.channel, first.type, first.run, (*first.frames[:3], content), first.asked_by)]


def fold_returns(text: str) -> str:
    """Text that looks the same once printed, without the pieces that a later carriage return overwrites wholly.

    The first piece of a line stays: what stood on that line before is not known. Pieces that move the cursor or
    change colours (backspace, escape) stay, and so does what comes before them.
    """
    if "\r" not in text:
        return text
    return "\n".join(_fold_line(line) for line in text.split("\n"))


def _fold_line(line: str) -> str:
    first, *pieces = line.split("\r")
    kept: list[str] = []
    reach = -1
    for i in range(len(pieces) - 1, -1, -1):
        piece = pieces[i]
        if "\b" in piece or "\x1b" in piece:
            reach = -1
            kept.append(piece)
        elif i == len(pieces) - 1 or len(piece) > reach:
            kept.append(piece)
            reach = max(reach, len(piece))
    return "\r".join([first, *reversed(kept)])


def _content(message: Message) -> dict[str, object]:
    found = json.loads(bytes(message.frames[3]))
    return found if isinstance(found, dict) else {}
