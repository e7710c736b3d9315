"""Hypothesis strategies: notebooks, their texts in many manners, and outputs."""

import json
from typing import Any

from hypothesis import strategies as st

from runhere_hub.core.notebook import Cell, CellId, CellType, Notebook, Output

# Letters of one, two, three and four bytes, line ends that only some know, and what JSON must or may escape.
_ALPHABET = 'ab =1\n\t"\\/<é\u3042\U0001f600\u2028\x85\x1b\x7f'
texts = st.text(_ALPHABET, max_size=12)
lines = st.lists(st.sampled_from(["a = 1", "b", "", "  x", "# é", "print('😀')", "\\"]), max_size=6).map("\n".join)
sources = lines | texts

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
mappings = st.dictionaries(texts, values, max_size=3)

_bundles = st.dictionaries(
    st.sampled_from(["text/plain", "text/html", "image/png", "image/svg+xml"]), texts, max_size=2
).flatmap(lambda texts_of: values.map(lambda value: {**texts_of, "application/json": value}) | st.just(texts_of))

outputs: st.SearchStrategy[Output] = st.one_of(
    st.fixed_dictionaries(
        {"output_type": st.just("stream"), "name": st.sampled_from(["stdout", "stderr"]), "text": sources}
    ),
    st.fixed_dictionaries({"output_type": st.just("display_data"), "data": _bundles, "metadata": mappings}),
    st.fixed_dictionaries(
        {
            "output_type": st.just("execute_result"),
            "data": _bundles,
            "metadata": mappings,
            "execution_count": st.none() | st.integers(0, 9),
        }
    ),
    st.fixed_dictionaries(
        {
            "output_type": st.just("error"),
            "ename": texts,
            "evalue": texts,
            "traceback": st.lists(texts, max_size=2),
        }
    ),
)

ids = st.text("abcXYZ019_-", min_size=1, max_size=6).map(CellId)


@st.composite
def cells(draw: st.DrawFn, cell_id: CellId | None = None) -> Cell:
    """One cell."""
    kinds: list[CellType] = ["code", "markdown", "raw"]
    cell_type = draw(st.sampled_from(kinds))
    is_code = cell_type == "code"
    attachments: dict[str, Any] | None = (
        None if is_code else draw(st.none() | st.dictionaries(texts, _bundles, max_size=1))
    )
    return Cell(
        id=cell_id if cell_id is not None else draw(ids),
        type=cell_type,
        source=draw(sources),
        metadata=draw(mappings),
        attachments=attachments,
        outputs=tuple(draw(st.lists(outputs, max_size=2))) if is_code else (),
        execution_count=draw(st.none() | st.integers(0, 9)) if is_code else None,
    )


@st.composite
def notebooks(draw: st.DrawFn, minor: int = 5) -> Notebook:
    """A notebook whose ids are unique."""
    names = draw(st.lists(ids, max_size=5, unique=True))
    return Notebook(4, minor, draw(mappings), tuple(draw(cells(name)) for name in names))


@st.composite
def edited(draw: st.DrawFn, notebook: Notebook) -> Notebook:
    """The notebook after somebody worked on it: cells changed, added, deleted and moved."""
    kept: list[Cell] = []
    for cell in notebook.cells:
        fate = draw(st.sampled_from(["stay", "stay", "change", "go"]))
        if fate != "go":
            kept.append(cell if fate == "stay" else draw(cells(cell.id)))
    taken = {cell.id for cell in notebook.cells}
    for name in draw(st.lists(ids.filter(lambda name: name not in taken), max_size=2, unique=True)):
        kept.insert(draw(st.integers(0, len(kept))), draw(cells(name)))
    if draw(st.booleans()):
        kept = list(draw(st.permutations(kept)))
    metadata = draw(st.just(notebook.metadata) | mappings)
    return Notebook(4, notebook.nbformat_minor, metadata, tuple(kept))


@st.composite
def file_texts(draw: st.DrawFn, notebook: Notebook) -> str:
    """The notebook as some program may have written it: any indent, order of keys, escapes, form of texts."""

    def split(text: str) -> Any:
        return text.splitlines(keepends=True) if as_lines else text

    as_lines = draw(st.booleans())
    shuffled = draw(st.booleans())

    def ordered(entries: dict[str, Any]) -> dict[str, Any]:
        return {key: entries[key] for key in draw(st.permutations(sorted(entries)))} if shuffled else entries

    made = []
    for cell in notebook.cells:
        entries: dict[str, Any] = {
            "cell_type": cell.type,
            "metadata": dict(cell.metadata),
            "source": split(cell.source),
        }
        if notebook.nbformat_minor >= 5:
            entries["id"] = cell.id
        if cell.attachments is not None:
            entries["attachments"] = cell.attachments
        if cell.type == "code":
            entries |= {
                "outputs": [ordered(dict(one)) for one in cell.outputs],
                "execution_count": cell.execution_count,
            }
        made.append(ordered(entries))
    whole = {
        "cells": made,
        "metadata": dict(notebook.metadata),
        "nbformat": 4,
        "nbformat_minor": notebook.nbformat_minor,
        "unknown": {"kept": [1, 2.50]},
    }
    text = json.dumps(
        ordered(whole),
        indent=draw(st.sampled_from([None, 1, 2, "\t"])),
        ensure_ascii=draw(st.booleans()),
        sort_keys=not shuffled,
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (",", ": ")])),
    )
    if draw(st.booleans()):
        text = text.replace("/", "\\/")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff", "\n "])) + text + draw(st.sampled_from(["", "\n", "\n\n"]))
