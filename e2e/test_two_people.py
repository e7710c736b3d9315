"""Two browsers run one cell at once, each on its own kernel: both runs are kept, one click away from each other."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect
from servers import Jupyter
from stage import Stage
from steps import connect, output, ran, run_cell

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

SLOW = "import os, time\nprint('kernel', os.getpid(), flush=True)\ntime.sleep(3)\nprint('done', os.getpid())"


def test_both_runs_are_kept_and_the_later_start_is_shown(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]
) -> None:
    stage.put("Race", SLOW)
    one, two = stage.open(person(), "Race"), stage.open(person(), "Race")
    connect(one, stock.pasted)
    connect(two, stock.pasted)
    run_cell(one, 1)
    expect(output(one, 1)).to_contain_text("kernel")
    first = output(one, 1).inner_text().split()[1]
    run_cell(two, 1)
    expect(output(two, 1)).to_contain_text("kernel")
    expect(output(two, 1)).not_to_contain_text(first)
    ran(two, 1)
    second = output(two, 1).inner_text().split()[1]
    assert first != second
    for page in (one, two):
        expect(output(page, 1)).to_contain_text(f"done {second}")
    # The other run went on to its end, and can be shown; then this one can.
    expect(one.get_by_text("ran this cell at the same time")).to_be_visible()
    one.get_by_role("button", name="Show that run").click()
    for page in (one, two):
        expect(output(page, 1)).to_contain_text(f"done {first}")
        expect(output(page, 1)).not_to_contain_text(second)
    two.get_by_role("button", name="Show that run").click()
    expect(output(one, 1)).to_contain_text(f"done {second}")
