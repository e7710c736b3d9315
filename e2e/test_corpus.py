"""Every real notebook that can be opened, opened: no script error, no violation of the policy, nothing written."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Complaints
from playwright.sync_api import Browser, Page, expect
from servers import Hub
from steps import sign_in

# Format 3 and 2 are upgraded on request only, and two files are invalid on purpose: test_files.py has them.
NOT_AS_IS = {
    "invalid.ipynb",
    "no_min_version.ipynb",
    "test2.ipynb",
    "test3.ipynb",
    "test3_worksheet_with_no_cells.ipynb",
}
OPEN = """async ([folder, path]) => (await fetch('/api/v1/notebooks/open', { method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ folder_id: folder, path, accept: 'as_is' }) })).json()"""


@pytest.fixture
def page(browsers: Callable[[str], Browser], complaints: Complaints) -> Iterator[Page]:
    context = browsers("chromium").new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    context.on("page", complaints.listen)
    yield context.new_page()
    context.close()


def test_every_real_notebook_opens_quietly_and_stays_as_it_is(
    hub: Hub, folder: Path, corpus: Path, page: Page, complaints: Complaints
) -> None:
    shutil.copytree(corpus, folder, dirs_exist_ok=True)
    files = sorted(file for file in folder.rglob("*.ipynb") if file.name not in NOT_AS_IS)
    assert len(files) > 25
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    sign_in(page, hub.start())
    bound = page.evaluate("async () => (await (await fetch('/api/v1/home')).json()).folders[0].id")
    for file in files:
        path = file.relative_to(folder).as_posix()
        answer = page.evaluate(OPEN, [bound, path])
        assert "id" in answer, f"{path}: {answer}"
        page.goto(f"{hub.origin}/n/{answer['id']}")
        expect(page.get_by_role("group", name=re.compile(r"^(Code|Text) cell 1$"))).to_be_visible()
        expect(page.get_by_text("All changes saved")).to_be_visible()
        page.keyboard.press("Control+End")
        assert not complaints, f"{path}: {complaints}"
    # Opening writes nothing, also not later: the last look is after the hub wrote all that it had to.
    hub.stop()
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
