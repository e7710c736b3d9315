"""Reading and writing single files: places of errors, minimal differences, upgrade, salvage."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from runhere_hub.core import ipynb
from runhere_hub.core.errors import NotebookInvalid, NotebookNeedsUpgrade
from runhere_hub.core.ipynb.json_text import MAX_DEPTH
from runhere_hub.core.notebook import Cell, CellId, Notebook
from runhere_hub.testing.corpus import corpus, read_exact


def notebook_text(cells: object, **more: object) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}, indent=1)


def code(source: object = "x", **more: object) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    } | more


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "line 1, column 1", "the file is empty"),
        ("\n  ", "line 2, column 3", "the file is empty"),
        ('{"cells": [}', "line 1, column 12", "a value should stand here, not '}'"),
        ('{\n "cells": [\n  "é" "b"]', "line 3, column 7", "a comma or ] should stand here, not '\"'"),
        ('{"a": "x\ny"}', "line 1, column 7", "this string does not end, or holds a line break or an unknown escape"),
        ('{"a": 1', "line 1, column 8", "the file ends here, but a comma or } should follow"),
        ("{} {}", "line 1, column 4", "there is more text behind the end of the notebook"),
        ("[]", "the file", "a notebook is a JSON object, with cells, metadata and nbformat"),
        ("{}", "the notebook", "nbformat is missing"),
        (notebook_text([], nbformat=5), "nbformat", "format 5 is newer than this program knows"),
        (notebook_text([], nbformat=1), "nbformat", "format 1 is too old to be read"),
        (notebook_text([], nbformat="4"), "nbformat", "must be a whole number"),
        (notebook_text({}), "cells", "must be a list"),
        (notebook_text([], metadata=[]), "metadata", "must be an object"),
        (notebook_text([code(), 1]), "cell 2", "must be an object"),
        (notebook_text([code(cell_type="x")]), "cell 1 › cell_type", "must be code, markdown or raw"),
        (notebook_text([{"cell_type": "raw"}]), "cell 1", "source is missing"),
        (notebook_text([code(1)]), "cell 1 › source", "must be text or a list of texts"),
        (notebook_text([code(["a", 1])]), "cell 1 › source", "must be text or a list of texts"),
        (notebook_text([code(metadata=1)]), "cell 1 › metadata", "must be an object"),
        (notebook_text([code(attachments={"a": 1})]), "cell 1 › attachments › a", "must be an object"),
        (notebook_text([code(outputs={})]), "cell 1 › outputs", "must be a list"),
        (notebook_text([code(outputs=[1])]), "cell 1 › outputs[0]", "must be an object"),
        (notebook_text([code(execution_count=True)]), "cell 1 › execution_count", "must be a whole number"),
        (
            notebook_text([code(outputs=[{"output_type": "x"}])]),
            "cell 1 › outputs[0] › output_type",
            "must be stream, display_data, execute_result or error",
        ),
        (
            notebook_text([code(outputs=[{"output_type": "stream", "name": "stdout"}])]),
            "cell 1 › outputs[0]",
            "text is missing",
        ),
        (
            notebook_text([code(outputs=[{"output_type": "display_data", "data": {"text/plain": 1}}])]),
            "cell 1 › outputs[0] › data › text/plain",
            "must be text or a list of texts",
        ),
        (
            notebook_text([code(outputs=[{"output_type": "error", "ename": "", "evalue": "", "traceback": [1]}])]),
            "cell 1 › outputs[0] › traceback[0]",
            "must be text",
        ),
    ],
)
def test_an_invalid_file_is_refused_with_its_place_and_reason(text: str, place: str, reason: str) -> None:
    with pytest.raises(NotebookInvalid) as refused:
        ipynb.parse(text)
    assert (refused.value.place, refused.value.reason) == (place, reason)
    assert place in refused.value.message
    assert refused.value.line is not None


def test_the_place_has_the_line_and_column_of_the_value() -> None:
    with pytest.raises(NotebookInvalid) as refused:
        ipynb.parse('{"nbformat": 4, "nbformat_minor": 5,\n "cells": [{"cell_type": "raw",\n   "source": 3}]}')
    assert (refused.value.line, refused.value.column) == (3, 14)


def test_deep_nesting_is_refused_not_crashed_on() -> None:
    deep = "[" * 100_000
    with pytest.raises(NotebookInvalid, match=f"nested more than {MAX_DEPTH} deep"):
        ipynb.parse(deep)
    allowed = notebook_text([code(metadata={"a": json.loads("[" * 150 + "]" * 150)})])
    assert ipynb.render(ipynb.parse(allowed).notebook, previous_text=allowed) == allowed


def test_missing_doubled_and_invalid_ids_are_made_up_the_same_each_time() -> None:
    text = notebook_text([code(), code(), code(id="$"), code(id=3), {k: v for k, v in code().items() if k != "id"}])
    first, second = ipynb.parse(text), ipynb.parse(text)
    ids = [cell.id for cell in first.notebook.cells]
    assert first == second
    assert ids[0] == "a"
    assert len(set(ids)) == 5
    assert first.made_ids == set(ids[1:])
    assert ipynb.render(first.notebook, previous_text=text) == text


def test_a_thousand_equal_cells_get_ids_at_once() -> None:
    text = notebook_text([code("", id="$") for _ in range(3_000)])
    assert len(ipynb.parse(text).made_ids) == 3_000


def test_source_is_normalised_in_the_document_and_kept_in_the_file() -> None:
    text = notebook_text([code(["a\r\n", "b\r", "c\ud800"]), code("x\r\ny", id="b")])
    parsed = ipynb.parse(text)
    assert [cell.source for cell in parsed.notebook.cells] == ["a\nb\nc\ufffd", "x\ny"]
    assert ipynb.render(parsed.notebook, previous_text=text) == text
    first, second = parsed.notebook.cells
    edited = replace(parsed.notebook, cells=(first, replace(second, source="x\ny\nz")))
    assert ipynb.render(edited, previous_text=text) == text.replace('"x\\r\\ny"', '"x\\r\\ny\\r\\nz"')


def test_nan_and_lone_surrogates_count_as_unchanged() -> None:
    text = notebook_text([code(metadata={"n": float("nan"), "s": "\udc00"})], metadata={"i": float("inf"), "\ud800": 1})
    notebook = ipynb.parse(text).notebook
    assert notebook.cells[0].metadata == {"n": None, "s": "\ufffd"}
    assert ipynb.render(notebook, previous_text=text) == text


@pytest.mark.parametrize("minor", [4, 5])
def test_ids_are_written_only_into_files_that_have_them(minor: int) -> None:
    text = notebook_text([], nbformat_minor=minor)
    notebook = replace(ipynb.parse(text).notebook, cells=(Cell(CellId("new"), "markdown", "hello"),))
    written = json.loads(ipynb.render(notebook, previous_text=text))["cells"]
    expected = {"cell_type": "markdown", "metadata": {}, "source": ["hello"]} | ({"id": "new"} if minor == 5 else {})
    assert written == [expected]


def test_a_newer_minor_keeps_what_we_do_not_know() -> None:
    text = notebook_text(
        [{"cell_type": "poem", "verses": 3}, code(outputs=[{"output_type": "smell"}])], nbformat_minor=9
    )
    notebook = ipynb.parse(text).notebook
    assert [cell.type for cell in notebook.cells] == ["raw", "code"]
    assert ipynb.render(notebook, previous_text=text) == text


def test_escapes_of_the_file_are_used_for_new_text() -> None:
    text = notebook_text([code("<b> \u00e9 / &")]).replace("<", "\\u003c").replace("/", "\\/")
    notebook = ipynb.parse(text).notebook
    edited = replace(notebook, cells=(replace(notebook.cells[0], source="< \u00e8/&\U0001f600"),))
    assert '"\\u003c \\u00e8\\/&\\ud83d\\ude00"' in ipynb.render(edited, previous_text=text)


def test_a_code_cell_made_text_loses_its_outputs_and_back() -> None:
    text = notebook_text([code(outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}], extra=1)])
    notebook = ipynb.parse(text).notebook
    as_text = Notebook(4, 5, {}, (Cell(CellId("a"), "markdown", "x"),))
    changed = ipynb.render(as_text, previous_text=text)
    assert json.loads(changed)["cells"] == [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "x", "extra": 1}
    ]
    back = json.loads(
        ipynb.render(replace(notebook, cells=(replace(notebook.cells[0], outputs=()),)), previous_text=changed)
    )
    assert back["cells"][0]["outputs"] == []
    assert back["cells"][0]["execution_count"] is None


def test_old_formats_ask_for_an_upgrade() -> None:
    old = json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": []}]})
    with pytest.raises(NotebookNeedsUpgrade) as refused:
        ipynb.parse(old)
    assert refused.value.nbformat == 3
    assert ipynb.parse(ipynb.upgrade(old)).notebook == Notebook(4, 5, {}, ())


def test_an_old_format_that_cannot_be_converted_is_refused() -> None:
    with pytest.raises(NotebookInvalid, match="nbformat cannot convert it"):
        ipynb.upgrade('{"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [{}]}]}')


WHOLE = notebook_text([code("one", id="a"), code(["two\n", "three"], id="b"), code("four", id="c")])


def salvaged(text: str) -> list[str]:
    return [cell.source for cell in ipynb.salvage(text).cells]


def test_salvage_reads_a_file_that_was_cut_off() -> None:
    assert salvaged(WHOLE[: WHOLE.index("hree")]) == ["one", "two\nt"]


def test_salvage_keeps_both_sides_of_git_conflicts() -> None:
    marked = WHOLE.replace('    "three"', '<<<<<<< HEAD\n    "ours"\n=======\n    "theirs"\n>>>>>>> other')
    line = marked[: marked.index("<<<<<<<")].count("\n") + 1
    assert ipynb.conflict_markers_line(marked) == line
    indented = marked.replace("<<<<<<<", "   <<<<<<<")
    assert ipynb.conflict_markers_line(indented) == line
    assert salvaged(indented) == salvaged(marked)
    for whole in (WHOLE, WHOLE.replace('"one"', '"<<<<<<< HEAD\\n=======\\n>>>>>>> b"'), "=======\n", ""):
        assert ipynb.conflict_markers_line(whole) is None
    assert salvaged(marked) == ["one", "two\nourstheirs", "four"]


def test_salvage_of_nothing_is_refused() -> None:
    for text in ("", "hello", "[1, 2]", '{"cells": []}'):
        with pytest.raises(NotebookInvalid, match="no cell can be recognised"):
            ipynb.salvage(text)


def openable(path: Path) -> bool:
    try:
        return bool(ipynb.parse(read_exact(path)).notebook.cells)
    except (NotebookInvalid, NotebookNeedsUpgrade):
        return False


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=false")
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, check=True, timeout=30)
    return done.stdout.decode()


@pytest.mark.skipif(not corpus(), reason="there is no folder of real notebooks; RUNHERE_CORPUS names one")
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("path", [path for path in corpus() if openable(path)], ids=lambda path: path.name)
def test_after_an_edit_of_one_cell_git_diff_shows_that_cell_only(path: Path, tmp_path: Path) -> None:
    text = read_exact(path)
    parsed = ipynb.parse(text)
    git(tmp_path, "init", "-q")
    file = tmp_path / "n.ipynb"
    file.write_bytes(text.encode())
    git(tmp_path, "add", "n.ipynb")
    cells = parsed.notebook.cells
    for index in sorted({0, len(cells) // 2, len(cells) - 1}):
        edited = replace(cells[index], source=cells[index].source + "\nprint('new <é>')")
        notebook = replace(parsed.notebook, cells=(*cells[:index], edited, *cells[index + 1 :]))
        rendered = ipynb.render(notebook, previous_text=text)
        assert [cell.source for cell in ipynb.parse(rendered).notebook.cells] == [
            cell.source for cell in notebook.cells
        ]
        file.write_bytes(rendered.encode())
        numbers = git(tmp_path, "diff", "--numstat").split()
        added, removed = int(numbers[0]), int(numbers[1])
        # The last line gets a line end, the new one follows it; an empty list of lines was written on one line;
        # a cell that lacked the id its format demands gets it on the way.
        assert removed <= 1 + (edited.id in parsed.made_ids and parsed.ids_in_file), (index, numbers)
        assert added <= 4, (index, numbers)
        hunks = [line for line in git(tmp_path, "diff", "-U0").splitlines() if line.startswith("@@")]
        assert len(hunks) <= 2, hunks
