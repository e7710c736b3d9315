"""Presence: each page for itself, in the right shape, within 4 KiB (SPEC 2.8)."""

import json
from typing import Any

import pytest
from pycrdt import Awareness, Doc

from runhere_hub.core import presence
from runhere_hub.core.errors import FrameInvalid
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.core.presence import Entry

ADA = PersonId("a" * 32)
PERSON = Person(ADA, "Ada", "#336699")


def state(**changes: Any) -> str:
    """A proper state of Ada's, with changes."""
    person = {"id": ADA, "name": "Ada", "color": "#336699"}
    return json.dumps({"person": person, "cursor": None, "runtime": None, **changes})


GOOD = [
    state(),
    state(cursor={"cell": "c1", "anchor": 0, "head": 5}, runtime={"label": "Ada's laptop"}),
    json.dumps({"person": {"id": ADA, "name": "Ada", "color": "#336699"}}),
    "null",
]
BAD = [
    state(secret=1),
    state(person={"id": "b" * 32, "name": "Ada", "color": "#336699"}),
    state(person={"id": ADA, "name": "Ada", "color": "#336699", "mail": "x"}),
    state(person={"id": ADA, "name": "Olga", "color": "#336699"}),
    state(person={"id": ADA, "name": "Ada", "color": "#993333"}),
    state(person={"id": ADA, "name": "Ada"}),
    state(person=None),
    state(cursor={"cell": "c1", "anchor": 0}),
    state(cursor={"cell": "c1", "anchor": True, "head": 1}),
    state(cursor={"cell": "c1", "anchor": 1, "head": True}),
    state(cursor={"cell": "c1", "anchor": 0, "head": 1, "text": "stolen"}),
    state(runtime={"label": "x", "token": "t"}),
    state(runtime={"label": "x" * 201}),
    state(runtime="http://127.0.0.1:8888/?token=t"),
    state(cursor={"cell": "c" * 5000, "anchor": 0, "head": 0}),
    "[1]",
    "{",
    "[" * 3000,
]


@pytest.mark.parametrize("text", GOOD)
def test_2_8_a_state_of_the_right_shape_passes(text: str) -> None:
    assert presence.is_allowed(text, PERSON)
    after, told = presence.admit({}, [Entry(7, 1, text)], client_id=7, person=PERSON)
    assert told == (Entry(7, 1, text),)
    assert after == ({} if text == "null" else {7: Entry(7, 1, text)})


@pytest.mark.parametrize("text", BAD)
def test_2_8_any_other_state_is_dropped(text: str) -> None:
    known = {7: Entry(7, 1, state())}
    assert presence.admit(known, [Entry(7, 2, text)], client_id=7, person=PERSON) == (known, ())


def test_2_8_a_page_speaks_for_itself_only() -> None:
    entries = [Entry(8, 9, state()), Entry(7, 2, state())]
    assert presence.admit({}, entries, client_id=7, person=PERSON) == ({7: entries[1]}, (entries[1],))


@pytest.mark.parametrize(
    ("clock", "text", "is_news"), [(4, "", False), (5, "", False), (6, "", True), (5, "null", True)]
)
def test_only_newer_states_count(clock: int, text: str, is_news: bool) -> None:
    entry = Entry(7, clock, text or state())
    _, told = presence.admit({7: Entry(7, 5, state())}, [entry], client_id=7, person=PERSON)
    assert told == ((entry,) if is_news else ())


def test_who_leaves_is_gone_for_the_others() -> None:
    known = {7: Entry(7, 5, state()), 8: Entry(8, 1, state())}
    assert presence.depart(known, 7) == ({8: known[8]}, (Entry(7, 6, "null"),))
    assert presence.depart(known, 9) == (known, ())


def test_entries_are_those_of_y_protocols() -> None:
    awareness = Awareness(Doc())
    awareness.set_local_state({"person": {"id": ADA}})
    payload = awareness.encode_awareness_update([awareness.client_id])
    entries = presence.read(payload)
    assert [(entry.client_id, json.loads(entry.state)) for entry in entries] == [
        (awareness.client_id, {"person": {"id": ADA}})
    ]
    assert presence.write(entries) == payload


def test_bytes_that_are_no_entries_are_refused() -> None:
    with pytest.raises(FrameInvalid):
        presence.read(b"\x02\x01\x01\x04null")


def test_presence_of_another_process_is_folded_in_when_it_is_news() -> None:
    known = {7: Entry(7, 5, state()), 8: Entry(8, 1, state())}
    told = [Entry(7, 4, state()), Entry(8, 2, "null"), Entry(9, 1, state())]
    assert presence.merge(known, told) == ({7: known[7], 9: told[2]}, (told[1], told[2]))


def test_news_of_several_are_one_payload_or_as_few_as_the_limit_allows() -> None:
    entries = [Entry(client, 1, state()) for client in range(7)]
    one = len(presence.write(entries[:1]))
    assert presence.payloads([], limit=100) == ()
    assert presence.payloads(entries, limit=7 * one) == (presence.write(entries),)
    assert presence.payloads(entries, limit=3 * one) == tuple(
        presence.write(part) for part in (entries[:3], entries[3:6], entries[6:])
    )
    assert presence.payloads(entries[:2], limit=one - 1) == (presence.write(entries[:1]), presence.write(entries[1:2]))


@pytest.mark.parametrize(
    ("told_at", "now", "rest"),
    [(None, 1_000, 0), (1_000, 1_000, 40), (1_000, 1_015, 25), (1_000, 1_040, 0), (1_000, 9_000, 0), (1_000, 999, 0)],
)
def test_news_rest_until_they_are_far_enough_from_the_last(told_at: int | None, now: int, rest: int) -> None:
    assert presence.rest_ms(told_at, now, apart_ms=40) == rest
