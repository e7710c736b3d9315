"""The notebooks that `make run` shows to somebody who is new: short to review, at work with what every runtime has."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = {*sys.stdlib_module_names, "IPython"}
"""A Python kernel is IPython."""
AT_ONCE = 14
"""Lines of three cells that the question before the first run shows without scrolling, in a window of 860 pixels."""


def cells(name: str) -> list[tuple[str, str]]:
    """Type and source of each cell."""
    notebook = json.loads((ROOT / "sample" / name).read_text(encoding="utf-8"))
    return [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]


def imported(source: str) -> set[str]:
    """The packages that a cell needs."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_the_first_review_is_seen_whole_and_the_page_says_why_it_comes() -> None:
    (_, greeting), *_ = cells("Welcome.ipynb")
    code = [source for kind, source in cells("Welcome.ipynb") if kind == "code"]
    assert len(code) <= 3
    assert sum(len(source.splitlines()) for source in code) <= AT_ONCE
    assert "three short cells" in greeting
    asked = (ROOT / "frontend" / "src" / "i18n" / "en" / "trust.ts").read_text(encoding="utf-8")
    answer = re.search(r'cells: "([^"]+)"', asked)
    assert answer
    assert f"**{answer[1]}**" in greeting  # as the button reads


def test_the_first_notebook_runs_wherever_python_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT / "sample")
    monkeypatch.setattr("time.sleep", lambda _: None)
    names: dict[str, object] = {}
    for kind, source in cells("Welcome.ipynb"):
        if kind == "code":
            assert imported(source) <= EVERYWHERE
            exec(source, names)
    said = capsys.readouterr().out
    assert "mm\nmean " in said
    assert "tick 30" in said


def test_cells_that_need_more_packages_come_after_the_line_that_installs_them() -> None:
    installed = EVERYWHERE
    needed: set[str] = set()
    for kind, source in cells("Outputs.ipynb"):
        if kind == "code":
            assert imported(source) <= installed, source
            needed |= imported(source) - EVERYWHERE
        elif line := re.search(r"^%pip install (.+)$", source, re.MULTILINE):
            installed = installed | set(line[1].split())
    assert needed == {"matplotlib", "pandas"}
