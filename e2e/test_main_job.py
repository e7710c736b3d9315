"""The main job: open real notebooks, connect a real Jupyter that we did not write, run, save, reload, go on."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub, documented_flags, jupyter, wait_until
from steps import (
    connect,
    interrupt,
    open_notebook,
    output,
    ran,
    read,
    row,
    run_cell,
    saved,
    sign_in,
    source,
    type_source,
)

OWN = {
    "cells": [
        {
            "cell_type": "markdown",
            "id": "intro",
            "metadata": {},
            "source": ["# My own notebook\n", "It reads a file beside it."],
        },
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "read",
            "metadata": {},
            "outputs": [],
            "source": ["print(open('data.txt').read())"],
        },
        {"cell_type": "code", "execution_count": None, "id": "sum", "metadata": {}, "outputs": [], "source": ["1+1"]},
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def outputs_on_disk(file: Path, cell_id: str) -> list[dict[str, object]]:
    """Outputs of a cell as they stand in the file."""
    cells = json.loads(read(file))["cells"]
    return next(cell["outputs"] for cell in cells if cell.get("id") == cell_id)


def listen_to_hub(page: Page, hub: Hub, seen: list[str]) -> None:
    """Collect the URLs of every request and socket, and every text frame sent to the hub."""
    page.on("request", lambda request: seen.append(request.url))
    page.on(
        "request", lambda request: seen.append(request.post_data or "") if request.url.startswith(hub.origin) else None
    )

    def socket(opened: object) -> None:
        url = opened.url  # type: ignore[attr-defined]
        seen.append(url)
        if f":{hub.port}/" in url:
            opened.on("framesent", lambda frame: seen.append(frame if isinstance(frame, str) else ""))  # type: ignore[attr-defined]

    page.on("websocket", socket)


def test_connect_a_stock_notebook_run_save_reload(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    work = folder / "deep" / "er"
    work.mkdir(parents=True)
    (work / "data.txt").write_text("rain in March", encoding="utf-8")
    file = work / "Own.ipynb"
    file.write_text(json.dumps(OWN, indent=1) + "\n", encoding="utf-8")
    link = hub.start()
    page = new_context().new_page()
    traffic: list[str] = []
    listen_to_hub(page, hub, traffic)
    with jupyter("notebook", folder, *documented_flags(hub.origin)) as stock:
        sign_in(page, link)
        row(page, "deep").get_by_role("button", name="Expand deep").click()
        row(page, "er").get_by_role("button", name="Expand er").click()
        open_notebook(page, "Own")
        connect(page, stock.pasted)

        run_cell(page, 2)
        expect(output(page, 2)).to_contain_text("rain in March")  # the kernel started in the notebook's folder
        run_cell(page, 3)
        expect(output(page, 3)).to_contain_text("2")

        type_source(page, 3, "for n in range(3):\n    print('line', n)")
        run_cell(page, 3)
        expect(output(page, 3)).to_contain_text("line 2")
        saved(page)
        wait_until(lambda: "line 2" in json.dumps(outputs_on_disk(file, "sum")), what="outputs in the file on disk")

        type_source(page, 3, "import time\nwhile True: time.sleep(0.1)")
        run_cell(page, 3)
        interrupt(page, 3)
        expect(output(page, 3)).to_contain_text("KeyboardInterrupt")

        type_source(page, 3, "x = 41")
        run_cell(page, 3)
        ran(page, 3)
        page.reload()
        expect(page.get_by_role("button", name=re.compile("^Connected to "))).to_be_visible()
        expect(output(page, 2)).to_contain_text("rain in March")
        type_source(page, 3, "x + 1")
        run_cell(page, 3)
        expect(output(page, 3)).to_contain_text("42")  # the same kernel, with its variables

        page.get_by_role("menuitem", name="Runtime", exact=True).click()
        page.get_by_role("menuitem", name=re.compile("^Restart runtime")).first.click()
        page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()
        type_source(page, 3, "'x' in globals()")
        run_cell(page, 3)
        expect(output(page, 3)).to_contain_text("False")
        saved(page)
    heard = "\n".join(traffic)
    assert stock.token not in "\n".join(part for part in traffic if f":{hub.port}" in part)
    assert "execute_request" not in heard
    assert hub.program
    assert stock.token not in "\n".join(hub.program.lines)


def test_a_colab_notebook_opens_as_it_is_and_runs(
    hub: Hub, folder: Path, corpus: Path, new_context: Callable[..., BrowserContext]
) -> None:
    original = corpus / "colab" / "learning.ipynb"
    file = folder / "learning.ipynb"
    shutil.copy(original, file)
    file.chmod(0o644)
    link = hub.start()
    page = new_context().new_page()
    with jupyter("notebook", folder, *documented_flags(hub.origin)) as stock:
        sign_in(page, link)
        open_notebook(page, "learning")
        assert file.read_bytes() == original.read_bytes(), "opening writes nothing"
        connect(page, stock.pasted)
        first_code = page.get_by_role("group", name=re.compile(r"^Code cell \d+$")).first
        name = first_code.get_attribute("aria-label") or ""
        position = int(name.split()[-1])
        # A form, as Colab hides it. Whoever writes in it shows its code first.
        first_code.get_by_role("button", name="Configure Gemini API key Show code").click()
        type_source(page, position, "print('ran ' + 'here')")
        run_cell(page, position)
        expect(output(page, position)).to_contain_text("ran here")
        saved(page)
        wait_until(lambda: "ran here" in read(file), what="the output in the file")
        before, after = json.loads(read(original)), json.loads(read(file))
        assert after["metadata"] == before["metadata"]
        assert before["cells"][position - 1]["metadata"].pop("cellView") == "form"
        assert [cell["metadata"] for cell in after["cells"]] == [cell["metadata"] for cell in before["cells"]]
        changed = [
            index for index, (old, new) in enumerate(zip(before["cells"], after["cells"], strict=True)) if old != new
        ]
        assert changed == [position - 1]


def test_source_is_what_the_file_says(hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]) -> None:
    (folder / "Own.ipynb").write_text(json.dumps(OWN, indent=1), encoding="utf-8")
    link = hub.start()
    page = new_context().new_page()
    sign_in(page, link)
    open_notebook(page, "Own")
    expect(source(page, 3)).to_have_text("1+1")
