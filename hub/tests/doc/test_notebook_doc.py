"""Notebook documents: made, read, merged into, and read by Yjs itself."""

import base64
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map, Text

from runhere_hub.core.merge import merge
from runhere_hub.core.notebook import Cell, CellId, Notebook
from runhere_hub.doc import edits, notebook_doc, schema
from runhere_hub.testing import strategies

FRONTEND = Path(__file__).parents[3] / "frontend"


def cell(name: str, source: str = "") -> Cell:
    return Cell(CellId(name), "code", source or f"this is {name}")


def notebook(*cells: Cell) -> Notebook:
    return Notebook(4, 5, {"kernelspec": {"name": "python3"}}, cells)


BASE = notebook(cell("a"), cell("b"), cell("c"), cell("d"))


def copy_of(doc: "Doc[Map[object]]") -> "Doc[Map[object]]":
    """What another client has."""
    other: Doc[Map[object]] = Doc()
    other.apply_update(doc.get_update())
    return other


def exchange(a: "Doc[Map[object]]", b: "Doc[Map[object]]") -> None:
    to_b, to_a = a.get_update(b.get_state()), b.get_update(a.get_state())
    b.apply_update(to_b)
    a.apply_update(to_a)


def source_of(doc: "Doc[Map[object]]", name: str) -> Text:
    found = schema.cells(doc)[name]
    assert isinstance(found, Map)
    text = schema.source(found)
    assert text is not None
    return text


def test_1_the_layout_is_that_of_the_specification() -> None:
    attached = Cell(CellId("a"), "markdown", "é", {"k": [1, 2.0, None]}, attachments={"x.png": {"image/png": "iVBO"}})
    doc = notebook_doc.create(Notebook(4, 2, {"z": {"b": 1, "a": 2}}, (attached, cell("b"))), random=Random(1))
    both = {key: doc.get(key, type=Map).to_py() for key in ("cells", "metadata", "format")}
    assert both == {
        "format": {"schema": 1.0, "nbformat": 4.0, "nbformat_minor": 2.0},
        "metadata": {"z": '{"b":1,"a":2}'},
        "cells": {
            "a": {
                "type": "markdown",
                "position": "K",
                "source": "é",
                "metadata": {"k": "[1,2.0,null]"},
                "attachments": '{"x.png":{"image/png":"iVBO"}}',
            },
            "b": {"type": "code", "position": "e", "source": "this is b", "metadata": {}},
        },
    }


@settings(max_examples=100)
@given(strategies.notebooks())
def test_a_document_reads_as_its_notebook_without_outputs(one: Notebook) -> None:
    bare = replace(one, cells=tuple(replace(each, outputs=(), execution_count=None) for each in one.cells))
    assert notebook_doc.read(notebook_doc.create(one, random=Random(1))) == bare


@settings(max_examples=100)
@given(st.data())
def test_a_merge_makes_the_document_the_merged_notebook(data: st.DataObject) -> None:
    base = data.draw(strategies.notebooks())
    ours, theirs = data.draw(strategies.edited(base)), data.draw(strategies.edited(base))
    doc = notebook_doc.create(ours, random=Random(1))
    ours = notebook_doc.read(doc)
    result = merge(base, ours, theirs)
    notebook_doc.apply_merge(doc, result, random=Random(2), now=7)
    read = notebook_doc.read(doc)
    assert [one.id for one in read.cells] == [one.id for one in result.notebook.cells]
    bare = tuple(replace(one, outputs=(), execution_count=None) for one in result.notebook.cells)
    assert replace(read, metadata={}) == replace(result.notebook, cells=bare, metadata={})
    assert read.metadata == result.notebook.metadata


def test_a_merge_touches_only_what_changed_so_that_typing_elsewhere_survives() -> None:
    doc = notebook_doc.create(notebook(cell("a", "one two three\nfour"), cell("b")), random=Random(1))
    page = copy_of(doc)
    page_text = source_of(page, "a")
    page_text.insert(len("one "), "TYPED ")
    theirs = notebook(cell("a", "one two 3\nfour"), cell("b"))
    ours = notebook_doc.read(doc)
    notebook_doc.apply_merge(doc, merge(ours, ours, theirs), random=Random(2), now=7)
    exchange(doc, page)
    assert str(source_of(doc, "a")) == str(source_of(page, "a")) == "one TYPED two 3\nfour"


def test_a_merge_on_top_of_newer_typing_keeps_both() -> None:
    doc = notebook_doc.create(notebook(cell("a", "one\ntwo\n")), random=Random(1))
    ours = notebook_doc.read(doc)
    result = merge(ours, ours, notebook(cell("a", "one\n2\n")))
    source_of(doc, "a").insert(0, "zero\n")
    notebook_doc.apply_merge(doc, result, random=Random(2), now=7)
    assert str(source_of(doc, "a")) == "zero\none\n2\n"


