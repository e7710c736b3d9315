"""Two browsers run one cell at once, each on its own kernel: both runs are kept, one click away from each other."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect
from servers import Jupyter
from stage import Stage
from steps import connect, output, ran, run_cell

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

SLOW = """import os, time
print(f'kernel {{os.getpid()}}.', flush=True)
while not os.path.exists({both!r}): time.sleep(0.05)
print('done', os.getpid())"""


def kernel_of(page: Page) -> str:
    """The process that runs the first cell, as it told."""
    told = re.compile(r"kernel (\d+)\.")
    expect(output(page, 1)).to_contain_text(told)
    return told.findall(output(page, 1).inner_text())[0]


def test_both_runs_are_kept_and_the_later_start_is_shown(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name, both = unique("Race"), unique("both run")
    stage.put(name, SLOW.format(both=both))
    one, two = stage.open(person(), name), stage.open(person(), name)
    connect(one, stock.pasted)
    connect(two, stock.pasted)
    run_cell(one, 1)
    first = kernel_of(one)
    run_cell(two, 1)
    expect(output(two, 1)).not_to_contain_text(first)
    second = kernel_of(two)
    (stock.root / both).touch()  # neither ended before the other had begun
    ran(two, 1)
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
