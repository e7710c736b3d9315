"""A cell on another machine by `runhere-runtime ssh`, and a cable that is cut while it prints (issue 6).

The other machine and the laptop are network namespaces with a real sshd between them (runtime/tests/two_hosts.py). The
browser is outside of both: a relay brings it the laptop's port, as if it ran there.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from containers import published_here
from playwright.sync_api import BrowserContext, Page, expect
from servers import Program, start, wait_until
from stage import Stage
from steps import code_cell, connected, open_notebook, output, ran, run_cell, saved
from two_hosts import ADDRESS, TwoHosts, why_not

from runhere_hub.testing.ports import free_port

# The laptop notices a cut after about 20 s, tries again, and the page after it.
pytestmark = pytest.mark.timeout(600)

PRINTING = """import os, socket, time
print('on', socket.create_server(('{address}', 0)).getsockname()[0])
n = 0
while not os.path.exists({stop!r}):
    print(n, flush=True)
    n += 1
    time.sleep(0.1)
print('end', n)"""


@dataclass
class Far:
    """A machine that `program` made reachable at `port` of this one."""

    hosts: TwoHosts
    program: Program
    port: int

    def said(self, words: str) -> int:
        """In how many lines the command has said this."""
        return sum(words in line for line in list(self.program.lines))


@pytest.fixture
def far(stage: Stage, tmp_path: Path) -> Iterator[Far]:
    """`runhere-runtime ssh … --start` on the laptop, for the stage's hub."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    hosts, port = TwoHosts(path=os.defpath), free_port()
    ours = (sys.executable, "-m", "runhere_runtime", "ssh", f"root@{ADDRESS}")
    words = ("--start", "--hub", stage.hub.origin, "--local-port", str(port), "--python", sys.executable)
    program = start(hosts.on_laptop(*ours, *words, "--no-browser", "--", *hosts.options), cwd=tmp_path)
    try:
        with published_here(hosts.on_laptop, port, port, tmp_path):
            yield Far(hosts, program, port)
    finally:
        program.stop()
        hosts.close()


def opened_by_link(page: Page, link: str, name: str) -> None:
    """What a person does who clicks the link that the command printed."""
    page.goto(link)
    page.get_by_role("button", name="Connect", exact=True).click()
    open_notebook(page, name)
    connected(page)


def test_a_cell_prints_on_another_machine_while_the_cable_is_cut_and_nothing_is_lost(
    stage: Stage, far: Far, person: Callable[[], BrowserContext], unique: Callable[[str], str], tmp_path: Path
) -> None:
    name, stop = unique("far"), tmp_path / "stop"
    stage.put(name, PRINTING.format(address=ADDRESS, stop=str(stop)))
    origin = f"http://127.0.0.1:{far.port}"
    assert far.program.line_matching(rf"^{origin}/\?token=rhrt_\S+$")
    link = far.program.line_matching(rf"{re.escape(stage.hub.origin)}/connect#rt={origin}&pair=\S+").group(0)
    page = stage.home(person())
    opened_by_link(page, link, name)
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text(re.compile(rf"on {re.escape(ADDRESS)}\s+0\s+1\b"))
    expect(code_cell(page, 1).get_by_role("button", name="Interrupt execution")).to_be_visible()

    far.hosts.cut()
    wait_until(lambda: far.said("is lost. Trying again"), what="that the laptop notices")
    expect(page.get_by_role("button", name=re.compile(r"^(Connecting to .*|Connection to .* lost)$"))).to_be_visible()
    far.hosts.join()
    wait_until(lambda: far.said("again; its runtime went on meanwhile"), limit_s=120, what="that the laptop is back")
    connected(page)
    stop.touch()
    ran(page, 1)
    saved(page)
    _on, *lines, end = wait_until(lambda: whole(stage, name), what="the end of the output in the file").splitlines()
    assert len(lines) > 20
    assert lines == [str(n) for n in range(len(lines))]
    assert end == f"end {len(lines)}"
    assert "runhere.notice" not in (stage.hub.folder / f"{name}.ipynb").read_text(encoding="utf-8")


def whole(stage: Stage, name: str) -> str:
    """What the cell printed as it stands in the file, once its last line is there."""
    try:
        text = stage.on_disk(name, 1)
    except ValueError:  # being written
        return ""
    return text if "end " in text else ""
