"""Paths and names from people."""

import pytest

from runhere_hub.core import paths
from runhere_hub.core.paths import BadName, BadPath

BAD_PATHS = [
    "..",
    "../a.ipynb",
    "a/../../b.ipynb",
    "a/..",
    "./a.ipynb",
    "a/./b.ipynb",
    "/etc/passwd",
    "/a.ipynb",
    "//a.ipynb",
    "a//b.ipynb",
    "a/",
    "a\\b.ipynb",
    "..\\a.ipynb",
    "C:\\a.ipynb",
    "\\\\host\\share\\a.ipynb",
    "a\0.ipynb",
    "a\nb.ipynb",
    "a\x7fb.ipynb",
    "a\u2028b.ipynb",
    "\udc80.ipynb",
    ".ssh/id.ipynb",
    ".git/config",
    ".venv/a.ipynb",
    ".ipynb_checkpoints/a.ipynb",
    "node_modules/a.ipynb",
    "a/.hidden.ipynb",
    "....//a.ipynb",
    "x" * 256 + ".ipynb",
    "/".join(["x" * 200] * 30),
]

GOOD_PATHS = [
    ("", ()),
    ("a.ipynb", ("a.ipynb",)),
    ("a b/ü.ipynb", ("a b", "ü.ipynb")),
    ("日本/ノート.ipynb", ("日本", "ノート.ipynb")),
    ("a..b/c...ipynb", ("a..b", "c...ipynb")),
    ("%2e%2e/a.ipynb", ("%2e%2e", "a.ipynb")),
    ("~/a.ipynb", ("~", "a.ipynb")),
]


@pytest.mark.fast
@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_could_leave_the_folder_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        paths.parse(path)


@pytest.mark.fast
@pytest.mark.parametrize(("path", "parts"), GOOD_PATHS)
def test_an_ordinary_path_is_taken_apart(path: str, parts: tuple[str, ...]) -> None:
    assert paths.parse(path) == parts


@pytest.mark.fast
@pytest.mark.parametrize("path", ["a.txt", "", ".ipynb", "a/.ipynb", "a.ipynb.bak"])
def test_only_notebooks_are_notebook_paths(path: str) -> None:
    with pytest.raises(BadPath):
        paths.parse_notebook(path)
    assert paths.parse_notebook("a/B.IPYNB") == ("a", "B.IPYNB")


@pytest.mark.fast
@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        ".",
        "..",
        ".a",
        "a/b",
        "a\\b",
        "a:b",
        "a*",
        "a?",
        "a<b",
        "a|b",
        'a"',
        "con",
        "CON.ipynb",
        "nul.txt",
        "com1",
        "LPT9.ipynb",
        "a.",
        "a\0",
        "x" * 256,
    ],
)
def test_a_name_that_some_system_cannot_store_is_refused(name: str) -> None:
    with pytest.raises(BadName):
        paths.new_name(name)


@pytest.mark.fast
def test_names_are_kept_as_typed_but_for_blanks_and_composition() -> None:
    assert paths.new_name("  Bericht (2).ipynb ") == "Bericht (2).ipynb"
    assert paths.new_name("e\u0301.ipynb") == "\u00e9.ipynb"
    assert paths.new_notebook_name("console") == "console.ipynb"
    assert paths.new_notebook_name("a.ipynb") == "a.ipynb"
    assert paths.new_notebook_name("v1.2") == "v1.2.ipynb"
