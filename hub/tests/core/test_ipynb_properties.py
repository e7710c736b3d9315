"""What holds for every notebook, in every manner of writing it."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runhere_hub.core import ipynb
from runhere_hub.core.errors import NotebookInvalid, NotebookNeedsUpgrade
from runhere_hub.core.ipynb.json_text import Node
from runhere_hub.core.json_values import same
from runhere_hub.core.notebook import Cell, CellId, Notebook
from runhere_hub.doc import notebook_doc
from runhere_hub.testing import strategies
from runhere_hub.testing.corpus import corpus, read_exact

pytestmark = pytest.mark.fast

needs_corpus = pytest.mark.skipif(not corpus(), reason="there is no folder of real notebooks; RUNHERE_CORPUS names one")


def without_ids(notebook: Notebook) -> Notebook:
    return replace(notebook, cells=tuple(replace(cell, id="") for cell in notebook.cells))


def says_the_same(a: Notebook, b: Notebook, *, ids: bool = True) -> bool:
    if not ids:
        a, b = without_ids(a), without_ids(b)
    return (
        len(a.cells) == len(b.cells)
        and all(
            (one.id, one.type, one.source, one.execution_count) == (two.id, two.type, two.source, two.execution_count)
            and same(one.metadata, two.metadata)
            and same(one.attachments, two.attachments)
            and same(one.outputs, two.outputs)
            for one, two in zip(a.cells, b.cells, strict=True)
        )
        and same(a.metadata, b.metadata)
    )


@settings(max_examples=150)
@given(st.data())
def test_a_file_that_nobody_changed_keeps_every_byte(data: st.DataObject) -> None:
    notebook = data.draw(strategies.notebooks(minor=data.draw(st.sampled_from([0, 4, 5]))))
    text = data.draw(strategies.file_texts(notebook))
    parsed = ipynb.parse(text)
    assert says_the_same(parsed.notebook, notebook, ids=parsed.ids_in_file)
    assert ipynb.render(parsed.notebook, previous_text=text) == text


@pytest.mark.timeout(240)  # drawing 250 pairs of notebooks takes half a minute of a busy machine
@settings(max_examples=250)
@given(st.data())
def test_what_is_rendered_over_any_text_reads_as_the_notebook(data: st.DataObject) -> None:
    minor = data.draw(st.sampled_from([4, 5]))
    before = data.draw(strategies.notebooks(minor=minor))
    text = data.draw(strategies.file_texts(before))
    after = data.draw(strategies.edited(ipynb.parse(text).notebook) | strategies.notebooks(minor=minor))
    rendered = ipynb.render(after, previous_text=text)
    parsed = ipynb.parse(rendered)
    assert says_the_same(parsed.notebook, after, ids=minor == 5)
    assert "unknown" in json.loads(rendered.removeprefix("\ufeff"))
    assert minor == 5 or not any("id" in cell for cell in json.loads(rendered.removeprefix("\ufeff"))["cells"])


@pytest.mark.timeout(240)  # as above
@settings(max_examples=60)
@given(st.data())
def test_what_was_written_over_a_file_is_read_as_if_nothing_were_known_of_it(data: st.DataObject) -> None:
    minor = data.draw(st.sampled_from([4, 5]))
    known = ipynb.parse(data.draw(strategies.file_texts(data.draw(strategies.notebooks(minor=minor)))))
    for _ in range(2):
        text = ipynb.render_over(data.draw(strategies.edited(known.notebook)), known)
        again, anew = ipynb.parse_written(text, known), ipynb.parse(text)
        assert again == anew
        assert [places(cell) for cell in again.nodes.cells] == [places(cell) for cell in anew.nodes.cells]
        known = again


def places(node: Node) -> object:
    """Where a value stands, and everything in it."""
    inner = [*map(places, node.items), *((member.key, member.start, places(member.node)) for member in node.members)]
    return node.start, node.end, node.kind, inner


def test_of_a_written_file_only_what_was_changed_or_moved_is_read_again() -> None:
    cells = tuple(Cell(CellId(f"c{number}"), "code", f"{number}", {"k": [number]}) for number in range(9))
    known = ipynb.parse(ipynb.render(Notebook(4, 5, {}, cells), previous_text=None))
    kept = list(known.notebook.cells)
    changed = [kept[0], replace(kept[1], source="new"), *kept[3:5], kept[7], *kept[5:7], kept[8]]
    again = ipynb.parse_written(ipynb.render_over(replace(known.notebook, cells=tuple(changed)), known), known)
    assert [cell.source for cell in again.notebook.cells] == ["0", "new", "3", "4", "7", "5", "6", "8"]
    assert [cell.id for cell in again.notebook.cells if not any(cell is one for one in kept)] == ["c1", "c7"]


@settings(max_examples=100)
@given(strategies.notebooks())
def test_a_new_file_is_what_nbformat_writes(notebook: Notebook) -> None:
    text = ipynb.render(notebook, previous_text=None)
    assert text == nbformat.writes(nbformat.from_dict(json.loads(text))) + "\n"
    assert says_the_same(ipynb.parse(text).notebook, notebook)


@settings(max_examples=150)
@given(st.data())
def test_a_document_made_from_a_file_gives_the_file_back(data: st.DataObject) -> None:
    notebook = data.draw(strategies.notebooks(minor=data.draw(st.sampled_from([4, 5]))))
    text = data.draw(strategies.file_texts(notebook))
    parsed = ipynb.parse(text).notebook
    doc = notebook_doc.create(parsed, random=Random(1))
    shown = {cell.id: cell for cell in parsed.cells}
    read = notebook_doc.read(doc)
    cells = tuple(
        replace(cell, outputs=shown[cell.id].outputs, execution_count=shown[cell.id].execution_count)
        for cell in read.cells
    )
    assert ipynb.render(replace(read, cells=cells), previous_text=text) == text


@needs_corpus
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_every_real_file_is_read_or_refused_with_its_place(path: Path) -> None:
    text = read_exact(path)
    parsed = opened(text)
    if isinstance(parsed, NotebookNeedsUpgrade):
        upgraded = ipynb.upgrade(text)
        nbformat.validate(json.loads(upgraded))
        assert ipynb.upgrade(upgraded) == upgraded
        return
    if isinstance(parsed, NotebookInvalid):
        assert parsed.line is not None
        assert parsed.place
        assert ipynb.salvage(text).cells
        return
    assert ipynb.render(parsed.notebook, previous_text=text) == text
    doc = notebook_doc.create(parsed.notebook, random=Random(1))
    bare = tuple(replace(cell, outputs=(), execution_count=None) for cell in parsed.notebook.cells)
    assert says_the_same(notebook_doc.read(doc), replace(parsed.notebook, cells=bare))


def mutated(text: str, random: Random) -> str:
    """The text after an accident: cut off, a stretch lost or doubled, or a value replaced by one of another type."""
    kind = random.choice(["cut", "lose", "double", "swap", "drop", "sign"])
    at = random.randrange(len(text))
    if kind == "cut":
        return text[:at]
    if kind in ("lose", "double"):
        end = min(len(text), at + random.randrange(1, 200))
        return text[:at] + text[end:] if kind == "lose" else text[:end] + text[at:]
    if kind == "sign":
        return text[:at] + random.choice('{}[]",:\\\n1') + text[at + 1 :]
    value = json.loads(text)
    places = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            places.append((node, key))
            if isinstance(inner, dict | list):
                waiting.append(inner)
    node, key = random.choice(places)
    if kind == "drop":
        del node[key]
    else:
        node[key] = random.choice([None, True, -1, 1.5, "", "x", [], [1], {}, {"a": 1}])
    return json.dumps(value, indent=1)


@needs_corpus
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_damaged_files_are_read_whole_or_refused_and_never_crash(path: Path) -> None:
    text = read_exact(path)
    if len(text) > 200_000:
        pytest.skip("one file of this size is as good as another, and slow")
    for seed in range(40):
        damaged = mutated(text, Random(f"{path.name}:{seed}"))
        parsed = opened(damaged)
        if isinstance(parsed, NotebookNeedsUpgrade):
            try_upgrade(damaged)
        elif isinstance(parsed, NotebookInvalid):
            assert parsed.place, seed
            assert parsed.reason, seed
            try_salvage(damaged)
        else:
            assert ipynb.render(parsed.notebook, previous_text=damaged) == damaged, seed


def opened(text: str) -> ipynb.ParsedFile | NotebookNeedsUpgrade | NotebookInvalid:
    try:
        return ipynb.parse(text)
    except (NotebookNeedsUpgrade, NotebookInvalid) as refusal:
        return refusal


def try_upgrade(text: str) -> None:
    try:
        upgraded = ipynb.upgrade(text)
    except NotebookInvalid:
        return
    assert ipynb.parse(upgraded).nbformat_minor == 5


def try_salvage(text: str) -> None:
    try:
        found = ipynb.salvage(text)
    except NotebookInvalid:
        return
    rendered = ipynb.render(found, previous_text=None)
    assert says_the_same(ipynb.parse(rendered).notebook, found)
