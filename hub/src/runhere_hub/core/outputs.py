"""How output operations fold into the outputs of one run (SPEC section 4).

Pure and total for operations that `parse_ops` let through. The TypeScript twin is `frontend/src/core/outputs.ts`; both
are held to `protocol/examples/outputs/*.json`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from runhere_hub.core import stream_text
from runhere_hub.core.errors import OutputsInvalid
from runhere_hub.core.notebook import Json, Output

RUNHERE_KEY = "runhere"
DISPLAY_ID_KEY = "display_id"


@dataclass(frozen=True)
class AppendOutput:
    """A new output arrives behind the others (streams of one name merge)."""

    output: Output


@dataclass(frozen=True)
class Clear:
    """All outputs go: now, or (`wait`) when the next one arrives."""

    wait: bool


@dataclass(frozen=True)
class UpdateDisplay:
    """Data and metadata of every output shown under this id are replaced."""

    display_id: str
    data: Mapping[str, Json]
    metadata: Mapping[str, Json]


OutputOp: TypeAlias = AppendOutput | Clear | UpdateDisplay


@dataclass(frozen=True)
class Folded:
    """Outputs of one run, in order, and whether the next one clears them first."""

    outputs: tuple[Output, ...] = ()
    clear_pending: bool = False


def fold(state: Folded, ops: Iterable[OutputOp]) -> Folded:
    """The outputs after `ops`. Folding them one by one or all at once gives the same."""
    for op in ops:
        state = _fold_one(state, op)
    return state


def _fold_one(state: Folded, op: OutputOp) -> Folded:
    match op:
        case AppendOutput(output):
            before = () if state.clear_pending else state.outputs
            return Folded(_append(before, normalise(output)))
        case Clear(wait):
            return replace(state, clear_pending=True) if wait else Folded()
        case UpdateDisplay():
            return replace(state, outputs=update_display(state.outputs, op))
        case _:
            assert_never(op)


def _append(outputs: tuple[Output, ...], new: Output) -> tuple[Output, ...]:
    text = new.get("text")
    if new["output_type"] != "stream" or not isinstance(text, str):
        return (*outputs, new)
    last = outputs[-1] if outputs else None
    if last is not None and last["output_type"] == "stream" and last.get("name") == new.get("name"):
        shown = last.get("text")
        if isinstance(shown, str):  # a blob is never merged into
            return (*outputs[:-1], {**last, "text": stream_text.fold(shown, text)})
    return (*outputs, {**new, "text": stream_text.fold("", text)})


def update_display(outputs: Sequence[Output], op: UpdateDisplay) -> tuple[Output, ...]:
    """These outputs after the update; those under another id, or none, are the same objects as before.

    The room calls it for every head run of the notebook (SPEC 4.4).
    """
    return tuple(_updated(output, op) if display_id(output) == op.display_id else output for output in outputs)


def _updated(output: Output, op: UpdateDisplay) -> Output:
    ours: dict[str, Json] = {DISPLAY_ID_KEY: op.display_id}
    metadata: dict[str, Json] = {**op.metadata, RUNHERE_KEY: ours}
    return {**output, "data": join_bundle(op.data), "metadata": metadata}


def display_id(output: Output) -> str | None:
    """The display id of a live output, or None."""
    metadata = output.get("metadata")
    ours = metadata.get(RUNHERE_KEY) if isinstance(metadata, dict) else None
    found = ours.get(DISPLAY_ID_KEY) if isinstance(ours, dict) else None
    return found if isinstance(found, str) else None


def for_file(output: Output) -> Output:
    """The output as a file holds it: without our display id (SPEC 4.1)."""
    metadata = output.get("metadata")
    ours = metadata.get(RUNHERE_KEY) if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(ours, dict) or DISPLAY_ID_KEY not in ours:
        return output
    rest = {key: value for key, value in ours.items() if key != DISPLAY_ID_KEY}
    kept: dict[str, Json] = {key: value for key, value in metadata.items() if key != RUNHERE_KEY}
    return {**output, "metadata": {**kept, RUNHERE_KEY: rest} if rest else kept}


_JSON_MIME = re.compile(r"application/(.*\+)?json\Z")


def is_json_mime(mime: str) -> bool:
    """Whether values of this MIME type are JSON, not text."""
    return _JSON_MIME.match(mime) is not None


def join_bundle(bundle: Mapping[str, Json]) -> dict[str, Json]:
    """A MIME bundle whose multi-line strings (lists of strings) are joined; JSON types keep their lists.

    Source: nbformat v4 `rwbase.rejoin_lines`.
    """
    return {mime: value if is_json_mime(mime) else join_lines(value) for mime, value in bundle.items()}


def join_lines(value: Json) -> Json:
    """A "multiline string" of nbformat: a list of strings is their concatenation, anything else is itself."""
    if not isinstance(value, list):
        return value
    try:
        return "".join(value)  # type: ignore[arg-type]  # what is no list of strings is found by join itself
    except TypeError:
        return value


def normalise(output: Output) -> Output:
    """The same output with multi-line strings joined, and the `metadata` and `execution_count` nbformat wants."""
    made: dict[str, Json] = dict(output)
    if made.get("output_type") == "stream":
        made["text"] = join_lines(made.get("text", ""))
    if made.get("output_type") in ("display_data", "execute_result"):
        data, metadata = made.get("data"), made.get("metadata")
        made["data"] = join_bundle(data) if isinstance(data, dict) else {}
        made["metadata"] = metadata if isinstance(metadata, dict) else {}
    if made.get("output_type") == "execute_result":
        made.setdefault("execution_count", None)
    return made


def parse_ops(value: object) -> tuple[OutputOp, ...]:
    """Operations from the JSON of an `outputs` event (SPEC 4.2).

    Raises:
        OutputsInvalid: Some operation is none of ours; nothing of them may be folded.
    """
    if not isinstance(value, list):
        raise OutputsInvalid("Output operations must be a list.")
    return tuple(_parse_op(op) for op in value)


def _parse_op(op: object) -> OutputOp:
    match op:
        case {"op": "output", "output": dict() as output}:
            return AppendOutput(_parse_output(output))
        case {"op": "clear", "wait": bool() as wait}:
            return Clear(wait)
        case {
            "op": "update_display",
            "display_id": str() as shown_as,
            "data": dict() as data,
            "metadata": dict() as metadata,
        }:
            return UpdateDisplay(shown_as, data, metadata)
        case _:
            raise OutputsInvalid(f"Unknown output operation: {_short(op)}.")


def _parse_output(output: dict[str, Json]) -> Output:
    match output:
        case {"output_type": "stream", "name": str(), "text": str() | {"$blob": str()}}:
            return output
        case {"output_type": "display_data" | "execute_result", "data": dict(), "metadata": dict()}:
            return output
        case {"output_type": "error", "ename": str(), "evalue": str(), "traceback": list() as traceback} if all(
            isinstance(line, str) for line in traceback
        ):
            return output
        case _:
            raise OutputsInvalid(f"Not an nbformat 4.5 output: {_short(output)}.")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