def test_1_5_deleted_cells_are_tombstones_with_what_was_typed_since_and_can_come_back() -> None:
    doc = notebook_doc.create(BASE, random=Random(1))
    page = copy_of(doc)
    edits.delete_cell(doc, CellId("b"), 100)
    edits.delete_cell(doc, CellId("c"), 200)
    source_of(page, "b").insert(0, "late: ")
    exchange(doc, page)
    assert [one.id for one in notebook_doc.read(doc).cells] == ["a", "d"]
    assert notebook_doc.tombstones(doc) == (
        notebook_doc.Tombstone(CellId("c"), 200, "this is c"),
        notebook_doc.Tombstone(CellId("b"), 100, "late: this is b"),
    )
    ours = notebook_doc.read(doc)
    notebook_doc.apply_merge(doc, merge(ours, ours, BASE), random=Random(2), now=300)
    assert notebook_doc.read(doc) == BASE
    assert notebook_doc.tombstones(doc) == ()


def test_1_5_purging_removes_old_tombstones_only() -> None:
    doc = notebook_doc.create(BASE, random=Random(1))
    edits.delete_cell(doc, CellId("b"), 100)
    edits.delete_cell(doc, CellId("c"), 200)
    assert notebook_doc.purge(doc, 200) == ("b",)
    assert sorted(schema.cells(doc).keys()) == ["a", "c", "d"]
    assert notebook_doc.purge(doc, 200) == ()


def test_what_no_client_of_ours_wrote_does_not_break_reading() -> None:
    doc = notebook_doc.create(notebook(cell("a")), random=Random(1))
    found = schema.cells(doc)
    with doc.transaction():
        found["odd"] = Map({"type": 7, "deleted": "no", "metadata": "x", "attachments": "{", "source": 3})
        found["text"] = "no cell"
        schema.metadata(doc)["broken"] = "{"
        schema.metadata(doc)["number"] = 3.0
    assert notebook_doc.read(doc) == notebook(cell("a"), Cell(CellId("odd"), "raw", ""))


@settings(max_examples=100)
@given(strategies.sources, strategies.sources)
def test_setting_a_text_says_the_new_text(old: str, new: str) -> None:
    doc: Doc[Map[object]] = Doc()
    doc["t"] = text = Text(old)
    edits.set_text(text, new)
    assert str(text) == new


def placed(*pairs: tuple[str, str | None]) -> list[edits.Placed]:
    return [edits.Placed(CellId(name), position) for name, position in pairs]


def test_1_6_only_the_moved_cell_gets_a_new_position() -> None:
    found = edits.place(placed(("b", "K"), ("c", "V"), ("a", "A"), ("d", "e")), Random(1))
    assert list(found) == ["a"]
    assert "V" < found[CellId("a")] < "e"


def test_1_6_a_cell_put_between_tied_ones_moves_the_tied_ones_behind_it() -> None:
    order = placed(("a", "V"), ("new", None), ("b", "V"), ("c", "V"), ("d", "e"))
    found = edits.place(order, Random(1))
    final = sorted((found.get(one.id, one.position), one.id) for one in order)
    assert [name for _, name in final] == ["a", "new", "b", "c", "d"]
    assert "a" not in found
    assert "d" not in found


NODE = shutil.which("node")
SCRIPT = """
import * as Y from "yjs";
import { readFileSync } from "node:fs";
const input = JSON.parse(readFileSync(0, "utf8"));
const doc = new Y.Doc();
Y.applyUpdate(doc, Buffer.from(input.update, "base64"));
const text = doc.getMap("cells").get("a").get("source");
const before = text.toString();
const at = before.indexOf("|");
text.delete(at, 1);
text.insert(at, input.insert);
const update = Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64");
const roots = {metadata: doc.getMap("metadata").toJSON(), format: doc.getMap("format").toJSON()};
process.stdout.write(JSON.stringify({before, update, roots}));
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.skipif(not (FRONTEND / "node_modules" / "yjs").is_dir(), reason="the page's packages are not installed")
def test_yjs_and_pycrdt_see_the_same_text_beyond_the_basic_plane() -> None:
    doc = notebook_doc.create(notebook(cell("a", "😀é漢 x 😀")), random=Random(1))
    edits.set_text(source_of(doc, "a"), "😀é漢|👩‍👩‍👧 y 😀")
    given_to_yjs = {"update": base64.b64encode(doc.get_update()).decode(), "insert": "𝔘ñ"}
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", SCRIPT],
        cwd=FRONTEND,
        input=json.dumps(given_to_yjs).encode(),
        capture_output=True,
        timeout=30,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr.decode()
    answer = json.loads(done.stdout)
    assert answer["before"] == "😀é漢|👩‍👩‍👧 y 😀"
    doc.apply_update(base64.b64decode(answer["update"]))
    assert str(source_of(doc, "a")) == "😀é漢𝔘ñ👩‍👩‍👧 y 😀"
    assert answer["roots"] == {
        "metadata": {"kernelspec": '{"name":"python3"}'},
        "format": {"schema": 1, "nbformat": 4, "nbformat_minor": 5},
    }
