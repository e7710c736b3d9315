"""A runtime in a container: it is let know of the hub by the line that the page shows, and its files outlive it."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from containers import Containers, build_image, published_here, why_not
from playwright.sync_api import BrowserContext, expect
from servers import Hub, wait_until
from steps import connect_dialog, connected, opened, output, run_cell, try_to_connect

from runhere_hub.testing.ports import free_port

SKIP = why_not()
CELLS = [
    "import pandas as pd\npd.DataFrame({'rain': [3, 4]}).to_csv('rain.csv', index=False)",
    "print('sum', pd.read_csv('rain.csv')['rain'].sum())",
]
NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "execution_count": None, "id": f"c{at}", "metadata": {}, "outputs": [], "source": source}
        for at, source in enumerate(CELLS)
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.mark.timeout(900)
@pytest.mark.skipif(SKIP is not None, reason=str(SKIP))
@pytest.mark.parametrize("browser_name", ["chromium"])
def test_a_notebook_runs_in_the_container_that_learnt_of_the_hub_and_its_files_survive(
    hub: Hub, folder: Path, tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    image = build_image()
    containers = Containers(f"rhe{os.getpid() % 30000}")
    work = tmp_path / "volume"
    work.mkdir()
    work.chmod(0o777)  # for the user inside
    (folder / "Rain.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    port = free_port()
    try:
        public = f"RUNHERE_PUBLIC_URL=http://127.0.0.1:{port}"
        words = ("-p", "127.0.0.1:9000:8080", "-v", f"{work}:/home/runhere/work", "-e", public)
        container = containers.run(*words, image)
        printed = wait_until(lambda: containers.logs(container).strip(), limit_s=90, what="the URL")
        with published_here(containers.inside, 9000, port, tmp_path):
            page = opened(new_context(), hub.start(), "Rain")
            dialog = try_to_connect(page, printed)
            expect(dialog).to_contain_text("The runtime does not know this hub")
            line = dialog.get_by_text(re.compile("^runhere-runtime allow ")).inner_text()
            assert line == f"runhere-runtime allow {hub.origin}"
            assert containers.within(container, *line.split()).returncode == 0
            connect_dialog(page).get_by_role("button", name="Connect", exact=True).click()
            connected(page)
            run_cell(page, 1)
            run_cell(page, 2)
            expect(output(page, 2)).to_contain_text("sum 7")
        containers.stop(container)
    finally:
        containers.close()
    assert (work / "rain.csv").read_text() == "rain\n3\n4\n"
