"""What the tests of one file share: a running hub, and the notebooks that they put there."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, StorageState, expect
from servers import Hub
from steps import open_notebook


def notebook(*sources: str) -> str:
    """A notebook file of code cells with the ids c1, c2 …"""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for number, source in enumerate(sources, 1)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


@dataclass
class Stage:
    """A hub that runs, the folder it is bound to, and who is signed in."""

    hub: Hub
    link: str | None = None
    signed_in: dict[str, StorageState] = field(default_factory=dict)

    def next_link(self) -> str:
        """A login link that nobody has used."""
        link, self.link = self.link, None
        return link or self.hub.login_link()

    def put(self, name: str, *sources: str) -> Path:
        """A notebook file in the folder."""
        path = self.hub.folder / f"{name}.ipynb"
        path.write_text(notebook(*sources), encoding="utf-8")
        return path

    def home(self, context: BrowserContext) -> Page:
        """A new tab with Home."""
        page = context.new_page()
        page.goto(self.hub.origin)
        expect(page.get_by_role("button", name="New notebook")).to_be_visible()
        return page

    def open(self, context: BrowserContext, name: str) -> Page:
        """A new tab with the notebook."""
        page = self.home(context)
        open_notebook(page, name)
        return page

    def on_disk(self, name: str, position: int) -> str:
        """What the file holds as printed text of a cell, positions from 1."""
        cells = json.loads((self.hub.folder / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        return "".join("".join(output.get("text", [])) for output in cells[position - 1]["outputs"])
