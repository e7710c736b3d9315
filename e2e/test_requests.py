"""What running code asks of the page: secrets, files, the notebook itself; unknown questions are answered at once."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub
from steps import connected, opened, output, ran, run_cell

CELLS = [
    "from runhere import userdata; print('got', userdata.get('API_KEY'))",
    "from runhere import files; print(sorted(files.upload()))",
    "open('out.txt', 'w').write('rain'); files.download('out.txt'); print('handed over')",
    "import runhere; print(len(runhere.ask('get_ipynb', '')['ipynb']['cells']))",
    "runhere.ask('nonsense', None)",
]


def notebook() -> str:
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{at}", "metadata": {}, "outputs": [], "source": source}
        for at, source in enumerate(CELLS)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def answer(page: Page, title: str, button: str) -> None:
    page.get_by_role("dialog", name=title).get_by_role("button", name=button, exact=True).click()


def test_code_asks_the_person_and_never_waits_for_nothing(
    hub: Hub, folder: Path, tmp_path: Path, new_context: Callable[..., BrowserContext], browser_name: str
) -> None:
    (folder / "Asks.ipynb").write_text(notebook(), encoding="utf-8")
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("a\n1\n", encoding="utf-8")
    hub.words = ()  # with the runtime beside it
    page = opened(new_context(accept_downloads=True), hub.start(), "Asks")
    connected(page)

    run_cell(page, 1)
    secret = page.get_by_role("dialog", name="This notebook asks for a secret")
    secret.get_by_label("Value of API_KEY").fill("s3cret")
    answer(page, "This notebook asks for a secret", "Give it")
    expect(output(page, 1)).to_contain_text("got s3cret")
    run_cell(page, 1)  # allowed from now on
    ran(page, 1)
    expect(secret).to_be_hidden()

    run_cell(page, 2)
    page.get_by_label("Choose files").set_input_files(chosen)
    answer(page, "This notebook asks for files", "Send")
    expect(output(page, 2)).to_contain_text("['chosen.csv']")
    assert (folder / "chosen.csv").read_text() == "a\n1\n"

    run_cell(page, 3)
    if browser_name == "chromium":
        with page.expect_download() as handed:
            answer(page, "This notebook hands you a file", "Download")
        assert Path(handed.value.path()).read_text() == "rain"
    else:  # Firefox does not tell its driver of a download that the page made itself
        answer(page, "This notebook hands you a file", "Download")
    expect(output(page, 3)).to_contain_text("handed over")

    run_cell(page, 4)
    expect(output(page, 4)).to_contain_text(str(len(CELLS)))
    run_cell(page, 5)
    expect(output(page, 5)).to_contain_text("This page does not know the request nonsense.")

    run_cell(page, 3)
    answer(page, "This notebook hands you a file", "Do not download")
    expect(output(page, 3)).to_contain_text("The download of out.txt was refused.")
