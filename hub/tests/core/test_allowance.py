"""How much work one person may ask for."""

import pytest

from runhere_hub.core.allowance import Allowance

pytestmark = pytest.mark.fast
FULL = Allowance(most_ms=1_000, per_s_ms=100, left_ms=1_000, at=0)


def test_what_was_spent_comes_back_with_time_and_no_more_than_that() -> None:
    spent = FULL.spent(900, 0)
    assert spent.wait_ms(50, 0) == 0
    assert spent.wait_ms(200, 0) == 1_000
    assert spent.wait_ms(200, 1_000) == 0
    assert spent.now(1_000_000).left_ms == 1_000


def test_work_that_took_longer_than_was_left_is_waited_for() -> None:
    assert FULL.spent(3_000, 0).wait_ms(50, 0) == 20_500


def test_a_clock_that_went_back_gives_nothing_and_takes_nothing() -> None:
    assert FULL.spent(500, 10).now(0).left_ms == 500
