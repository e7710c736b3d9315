"""How often something may fail."""

import pytest

from runhere_hub.core.throttle import Throttle


@pytest.mark.fast
def test_failures_within_the_window_make_the_next_try_wait() -> None:
    state = Throttle(most=2, window_ms=1000)
    assert state.wait_ms(0) == 0
    state = state.failed(0)
    assert state.wait_ms(10) == 0
    state = state.failed(400)
    assert state.wait_ms(400) == 600
    assert state.wait_ms(999) == 1
    assert state.wait_ms(1000) == 0


@pytest.mark.fast
def test_only_as_many_failures_are_kept_as_count() -> None:
    state = Throttle(most=3, window_ms=1000)
    for at in range(100):
        state = state.failed(at)
    assert state.failures == (97, 98, 99)


@pytest.mark.fast
def test_what_was_no_failure_is_taken_back_and_nothing_else() -> None:
    state = Throttle(most=2, window_ms=1000).failed(1).failed(1)
    assert state.forgiven(1).failures == (1,)
    assert state.forgiven(2) == state


@pytest.mark.fast
def test_a_clock_that_was_set_back_keeps_nobody_out() -> None:
    state = Throttle(most=2, window_ms=1000).failed(5_000).failed(5_000)
    assert state.wait_ms(5_000) == 1000
    assert state.wait_ms(4_999) == 0
    assert state.failed(1_000).failed(1_001).wait_ms(1_001) == 999
