"""Frames about runs are parsed into values that cannot be wrong in shape, or refused (SPEC 3.3, 3.5, 3.7)."""

from typing import Any

import pytest

from runhere_hub.core.errors import FrameInvalid
from runhere_hub.core.outputs import AppendOutput, Clear, UpdateDisplay
from runhere_hub.core.run_frames import (
    BadEvent,
    CopyHead,
    MoveHead,
    OutputsArrived,
    RunFrame,
    Started,
    StatusChanged,
    TakeOver,
    is_too_large,
    parse,
)

DIGEST = "0" * 64


def run_frame(event: Any, **changes: Any) -> dict[str, Any]:
    return {"type": "run", "run_id": "r1", "epoch": 1, "n": 0, "event": event, **changes}


def started(**changes: Any) -> dict[str, Any]:
    return {"type": "started", "cell_id": "c1", "source_digest": DIGEST, "runtime": None, "started_at": 5, **changes}


def stream(text: Any) -> dict[str, Any]:
    return {"op": "output", "output": {"output_type": "stream", "name": "stdout", "text": text}}


def display(data: Any) -> dict[str, Any]:
    return {"op": "output", "output": {"output_type": "display_data", "data": data, "metadata": {}}}


def parsed_event(event: Any) -> Any:
    frame = parse(run_frame(event))
    assert isinstance(frame, RunFrame)
    return frame.event


def test_3_3_events_are_parsed() -> None:
    runtime = {"kind": "local", "label": "laptop"}
    assert parsed_event(started(runtime=runtime)) == Started("c1", DIGEST, runtime, 5)
    assert parsed_event(started(started_at=None)) == Started("c1", DIGEST, None, None)
    status = {"status": "ok", "execution_count": 3, "finished_at": None}
    assert parsed_event({"type": "status", **status}) == StatusChanged(status)
    ops = [stream("a"), {"op": "clear", "wait": True}]
    assert parsed_event({"type": "outputs", "ops": ops}) == OutputsArrived(
        (AppendOutput(ops[0]["output"]), Clear(True))
    )
    update = {"op": "update_display", "display_id": "d", "data": {"text/plain": "x"}, "metadata": {}}
    assert parsed_event({"type": "outputs", "ops": [update]}) == OutputsArrived(
        (UpdateDisplay("d", {"text/plain": "x"}, {}),)
    )


def test_3_5_and_3_7_frames_are_parsed() -> None:
    assert parse({"type": "take_over", "run_id": "r1", "force": True}) == TakeOver("r1", True)
    assert parse({"type": "head", "cell_id": "c", "run_id": None}) == MoveHead("c", None)
    assert parse({"type": "head", "cell_id": "c", "run_id": "r"}) == MoveHead("c", "r")
    assert parse({"type": "head", "cell_id": "c", "copy_of": "r"}) == CopyHead("c", "r")
    event = {"type": "unknown"}
    assert parse(run_frame(event)) == RunFrame("r1", 1, 0, BadEvent("bad_event"), event)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "outputs"},
        {"type": "outputs", "ops": [{"op": "boom"}]},
        started(cell_id="no/slash"),
        started(cell_id=None),
        started(source_digest="short"),
        started(source_digest=None),
        started(started_at=-1),
        started(started_at=True),
        started(runtime={"kind": "local"}),
        started(runtime={"kind": "local", "label": "x", "url": "http://127.0.0.1:8888/?token=t"}),
        started(runtime={"kind": "local", "label": "x" * 201}),
        started(runtime={"kind": "x" * 201, "label": "x"}),
        started(runtime="http://127.0.0.1:8888"),
        {"type": "status", "status": "happy"},
        {"type": "status", "status": None},
        {"type": "status", "execution_count": "1"},
        {"type": "status", "finished_at": 2**53 + 1},
        {"type": "status", "writer": "me"},
    ],
)
def test_3_4_other_events_are_bad(event: Any) -> None:
    assert parsed_event(event) == BadEvent("bad_event")


@pytest.mark.parametrize(
    "frame",
    [
        run_frame({}, run_id="no spaces"),
        run_frame({}, run_id="x" * 129),
        run_frame({}, n=-1),
        run_frame({}, n=True),
        run_frame({}, epoch="1"),
        run_frame([]),
        {"type": "take_over", "run_id": "r1"},
        {"type": "take_over", "run_id": "r 1", "force": False},
        {"type": "head", "cell_id": "c"},
        {"type": "head", "cell_id": "c c", "run_id": None},
        {"type": "head", "cell_id": "c c", "copy_of": "r"},
        {"type": "run"},
        {},
    ],
)
def test_2_10_frames_of_another_shape_are_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(FrameInvalid, match="lacks members"):
        parse(frame)


def test_4_5_a_value_may_have_64_kib_of_json_text_and_no_more() -> None:
    limit = 64 * 1024
    assert [is_too_large("x" * (limit - 2)), is_too_large("x" * (limit - 1))] == [False, True]
    assert [is_too_large("\n" * (limit // 2 - 1)), is_too_large("\n" * (limit // 2))] == [False, True]
    assert [is_too_large("é" * (limit // 2 - 1)), is_too_large("é" * (limit // 2))] == [False, True]
    assert [is_too_large({"a": [1, 2]}), is_too_large({"a": ["x" * limit]})] == [False, True]
    assert not is_too_large(None)


LARGE = "x" * 70_000


@pytest.mark.parametrize(
    "op",
    [
        stream(LARGE),
        display({"image/png": LARGE}),
        {"op": "update_display", "display_id": "d", "data": {"text/html": LARGE}, "metadata": {}},
    ],
)
def test_3_4_larger_values_are_too_large(op: dict[str, Any]) -> None:
    assert parsed_event({"type": "outputs", "ops": [stream("a"), op]}) == BadEvent("too_large")


def test_4_5_a_blob_in_their_place_is_taken() -> None:
    blob = {"$blob": "0" * 64, "size_bytes": 70_000}
    assert isinstance(
        parsed_event({"type": "outputs", "ops": [stream(blob), display({"image/png": blob})]}), OutputsArrived
    )
