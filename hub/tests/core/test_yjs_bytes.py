"""The bytes of y-protocols, held to pycrdt's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text, create_sync_message, create_update_message, handle_sync_message

from runhere_hub.core.errors import FrameInvalid
from runhere_hub.core.yjs_bytes import (
    AwarenessMessage,
    Reader,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
    awareness,
    has_structs,
    inserting_clients,
    read_message,
    read_state_vector,
    sync_step1,
    sync_step2,
    sync_update,
    write_bytes,
    write_state_vector,
    write_uint,
)

uints = st.integers(min_value=0, max_value=2**53 - 1)


@given(uints)
def test_integers_come_back(value: int) -> None:
    reader = Reader(write_uint(value))
    assert reader.uint() == value
    assert reader.at_end


@given(st.text(), st.binary())
def test_texts_and_bytes_come_back(text: str, data: bytes) -> None:
    reader = Reader(write_bytes(text.encode()) + write_bytes(data))
    assert (reader.text(), reader.bytes(), reader.at_end) == (text, data, True)


@given(st.binary())
def test_2_2_messages_come_back(data: bytes) -> None:
    written = [sync_step1(data), sync_step2(data), sync_update(data), awareness(data)]
    assert [read_message(message) for message in written] == [
        SyncStep1(data),
        SyncStep2(data),
        SyncUpdate(data),
        AwarenessMessage(data),
    ]


def test_2_2_messages_are_those_of_y_protocols() -> None:
    doc: Doc[Any] = Doc()
    doc.get("t", type=Text).insert(0, "hello")
    assert create_sync_message(doc) == sync_step1(doc.get_state())
    assert create_update_message(doc.get_update()) == sync_update(doc.get_update())
    assert handle_sync_message(sync_step1(b"\x00")[1:], doc) == sync_step2(doc.get_update())


@given(st.dictionaries(uints, uints))
def test_state_vectors_come_back(clocks: dict[int, int]) -> None:
    assert read_state_vector(write_state_vector(clocks.items())) == clocks


def test_a_state_vector_is_read_as_yjs_writes_it() -> None:
    doc: Doc[Any] = Doc()
    doc.get("t", type=Text).insert(0, "hello")
    assert read_state_vector(doc.get_state()) == {doc.client_id: 5}


def test_an_update_that_only_deletes_has_no_structs() -> None:
    doc: Doc[Any] = Doc()
    text = doc.get("t", type=Text)
    seen: list[bytes] = []
    subscription = doc.observe(lambda event: seen.append(event.update))
    text.insert(0, "hello")
    del text[1:3]
    doc.unobserve(subscription)
    assert [has_structs(update) for update in seen] == [True, False]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00\x00",
        b"\x00\x00\x05abc",
        b"\x00\x03\x00",
        b"\x02\x00",
        b"\x01\x05ab",
        b"\x00\x02\x01aX",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ],
)
def test_2_2_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(FrameInvalid):
        read_message(data)


def test_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(FrameInvalid, match="UTF-8"):
        Reader(b"\x01\xff").text()


def test_whose_structs_an_update_brings_is_seen_at_a_glance() -> None:
    one: Doc[Any] = Doc()
    text = one.get("t", type=Text)
    text += "hello"
    first = one.get_update()
    other: Doc[Any] = Doc()
    other.apply_update(first)
    other_text = other.get("t", type=Text)
    other_text += " world"
    only_second = other.get_update(one.get_state())
    assert [inserting_clients(first), inserting_clients(only_second)] == [[one.client_id], [other.client_id]]
    assert inserting_clients(other.get_update()) is None
    assert inserting_clients(b"\x00\x00") == []
