"""Resources and variables of the runtime (issue 5), as a person uses them."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import Jupyter
from stage import Stage
from steps import connect, interrupt, ran, run_cell

SETUP = """import numpy as np
import pandas as pd
rain = pd.DataFrame({"day": range(120), "mm": [0.5] * 120})
nested = [1, {"key": ["deep"]}]
def add(a, b): return a + b"""
LONG = "import time\nduring = 3\nwhile True: time.sleep(0.1)"


def choose_panel(page: Page, name: str) -> Locator:
    """View ▸ the panel. The panel."""
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitemcheckbox", name=name).click()
    return page.get_by_role("region", name=name, exact=True)


def test_variables_are_told_also_while_a_cell_runs_and_opened_and_resources_are_shown(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("machine")
    stage.put(name, SETUP, LONG)
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    panel = choose_panel(page, "Variables")
    expect(panel.get_by_text("No variables yet.")).to_be_visible()
    run_cell(page, 1)
    ran(page, 1)
    listed = panel.get_by_role("list", name="Variables")
    expect(listed.get_by_role("button", name=re.compile(r"^rain.*DataFrame · 120 × 2"))).to_be_visible()
    expect(listed.get_by_text("add", exact=True)).to_have_count(0)
    panel.get_by_text("Modules, functions and classes").click()
    expect(listed.get_by_text("add", exact=True)).to_be_visible()

    listed.get_by_role("button", name=re.compile("^nested")).click()
    listed.get_by_role("button", name=re.compile("^1 ?dict")).click()
    expect(listed.get_by_role("button", name=re.compile("^'key'"))).to_be_visible()

    listed.get_by_role("button", name=re.compile("^rain")).click()
    table = page.get_by_role("dialog", name="rain")
    expect(table.get_by_text("Rows 1–50 of 120")).to_be_visible()
    table.get_by_role("button", name="Next rows").click()
    expect(table.get_by_text("Rows 51–100 of 120")).to_be_visible()
    expect(table.get_by_role("rowheader", name="50", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(table).to_have_count(0)

    run_cell(page, 2)
    expect(listed.get_by_text("during", exact=True)).to_be_visible()
    interrupt(page, 2)

    panel = choose_panel(page, "Resources")
    expect(panel.get_by_role("region", name="Memory")).to_contain_text(" used")
    expect(panel.get_by_role("row", name=re.compile("^This notebook"))).to_be_visible()
    expect(panel.get_by_text("when the companion")).to_be_visible()
    meter = page.get_by_role("button", name=re.compile("^Resources: "))
    meter.click()
    expect(panel).to_have_count(0)
