"""What of a notebook may be stored where its outputs stay at home."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runhere_hub.core.notebook import Cell, CellId, Notebook
from runhere_hub.core.private_outputs import (
    CELL_METADATA,
    NOTEBOOK_METADATA,
    is_wished,
    projected,
    without_outputs,
)


@pytest.mark.parametrize(
    ("metadata", "omit", "expected"),
    [
        ({}, True, {"colab": {"private_outputs": True}}),
        ({"colab": {"name": "n"}}, True, {"colab": {"name": "n", "private_outputs": True}}),
        ({"colab": "odd"}, True, {"colab": {"private_outputs": True}}),
        ({"colab": {"private_outputs": True}}, True, {"colab": {"private_outputs": True}}),
        ({"colab": {"private_outputs": True}, "k": 1}, False, {"k": 1}),
        ({"colab": {"private_outputs": True, "name": "n"}}, False, {"colab": {"name": "n"}}),
        ({"colab": {"private_outputs": False}}, False, {"colab": {"private_outputs": False}}),
    ],
)
def test_the_record_is_projected_both_ways(metadata: dict[str, Any], omit: bool, expected: dict[str, Any]) -> None:
    assert projected(metadata, omit) == expected
    assert is_wished(projected(metadata, omit)) is omit


keys = st.sampled_from(
    [*sorted(CELL_METADATA | NOTEBOOK_METADATA), "executionInfo", "widgets", "outputId", "papermill"]
)
metadatas = st.dictionaries(keys, st.text(max_size=5), max_size=6)


@given(
    metadatas, st.lists(st.tuples(metadatas, st.text(max_size=20), st.sampled_from(["code", "markdown"])), max_size=4)
)
def test_n04_nothing_but_what_is_listed_passes_and_sources_are_exact(metadata: Any, cells: Any) -> None:
    made = tuple(
        Cell(CellId(str(n)), kind, source, its, {"a": {}}, ({"output_type": "stream", "text": "x"},), 3)
        for n, (its, source, kind) in enumerate(cells)
    )
    bare = without_outputs(Notebook(4, 5, metadata, made))
    assert [cell.source for cell in bare.cells] == [cell.source for cell in made]
    assert all(cell.outputs == () and cell.execution_count is None for cell in bare.cells)
    assert all(set(cell.metadata) <= CELL_METADATA for cell in bare.cells)
    assert all((cell.attachments is None) == (cell.type == "code") for cell in bare.cells)
    assert set(bare.metadata) <= NOTEBOOK_METADATA
    assert is_wished(bare.metadata)
    assert without_outputs(bare) == bare
