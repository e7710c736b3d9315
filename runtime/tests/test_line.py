"""Which of the runs that pages handed in is with the kernel, and which can still be taken back."""

import json

import pytest

from runhere_runtime.channels.line import Line, Request, read_request

pytestmark = pytest.mark.fast


def run(msg_id: str, **content: object) -> Request:
    header = {"msg_id": msg_id, "msg_type": "execute_request"}
    return read_request(msg_id, [json.dumps(part).encode() for part in (header, {}, {}, {"code": "", **content})])


def question(msg_id: str) -> Request:
    return read_request(msg_id, [b'{"msg_type":"kernel_info_request"}', b"{}", b"{}", b"{}"])


def test_7_13_one_run_is_with_the_kernel_and_others_keep_their_place() -> None:
    line, one, two, asked, three = Line(), run("1"), run("2"), question("q"), run("3")
    assert line.add(question("before")) == [question("before")]
    assert line.add(one) == [one]
    assert [line.add(two), line.add(asked), line.add(three)] == [[], [], []]
    assert line.over("2", failed=False) == ([], [])
    assert line.over("1", failed=False) == ([], [two, asked])
    assert line.over("2", failed=False) == ([], [three])
    assert line.over("3", failed=False) == ([], [])


def test_7_13_only_what_waits_can_be_withdrawn() -> None:
    line, one, two, three = Line(), run("1"), run("2"), run("3")
    for request in (one, two, question("q"), three):
        line.add(request)
    assert [line.withdraw(name) for name in ("1", "q", "never", "2", "2")] == [None, None, None, two, None]
    assert line.over("1", failed=False) == ([], [question("q"), three])


@pytest.mark.parametrize(
    ("content", "ends"), [({}, True), ({"stop_on_error": False}, False), ({"silent": True}, False)]
)
def test_7_13_a_failure_gives_up_the_runs_behind_it_unless_told_otherwise(
    content: dict[str, object], ends: bool
) -> None:
    line, two = Line(), run("2")
    line.add(run("1", **content))
    line.add(two)
    line.add(question("q"))
    assert line.over("1", failed=True) == (([two], [question("q")]) if ends else ([], [two, question("q")]))


def test_7_13_the_end_of_the_process_gives_up_all_and_the_next_run_goes_straight_on() -> None:
    line, two, three = Line(), run("2"), run("3")
    for request in (run("1"), two, question("q")):
        line.add(request)
    assert line.clear() == [two]
    assert line.add(three) == [three]


def test_what_is_no_readable_run_is_passed_on_as_it_is() -> None:
    for parts in (
        [b"", b"", b"", b""],
        [b"[]", b"{}", b"{}", b"{}"],
        [b'{"msg_type":"execute_request"}', b"", b"", b"["],
    ):
        assert read_request("x", parts) == Request("x", parts, is_run=False, stops_others=False)
