"""Presence goes out together: at once after a pause, then each page's last word, never later than one pause."""

import json
from collections.abc import Callable

from runhere_hub.core.bus import MAX_PRESENCE_BYTES
from runhere_hub.core.presence import Entry, read, write
from runhere_hub.rooms.who_is_here import Telling, WhoIsHere
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.small_hub import ADA

APART_MS = 40


def state(offset: int = 0, cell: str = "c1") -> str:
    """Ada's, with a cursor."""
    person = {"id": ADA.id, "name": ADA.name, "color": ADA.color}
    return json.dumps({"person": person, "cursor": {"cell": cell, "anchor": offset, "head": offset}, "runtime": None})


class Line:
    """Presence with a clock and a timer in the test's hand; `told` is what pages were told, and who had said it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.told: list[tuple[tuple[Entry, ...], frozenset[str]]] = []
        self.elsewhere: list[bytes] = []
        how = Telling(self.elsewhere.append, lambda seconds, then: self.timers.append((seconds, then)), APART_MS)
        self.here = WhoIsHere(
            how, clock=self.clock, tell=lambda payload, said_by: self.told.append((read(payload), said_by))
        )

    def say(self, client: int, clock: int, text: str | None = None) -> Entry:
        """A page says something of itself."""
        entry = Entry(client, clock, text or state(clock))
        self.here.say(write([entry]), f"session {client}", client, ADA)
        return entry

    def ring(self) -> None:
        """The one timer goes off, when it should."""
        [(seconds, then)] = self.timers
        self.timers.clear()
        self.clock.advance(ms=round(seconds * 1000))
        then()


def test_the_first_news_after_a_pause_is_told_at_once() -> None:
    line = Line()
    first = line.say(1, 1)
    line.clock.advance(ms=APART_MS)
    second = line.say(1, 2)
    assert line.told == [((first,), {"session 1"}), ((second,), {"session 1"})]
    assert line.timers == []


def test_what_comes_soon_after_goes_out_together_one_pause_later_and_of_each_its_last_word() -> None:
    line = Line()
    line.say(1, 1)
    line.clock.advance(ms=10)
    line.say(2, 1)
    line.say(1, 2)
    last = line.say(1, 3), line.say(2, 2)
    assert len(line.told) == 1
    assert [seconds for seconds, _ in line.timers] == [0.03]
    line.ring()
    assert line.told[1:] == [((last[1], last[0]), {"session 1", "session 2"})]
    assert line.elsewhere[1:] == [write([last[1], last[0]])]
    line.clock.advance(ms=APART_MS - 1)
    line.say(1, 4)
    assert [seconds for seconds, _ in line.timers] == [0.001]


def test_who_comes_in_is_told_of_what_the_others_are_not_told_yet() -> None:
    line = Line()
    line.say(1, 1)
    newer = line.say(1, 2)
    assert line.here.everybody() == (newer,)


def test_a_page_that_goes_takes_its_untold_word_with_it() -> None:
    line = Line()
    line.say(1, 1)
    line.say(2, 1)
    line.here.leave("session 2", 2)
    line.ring()
    assert line.told[1][0] == (Entry(2, 2, "null"),)
    assert [entry.client_id for entry in line.here.everybody()] == [1]


def test_when_nobody_stays_it_is_told_now_and_the_timer_finds_nothing() -> None:
    line = Line()
    line.say(1, 1)
    line.here.leave("session 1", 1)
    line.here.tell_now()
    assert read(line.elsewhere[-1]) == (Entry(1, 2, "null"),)
    line.ring()
    assert len(line.elsewhere) == 2


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    line = Line()
    line.say(1, 1)
    line.clock.advance(s=-3600)
    line.say(1, 2)
    assert len(line.told) == 2


def test_much_that_gathered_fits_between_hub_processes() -> None:
    line = Line()
    line.say(1, 1)
    for client in range(2, 6):
        line.say(client, 1, state(cell="c" * 2_000))
    line.ring()
    assert [len(read(payload)) for payload in line.elsewhere] == [1, 2, 2]
    assert all(len(payload) <= MAX_PRESENCE_BYTES for payload in line.elsewhere)
